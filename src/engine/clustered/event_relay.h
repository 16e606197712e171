// EventRelay: makes the listeners of every node hear what is committed anywhere. Each node tells the others which kinds its
// listeners want; a key's primary sends the events, in the key's order, and waits until they were heard.
//
// Owner: ClusteredCache.  Threads: any.  Waits: announce(), send(), for other nodes.
// Fails with: nothing; a node that did not hear an event in time is named in the log.
#pragma once

#include <atomic>
#include <map>

#include "engine/clustered/context.h"
#include "engine/local_cache.h"

namespace holdfast::engine::clustered {

class EventRelay {
 public:
  EventRelay(std::shared_ptr<Context> context, LocalCache& local) : context_(std::move(context)), local_(local) {}

  // ---- As a node with listeners

  /// Tells the members what is wanted here; true when all of them know. `members` is asked again before each try.
  bool announce(FunctionRef<std::vector<Address>()> members, Instant deadline);
  bool all_know(const std::vector<Address>& members);

  // ---- As a primary

  void on_interest(const Address& from, const Interest& interest);
  bool wanted(EventKind kind, bool pre) const { return ((pre ? pre_kinds_ : kinds_).load(std::memory_order_acquire) & bit(kind)) != 0; }
  bool wanted_at_all() const { return kinds_.load(std::memory_order_acquire) != 0; }
  void send(const Event& event);

  // ---- Members come and go

  void forget_others(const View& view);
  void reset();

 private:
  void refresh() HF_REQUIRES(lock_);
  std::vector<Address> unaware(const std::vector<Address>& members, Interest& interest);
  std::vector<Address> listening(const Event& event);

  const std::shared_ptr<Context> context_;
  LocalCache& local_;
  std::atomic<std::uint32_t> kinds_{0}, pre_kinds_{0};  // what any other node wants
  SpinLock lock_;
  std::map<Address, Interest> others_ HF_GUARDED_BY(lock_);
  Interest own_ HF_GUARDED_BY(lock_);
  std::map<Address, std::uint64_t> told_ HF_GUARDED_BY(lock_);  // the generation of ours that they know
};

}  // namespace holdfast::engine::clustered
