// Prng: the seeded choices of a simulation. Our own arithmetic on integers only, so that every compiler and library
// gives the same numbers (std::*_distribution does not).
//
// Owner: whoever draws from it.  Threads: one.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace holdfast::sim {

class Prng {
 public:
  /// Streams of one seed are independent of each other: what one part draws does not shift another's numbers.
  explicit Prng(std::uint64_t seed, std::uint64_t stream = 0) : state_(mix(seed) ^ mix(~stream)) {}

  std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15U); }
  /// 0 .. bound - 1; `bound` must be positive.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  Duration between(Duration low, Duration high) { return Duration(between(low.count(), high.count())); }
  /// True that many times in a million.
  bool chance_ppm(std::uint32_t ppm) { return ppm != 0 && below(1'000'000) < ppm; }

  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace holdfast::sim
