// Latch: what a pending Future is waited for with.
//
// Owner: the future's state.  Threads: any.  Waits: wait_for().  Fails with: nothing.
#pragma once

#include <chrono>
#include <memory>

namespace holdfast::detail {

class Latch {
 public:
  virtual ~Latch() = default;
  virtual void set() = 0;
  /// False when the time is over; nanoseconds::max() = until it is set.
  virtual bool wait_for(std::chrono::nanoseconds at_most) = 0;
  virtual std::unique_ptr<Latch> another() const = 0;
};

}  // namespace holdfast::detail
