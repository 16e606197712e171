// The network of the production runtime: sockets of the system, each served by its loop's poller.
//
// Owner: PosixRuntime.  Threads: as runtime/net.h says.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "runtime/posix_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

/// What the network needs of the scheduler.
struct NetBase {
  std::function<std::vector<std::unique_ptr<PosixLoop>>&()> loops;  // started
  std::function<void(Task)> start_blocking;                        // runs what may block the thread, elsewhere
};

std::unique_ptr<Net> make_posix_net(NetBase base, Logger& log);

}  // namespace holdfast::runtime
