// Fibers: functions with stacks of their own, pooled, all on one thread. Both runtimes build their waiting on these.
//
// Owner: a loop owns its FiberPool.  Threads: the loop's only.  Waits: suspend() is the wait.  Fails with: nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/function.h"

namespace holdfast::runtime {

class Fiber;

class FiberPool {
 public:
  explicit FiberPool(std::size_t stack_bytes);
  /// Every fiber must have ended, or drop_all() been called.
  ~FiberPool();
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;

  /// Runs the body in a pooled fiber until it ends or suspends; true when it ended.
  bool run(Task body);
  /// The fiber that runs on this pool now; null outside of fibers.
  Fiber* current() const { return current_; }
  /// Gives control back to whoever ran or resumed the current fiber.
  void suspend();
  /// Continues a suspended fiber until it ends or suspends again. Not from inside a fiber.
  void resume(Fiber* fiber);
  /// How many fibers are suspended.
  std::size_t suspended() const { return busy_; }

 private:
  Fiber* take();
  void enter(Fiber* fiber);

  const std::size_t stack_bytes_;
  std::vector<std::unique_ptr<Fiber>> all_;
  std::vector<Fiber*> idle_;
  Fiber* current_ = nullptr;
  std::size_t busy_ = 0;
};

}  // namespace holdfast::runtime
