#include "runtime/posix_event.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "runtime/posix_loop.h"

namespace holdfast::runtime {
namespace {

constexpr Duration kEndTime = std::chrono::seconds(1);

/// A parked fiber; `woken` belongs to its loop's thread.
struct ParkedFiber {
  PosixLoop* loop;
  Fiber* fiber;
  bool woken = false;
  std::shared_ptr<ParkedFiber> next{};  // that waits for the same event
};
using ParkedPtr = std::shared_ptr<ParkedFiber>;

void wake(ParkedFiber& parked) {
  if (parked.woken) return;
  parked.woken = true;
  parked.loop->fibers().resume(parked.fiber);
}

/// Wakes a fiber at its deadline. Lies on the stack of that fiber.
class Deadline final : public TimerNode {
 public:
  Deadline(Instant when, ParkedPtr parked) : TimerNode(when), parked_(std::move(parked)) {
    if (when != kNever) parked_->loop->timers().add(*this);
  }
  ~Deadline() override { parked_->loop->timers().remove(*this); }
  void fire() override { wake(*parked_); }

 private:
  const ParkedPtr parked_;
};

class PosixEvent final : public Event {
 public:
  void set() override {
    ParkedPtr parked;
    {
      const std::lock_guard lock(mutex_);
      set_ = true;
      parked = std::move(parked_);
      changed_.notify_all();
    }
    while (parked) {
      ParkedPtr next = std::move(parked->next);
      PosixLoop* loop = parked->loop;
      loop->post([p = std::move(parked)] { wake(*p); });
      parked = std::move(next);
    }
  }

  void reset() override {
    const std::lock_guard lock(mutex_);
    set_ = false;
  }

  bool is_set() const override {
    const std::lock_guard lock(mutex_);
    return set_;
  }

  bool wait(Instant deadline) override {
    PosixLoop* loop = PosixLoop::current();
    if (loop == nullptr) return block(deadline);
    HF_ASSERT(loop->fibers().current() != nullptr);
    return park(*loop, deadline);
  }

  bool wait_briefly(Instant deadline) override {
    PosixLoop* loop = PosixLoop::current();
    if (loop == nullptr) return block(deadline);
    const PosixLoop::Awake awake(*loop);
    return wait(deadline);
  }

 private:
  bool block(Instant deadline) {
    std::unique_lock lock(mutex_);
    if (deadline == kNever) {
      changed_.wait(lock, [this] { return set_; });
      return true;
    }
    const auto until = std::chrono::steady_clock::time_point(std::chrono::duration_cast<std::chrono::steady_clock::duration>(deadline.time_since_epoch()));
    return changed_.wait_until(lock, until, [this] { return set_; });
  }

  bool park(PosixLoop& loop, Instant deadline) {
    const auto parked = std::make_shared<ParkedFiber>(ParkedFiber{&loop, loop.fibers().current()});
    {
      const std::lock_guard lock(mutex_);
      if (set_) return true;
      ParkedPtr* end = &parked_;
      while (*end) end = &(*end)->next;
      *end = parked;
    }
    {
      const Deadline timer(deadline, parked);
      loop.fibers().suspend();
    }
    const std::lock_guard lock(mutex_);
    forget(*parked);
    return set_;
  }

  void forget(const ParkedFiber& parked) {
    for (ParkedPtr* at = &parked_; *at; at = &(*at)->next) {
      if (at->get() != &parked) continue;
      *at = std::move((*at)->next);
      return;
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
  ParkedPtr parked_;  // in the order of their coming
};

}  // namespace

std::unique_ptr<Event> make_posix_event() { return std::make_unique<PosixEvent>(); }

void end_on(PosixLoop& loop, Task end) {
  if (PosixLoop::current() == &loop) {
    end();
    return;
  }
  const std::shared_ptr<Event> ended = make_posix_event();
  loop.post([end = std::move(end), ended] {
    end();
    ended->set();
  });
  ended->wait(posix_now() + kEndTime);
}

}  // namespace holdfast::runtime
