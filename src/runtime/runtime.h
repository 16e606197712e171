// Runtime: the five seams of one world. Everything that touches the outside goes through one of these, so the
// same code runs in production (posix_runtime.h) and in the simulator (sim/).
//
// Owner: the program (production), the simulator, or a CacheManager that made its own.  Threads: any.
#pragma once

#include <memory>

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/disk.h"
#include "runtime/net.h"
#include "runtime/random.h"
#include "runtime/scheduler.h"

namespace holdfast::runtime {

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual Clock& clock() = 0;
  virtual Random& random() = 0;
  virtual Scheduler& scheduler() = 0;
  virtual Net& net() = 0;
  virtual Disk& disk() = 0;
  virtual Logger& log() = 0;
};

}  // namespace holdfast::runtime
