// The scheduling seam: loops, fibers, timers, and the one way to wait.
//
// A loop is a thread (in production) that runs tasks, timers, connections and fibers one after another. A fiber is a
// function with a stack of its own on one loop; it never moves to another. Waiting parks the fiber, or blocks the
// thread when the caller is none of ours (a user's thread in the library).
//
// Owner: the Runtime.  Threads: any, unless a line says otherwise.
#pragma once

#include <cstdint>
#include <memory>

#include "base/function.h"
#include "base/result.h"
#include "base/time.h"

namespace holdfast::runtime {

using LoopId = std::uint32_t;
inline constexpr LoopId kNoLoop = ~LoopId{0};
/// The loop of the control plane (reaper, membership, ...). It serves connections too where there is only one loop.
inline constexpr LoopId kControlLoop = 0;

/// A latch that can be waited for, once or after reset() again.
class Event {
 public:
  virtual ~Event() = default;
  /// Wakes all waiters, present and future. Any thread.
  virtual void set() = 0;
  virtual void reset() = 0;
  virtual bool is_set() const = 0;
  /// True when set, false when the deadline passed first. Parks the fiber, or blocks a thread that is no loop's.
  /// May not be called by a plain task or timer of a loop (an assertion).
  virtual bool wait(Instant deadline) = 0;
  /// The same, for what usually comes within some tens of microseconds, as the answer of a peer: the loop may stay awake for it.
  virtual bool wait_briefly(Instant deadline) { return wait(deadline); }
};

/// A pending timer; destroying it cancels. After cancel() returned on the timer's own loop the task will not run.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void cancel() = 0;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual LoopId loops() const = 0;
  /// The loop whose thread calls, or kNoLoop.
  virtual LoopId current_loop() const = 0;
  virtual bool in_fiber() const = 0;
  /// Runs the task on the loop, soon; it must not wait. Tasks of one poster to one loop run in order.
  virtual void post(LoopId loop, Task task) = 0;
  /// Starts a fiber on the loop; its body may wait.
  virtual void spawn(LoopId loop, Task body) = 0;
  /// Runs the task on the loop at `when` or shortly after; it must not wait.
  [[nodiscard]] virtual std::unique_ptr<Timer> at(LoopId loop, Instant when, Task task) = 0;
  virtual std::unique_ptr<Event> make_event() = 0;
  /// Waits; same rule as Event::wait.
  virtual void sleep_until(Instant when) = 0;
  /// Runs work that may block the thread (a database, LDAP) in a bounded pool and waits for its end.
  virtual void run_blocking(FunctionRef<void()> work) = 0;
};

}  // namespace holdfast::runtime
