// Listeners: who hears the events of one cache, and the delivery to them.
//
// Owner: one cache.  Threads: any; publish() for one key is called under that key's order.
// Waits: publish() as the synchronous listeners do, or for room in an asynchronous listener's queue; remove() for a
// delivery that is going on.  Fails with: nothing.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "engine/events.h"
#include "engine/key_order.h"
#include "runtime/runtime.h"

namespace holdfast::engine {

class Subscription;

class Listeners {
 public:
  Listeners(runtime::Runtime& runtime, KeyOrder& order) : runtime_(runtime), order_(order) {}
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Somebody hears events of this kind. One relaxed load.
  bool hears(EventKind kind) const { return (kinds_.load(std::memory_order_relaxed) & bit(kind)) != 0; }
  bool hears_anything() const { return kinds_.load(std::memory_order_relaxed) != 0; }
  bool wants_pre() const { return pre_kinds_.load(std::memory_order_relaxed) != 0; }
  /// Bits of the kinds that somebody hears.
  std::uint32_t kinds(bool pre) const { return (pre ? pre_kinds_ : kinds_).load(std::memory_order_relaxed); }
  void publish(const Event& event) const;
  /// Events may have been lost: tells those who want to know.
  void report_gap() const;

  std::shared_ptr<Subscription> add(ListenerSpec spec);
  bool remove(ListenerId id);
  /// The last call: nobody hears anything any more.
  void close();

 private:
  using Snapshot = std::shared_ptr<const std::vector<std::shared_ptr<Subscription>>>;
  Snapshot snapshot() const;
  void install(std::vector<std::shared_ptr<Subscription>> subscriptions) HF_REQUIRES(lock_);

  runtime::Runtime& runtime_;
  KeyOrder& order_;
  std::atomic<std::uint32_t> kinds_{0};
  std::atomic<std::uint32_t> pre_kinds_{0};
  mutable SpinLock lock_;
  Snapshot subscriptions_ HF_GUARDED_BY(lock_);
  ListenerId next_id_ HF_GUARDED_BY(lock_) = 1;
};

/// One listener. Shared by the registry, deliveries that are going on and the replay of the current state.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  Subscription(runtime::Runtime& runtime, KeyOrder& order, ListenerSpec spec, ListenerId id);

  ListenerId id() const { return id_; }
  const ListenerSpec& spec() const { return spec_; }
  void offer(const Event& event);
  /// The replay offers each entry under its key's order; a key whose events the listener has heard already is known
  /// to it in a newer state.
  void offer_current_state(const EntryView& entry);
  void end_replay();
  /// No delivery starts any more; waits for those that are going on, unless the caller is inside of one.
  void close();

 private:
  struct Copied;
  class Turn;
  void deliver(const Event& event);
  void enqueue(const Event& event);
  void drain();
  bool begin();
  void end();

  runtime::Runtime& runtime_;
  const ListenerSpec spec_;
  const ListenerId id_;
  KeyOrder::Need need_;
  SpinLock lock_;
  bool closed_ HF_GUARDED_BY(lock_) = false;
  bool replaying_ HF_GUARDED_BY(lock_) = false;
  bool draining_ HF_GUARDED_BY(lock_) = false;
  int running_ HF_GUARDED_BY(lock_) = 0;
  std::unordered_set<Bytes> heard_ HF_GUARDED_BY(lock_);  // keys with live events during the replay
  std::vector<std::unique_ptr<Copied>> queue_ HF_GUARDED_BY(lock_);
  const std::unique_ptr<runtime::Event> idle_;  // set when closed and nothing runs
  const std::unique_ptr<runtime::Event> room_;  // set when the queue was taken
};

}  // namespace holdfast::engine
