#include "runtime/asio_event.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "runtime/asio_io_impl.h"

namespace holdfast::runtime {
namespace {

/// A parked fiber; `woken` belongs to its loop's thread.
struct ParkedFiber {
  AsioLoop* loop;
  Fiber* fiber;
  bool woken = false;
};
using ParkedPtr = std::shared_ptr<ParkedFiber>;

void wake(const ParkedPtr& parked) {
  if (parked->woken) return;
  parked->woken = true;
  parked->loop->fibers().resume(parked->fiber);
}

class AsioEvent final : public Event {
 public:
  void set() override {
    std::vector<ParkedPtr> parked;
    {
      const std::lock_guard lock(mutex_);
      set_ = true;
      parked.swap(parked_);
      changed_.notify_all();
    }
    for (auto& p : parked) {
      AsioLoop* loop = p->loop;
      loop->post([p = std::move(p)] { wake(p); });
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
    AsioLoop* loop = AsioLoop::current();
    if (loop == nullptr) return block(deadline);
    HF_ASSERT(loop->fibers().current() != nullptr);
    return park(*loop, deadline);
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

  bool park(AsioLoop& loop, Instant deadline) {
    const auto parked = std::make_shared<ParkedFiber>(ParkedFiber{&loop, loop.fibers().current()});
    {
      const std::lock_guard lock(mutex_);
      if (set_) return true;
      parked_.push_back(parked);
    }
    std::unique_ptr<Timer> timer;
    if (deadline != kNever) timer = loop.at(deadline, [parked] { wake(parked); });
    loop.fibers().suspend();
    const std::lock_guard lock(mutex_);
    parked_.erase(std::remove(parked_.begin(), parked_.end(), parked), parked_.end());
    return set_;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
  std::vector<ParkedPtr> parked_;
};

}  // namespace

std::unique_ptr<Event> make_asio_event() { return std::make_unique<AsioEvent>(); }

}  // namespace holdfast::runtime
