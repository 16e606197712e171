// LocalCache: a cache whose entries live on this node only, in memory.
//
// write() is in write_path.cpp; reads and the rest are in local_cache.cpp, attributes in attributes.cpp.
//
// Owner: shared; the CacheManager, views of it, and the reaper while it works.  Threads: any.
// Waits: for the writer of the same key, only while listeners or compute functions are at work.
// Fails with: stopped, timeout (a writer of the same key hangs), invalid_argument and not_supported (attributes).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "container/data_container.h"
#include "engine/cache.h"
#include "engine/cluster_side.h"
#include "engine/counters.h"
#include "engine/key_order.h"
#include "engine/listeners.h"
#include "engine/reaper.h"
#include "ops/decide.h"
#include "runtime/runtime.h"

namespace holdfast::engine {

class LocalCache final : public Cache, public std::enable_shared_from_this<LocalCache> {
 public:
  /// The configuration has been validated. `container_statistics` is what a cache that does not say inherits.
  LocalCache(runtime::Runtime& runtime, std::string name, const CacheConfiguration& configuration, bool container_statistics);
  ~LocalCache() override;

  void start();
  void stop();
  /// Before start(): is asked to keep a configuration whose attributes are about to change.
  using Keep = std::function<Status(const CacheConfiguration&)>;
  void set_keep(Keep keep) { keep_ = std::move(keep); }

  const std::string& name() const override { return name_; }
  const CacheConfiguration& configuration() const override { return *configuration_.load(std::memory_order_acquire); }
  bool running() const override { return running_.load(std::memory_order_relaxed); }

  Result<Outcome> write(const Invocation& in, const Mutation& mutation) override;
  Result<bool> read(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) override;
  /// The quick read: a short value is copied to `value.to`. Nothing: it was not to be had that way, ask read(). False: absent.
  std::optional<bool> copy_value(WriteFlag flags, BytesView key, container::ValueCopy& value);
  void prefetch(KeyHash hash, int round) const override { container_.prefetch(hash, round); }
  Result<bool> contains(const Invocation& in, BytesView key) override;
  Status clear(const Invocation& in) override;
  Result<std::uint64_t> size(const Invocation& in) override;
  Status for_each(const Invocation& in, const IterationOptions& options, FunctionRef<bool(const EntryView&)> visit) override;
  Result<std::vector<Entry>> entries_of_segment(const Invocation& in, std::uint32_t segment) override;
  std::uint32_t segments() const override { return segments_; }
  void process_expiration() override;

  ListenerId add_listener(ListenerSpec spec) override;
  bool remove_listener(ListenerId id) override;

  StatisticsSnapshot statistics() const override;
  void reset_statistics() override;
  Status set_attribute(const std::string& path, const std::string& value) override;

  // For clustered caches (engine/clustered), whose entries lie in one of these on each owner.

  /// A write that was decided and not committed yet.
  struct Decided {
    const Mutation& mutation;
    const ops::Decision& decision;
    const Entry* seen;   // what is there; null = absent
    TimeMs now_ms;
    Outcome outcome;     // what the caller will be told; the version is still missing
  };
  /// Gives the write its version and sees to it that the other owners have it. A failure leaves everything as it was.
  using Replicate = FunctionRef<Result<Version>(Decided& write)>;
  /// Before any entry is here: the other nodes are asked and told of what concerns them.
  void join(std::weak_ptr<ClusterSide> side) { side_ = std::move(side); }
  /// The primary's write: in the key's order, replicated between decide() and the commit. `known` is asked first, in that
  /// order: what it gives was the outcome of this very invocation before. `order`: the key's, if it is held already.
  /// Counts nothing: the node that was asked does.
  Result<Outcome> write_replicated(const Invocation& in, const Mutation& m, FunctionRef<std::optional<Outcome>()> known, Replicate replicate, KeyOrder::Guard order = {});
  /// Another node's decision: takes place unless something newer is here. No events, no statistics.
  void apply_replica(const EntryView& entry, bool removes);
  /// The entry was used at that time, as another owner says; false: nothing live is here.
  bool touch_replica(BytesView key, TimeMs used_ms);
  /// Nobody else writes the key while the guard lives.
  Result<KeyOrder::Guard> hold(BytesView key) { return order_of({}, hash_key(key)); }
  /// What listeners hear here: bits of kinds.
  std::uint32_t heard(bool pre) const { return listeners_.kinds(pre); }
  /// An event of another node, for the listeners here.
  void hear(const Event& event);
  /// An event of this node, under its key's order, for all who hear it anywhere.
  void publish_everywhere(const Event& event);
  /// Events may have been lost.
  void report_gap() { listeners_.report_gap(); }
  /// A listener without the present entries; they are offered to it by and by, until end_replay().
  std::shared_ptr<Subscription> subscribe(ListenerSpec spec) { return listeners_.add(std::move(spec)); }
  void offer(Subscription& to, const EntryView& entry);
  /// A read or write that a client of this node asked for has come to its end.
  Instant begin_read(WriteFlag flags) { return begin(flags, Counter::hits); }
  void count_read(bool hit, Instant started);
  Instant begin_write(WriteFlag flags) { return begin(flags, Counter::stores); }
  void count_write(const Mutation& m, const Outcome& outcome, Instant started);
  /// Entries here may carry a limit.
  bool has_mortals() const { return mortal(); }
  /// Forgets a segment that moved away.
  void drop_segment(std::uint32_t segment);
  /// The entry as it lies here, also one that is over; false: there is none.
  bool peek(BytesView key, FunctionRef<void(const EntryView&)> visit) { return container_.read(key, hash_key(key), 0, visit); }

