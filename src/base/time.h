// Time as the grid uses it. Instant is monotonic and only good for deadlines; TimeMs is what entries
// carry: milliseconds since 1970, from a clock that never runs backwards (see runtime/clock.h).
// Nothing here reads a clock.
//
// Threads: any.  Waits: never.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast {

using Duration = std::chrono::nanoseconds;
struct MonotonicTimeline {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  static constexpr bool is_steady = true;
};
using Instant = std::chrono::time_point<MonotonicTimeline, Duration>;
inline constexpr Instant kNever = Instant::max();

using TimeMs = std::int64_t;
inline constexpr TimeMs kImmortal = -1;  // "no limit", for a lifespan, a max-idle or an expiry time

}  // namespace holdfast
