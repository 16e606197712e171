// The randomness seam.
//
// Owner: the Runtime.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace holdfast::runtime {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  /// Bytes fit for secrets (nonces, salts): from the system's generator in production.
  virtual Bytes secret(std::size_t count) = 0;
};

}  // namespace holdfast::runtime
