// KeyOrder: lets the writers of one key follow one another for as long as somebody needs it (listeners, which hear a
// key's events in commit order, and apply functions, which must see what they replace). While nobody does, writers
// pass without a lock.
//
// Owner: one cache.  Threads: any.  Waits: lock(), for the writer of the same key, parked or blocked until a deadline.
// Fails with: timeout.
#pragma once

#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/mutex.h"
#include "base/result.h"
#include "runtime/scheduler.h"

namespace holdfast::engine {

class KeyOrder {
 public:
  explicit KeyOrder(runtime::Scheduler& scheduler) : scheduler_(scheduler) {}

  /// To be asked under the shard's lock by whoever commits without a guard: once it says true, every later commit
  /// of any key happens under a guard.
  bool needed() const { return needs_.load(std::memory_order_seq_cst) != 0; }

  /// Somebody needs the order while this lives.
  class Need {
   public:
    explicit Need(KeyOrder& order) : order_(&order) { order_->needs_.fetch_add(1, std::memory_order_seq_cst); }
    ~Need() { order_->needs_.fetch_sub(1, std::memory_order_seq_cst); }
    Need(const Need&) = delete;
    Need& operator=(const Need&) = delete;

   private:
    KeyOrder* order_;
  };

  /// Holds one key; an empty guard holds nothing.
  class Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept : order_(std::exchange(other.order_, nullptr)), key_(other.key_) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(order_, other.order_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Guard() { release(); }
    bool held() const { return order_ != nullptr; }
    void release() {
      if (order_) std::exchange(order_, nullptr)->unlock(key_);
    }

   private:
    friend class KeyOrder;
    Guard(KeyOrder* order, KeyHash key) : order_(order), key_(key) {}
    KeyOrder* order_ = nullptr;
    KeyHash key_;
  };

  Result<Guard> lock(KeyHash key, Instant deadline);

 private:
  struct Waiter {
    runtime::Event* event = nullptr;
    bool owns = false;
  };
  /// The end of a wait.
  struct Withdrawal {
    KeyOrder& order;
    const KeyHash key;
    Waiter& waiter;
    ~Withdrawal();
  };
  struct Held {
    KeyHash key;
    std::vector<Waiter*> waiters;  // first come, first served
  };
  struct alignas(64) Stripe {
    SpinLock lock;
    std::vector<Held> held;
  };
  static constexpr std::size_t kStripes = 64;

  Stripe& stripe(KeyHash key) { return stripes_[key.local() % kStripes]; }
  static Held* find(Stripe& stripe, KeyHash key);
  void unlock(KeyHash key);
  bool wait_for_turn(KeyHash key, Waiter& waiter, Instant deadline);

  runtime::Scheduler& scheduler_;
  std::atomic<std::uint64_t> needs_{0};
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace holdfast::engine