  /// Adds an alias to the configuration, or takes it away.
  Status set_alias(const std::string& alias, bool present);
  /// Takes the mutable attributes of another configuration; fails when an immutable one differs.
  Status update(const CacheConfiguration& wanted);
  /// For the reaper: when something may be due; nullopt when nothing carries a limit.
  std::optional<TimeMs> next_due_ms() const { return container_.next_due_ms(); }
  /// Removes and reports at most `limit` entries that are over; true when there may be more. May wait when listeners
  /// are there.
  bool reap(std::size_t limit);
  /// Somebody listens or computes, so a write may have to wait for another one of its key.
  bool writers_may_wait() const { return order_.needed(); }
  bool listens_to_expiration() const { return listeners_.hears(EventKind::expired); }
  bool reaping_waits() const { return listens_to_expiration() || !side_.expired(); }
  std::int64_t reaper_interval_ms() const { return configuration().expiration.interval_ms; }

 private:
  struct Commit;
  /// Changes of attributes follow one another as writes of one key do; no key has this hash by chance.
  static constexpr KeyHash kAttributesKey{~std::uint64_t{0}, ~std::uint64_t{0}};

  bool look_up(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit);
  bool read_observed(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit, bool counted);

  // write_path.cpp
  Result<Outcome> write_directly(const Invocation& in, const Mutation& m);
  Result<Outcome> write_prepared(const Invocation& in, const Mutation& m);
  Result<KeyOrder::Guard> order_of(const Invocation& in, KeyHash hash);
  void commit(Commit& c);
  Result<Outcome> finish(const Invocation& in, Commit&& c, KeyOrder::Guard order, Instant started);
  static Event event_of(const Commit& c, EventKind kind, const Entry* previous);
  void announce(const Commit& c, const Entry* seen);
  void publish(const Commit& c);
  void publish_evicted(const Invocation& in, std::vector<Entry> evicted);
  void count(const Commit& c, Instant started);
  void publish_gone(EventKind kind, const Entry& entry);
  // replicated_write.cpp
  struct Replicated;
  void announce_replicated(const Replicated& r);
  void publish_replicated(const Replicated& r);
  bool heard_anywhere(EventKind kind, bool pre) const;
  bool reap_with_cluster(ClusterSide& side, std::size_t limit);
  Error not_running() const;
  Expiration defaults() const {
    return {default_lifespan_ms_.load(std::memory_order_relaxed), default_max_idle_ms_.load(std::memory_order_relaxed)};
  }
  bool mortal() const { return mortal_.load(std::memory_order_relaxed); }
  void note_limit(const Expiration& expiration, TimeMs now);
  TimeMs now_ms() { return clock_.now_ms(); }
  bool counting(WriteFlag flags) const {
    return counting_.load(std::memory_order_relaxed) && !has(flags, WriteFlag::skip_statistics);
  }
  /// When an operation that is counted and timed began; kNotTimed when it is only counted, kNever when neither.
  static constexpr Instant kNotTimed{};
  Instant begin(WriteFlag flags, Counter counter) {
    if (!counting(flags)) return kNever;
    return counters_.due(counter) ? runtime_.clock().now() : kNotTimed;
  }
  void end(Instant started, Counter ns) {
    if (started != kNotTimed) counters_.add_time(ns, (runtime_.clock().now() - started).count());
  }
  void install(CacheConfiguration configuration);
  Status change(FunctionRef<Status(CacheConfiguration&)> change);
  void after_change();
  void apply_bound(const MemoryConfiguration& memory);
  void report_visit(const Entry& entry);
  void expire_key(const Invocation& in, BytesView key);
  void replay(Subscription& to);

  runtime::Runtime& runtime_;
  runtime::Clock& clock_;
  const std::string name_;
  const std::uint32_t segments_;
  std::atomic<bool> running_{false};
  std::atomic<bool> counting_{false};
  /// Some entry carried a limit once. Until then nobody asks the clock when reading.
  std::atomic<bool> mortal_{false};
  std::atomic<const CacheConfiguration*> configuration_{nullptr};
  std::atomic<std::int64_t> default_lifespan_ms_{kImmortal};
  std::atomic<std::int64_t> default_max_idle_ms_{kImmortal};
  container::DataContainer container_;
  KeyOrder order_;
  Listeners listeners_;
  Counters counters_;
  std::atomic<TimeMs> started_ms_{0};
  std::atomic<TimeMs> reset_ms_{0};
  std::shared_ptr<Reaper> reaper_;
  std::weak_ptr<ClusterSide> side_;
  Keep keep_;
  Mutex configurations_lock_;
  /// Every configuration there was: configuration() hands out references, and attributes change rarely.
  std::vector<std::unique_ptr<const CacheConfiguration>> configurations_ HF_GUARDED_BY(configurations_lock_);
};

/// What takes more than a look (a listener, a timed read, an entry that is over) is left to read().
inline std::optional<bool> LocalCache::copy_value(WriteFlag flags, BytesView key, container::ValueCopy& value) {
  if (!running() || counting(flags) || listeners_.hears(EventKind::visited)) return std::nullopt;
  const KeyHash hash = hash_key(key);
  const TimeMs now = mortal() ? now_ms() : 0;  // before the entry is fetched: the processor does the next thing while it waits
  const std::optional<bool> found = container_.copy_value(key, hash, value);
  if (found == true && is_expired(value.metadata, now)) return std::nullopt;
  return found;
}

}  // namespace holdfast::engine
