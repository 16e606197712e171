// The clock seam.
//
// Owner: the Runtime.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include "base/time.h"

namespace holdfast::runtime {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic, for deadlines; about a millisecond coarse is allowed.
  virtual Instant now() = 0;
  /// Milliseconds since 1970 that never decrease while the process lives: the wall clock at start plus monotonic time,
  /// slewed towards the wall clock. Entries and versions use this one, so a wall clock that jumps expires nothing early.
  virtual TimeMs now_ms() = 0;
  /// What the machine's wall clock says now; may jump. For logs and HTTP dates only.
  virtual TimeMs wall_ms() = 0;
};

}  // namespace holdfast::runtime
