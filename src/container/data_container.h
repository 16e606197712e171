// DataContainer: the entries of one cache on this node, in memory, cut into segments.
//
// Physically the entries lie in shards (a lock, indexes of 4-byte slots in 64-byte buckets, slabs, an eviction policy);
// a segment is a slice of the hash space inside a shard, so operations by segment are cheap. Every entry is one
// slot of a slab: header, key, value.
//
// Owner: engine::Cache.  Threads: any.  Waits: never (short spin locks; callbacks run under the shard's lock and must
// neither block, call back into the container, nor log).  Fails with: nothing; memory exhaustion aborts as everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/function.h"
#include "base/hash.h"
#include "model/entry.h"

namespace holdfast::container {

enum class EvictionPolicyKind : std::uint8_t { tiny_lfu, lru };

struct ContainerOptions {
  std::uint32_t segments = 256;
  std::int64_t max_count = -1;       // entries; -1 = unbounded
  std::int64_t max_size_bytes = -1;  // what memory_bytes() shows; -1 = unbounded
  EvictionPolicyKind policy = EvictionPolicyKind::tiny_lfu;
};

/// What a change does to the entry that it was shown.
struct Change {
  enum class Kind : std::uint8_t { keep, put, remove, touch } kind = Kind::keep;
  BytesView value;        // for put; must stay valid until update() returned
  Expiration expiration;  // for put
  Version version = 0;    // for put: 0 = the container gives the next one
  TimeMs now_ms = 0;      // creation or touch time
};

/// An entry that left to keep the bound. Handed out after the shard's lock is released.
using EvictedCallback = FunctionRef<void(Entry&&)>;

struct UpdateResult {
  Version version = 0;         // of the entry as it is now; 0 = absent
  std::uint32_t segment = 0;
  std::uint32_t evicted = 0;   // entries that left to keep the bound
};

/// Where a value is to be copied to, and what came.
struct ValueCopy {
  char* to = nullptr;
  std::size_t room = 0;  // bytes
  std::size_t bytes = 0;
  Metadata metadata;
};

class DataContainer {
 public:
  explicit DataContainer(const ContainerOptions& options);
  ~DataContainer();
  DataContainer(const DataContainer&) = delete;
  DataContainer& operator=(const DataContainer&) = delete;

  /// Looks the key up and shows its entry, also one that is over (the caller judges with is_expired()). False: no
  /// such key. `visit` only copies; it may run under the shard's lock (a large value is pinned and shown outside of it).
  /// `refresh_ms` > 0 sets the last use of an entry with a max-idle. Counts as a use for eviction.
  bool read(BytesView key, KeyHash hash, TimeMs refresh_ms, FunctionRef<void(const EntryView&)> visit);

  /// The quick read: copies the value, also of an entry that is over, without a lock. Counts as a use for eviction. Nothing: it was
  /// not to be had that way (no room, a max-idle, a writer at work); ask read(). False: no such key.
  std::optional<bool> copy_value(BytesView key, KeyHash hash, ValueCopy& value);

  /// A hint: fetches into the processor's caches what an operation on the key will need. Of several keys first round 0 of
  /// all, then round 1, so that their memory arrives together.
  void prefetch(KeyHash hash, int round) const;

  /// The one way to write: shows the entry (null = absent; an entry that is over is shown as it is), then does what
  /// the change says, all under the shard's lock. Then evicts what the bound asks for.
  UpdateResult update(BytesView key, KeyHash hash, FunctionRef<Change(const EntryView*)> decide, EvictedCallback evicted);
  /// The same for a caller who only counts what was evicted: nothing is copied.
  UpdateResult update(BytesView key, KeyHash hash, FunctionRef<Change(const EntryView*)> decide);

  /// Entries, those that are over but not yet reaped included. O(shards).
  std::uint64_t size() const;
  /// Bytes that entries, their indexes and the order of eviction take, as the allocator gives them, whole pages included.
  std::uint64_t memory_bytes() const;
  void clear(FunctionRef<void(Entry&&)> removed);   // shows each entry removed, outside of locks
  void clear();                                     // shows none

  /// Weakly consistent: an entry present throughout is shown exactly once. The batch is copied under the lock and
  /// shown outside of it; `visit` returns false to stop. Returns false when stopped.
  bool for_each_in_segment(std::uint32_t segment, FunctionRef<bool(const EntryView&)> visit) const;

  /// Removes entries that are over at `now_ms`; each is shown outside of locks. Cheap when nothing is due. At most
  /// `limit` entries a call; returns how many were removed.
  std::size_t expire(TimeMs now_ms, std::size_t limit, FunctionRef<void(Entry&&)> expired);
  std::size_t expire(TimeMs now_ms, std::size_t limit);  // shows none
  /// Removes only what `judge` gives up: it is shown what is over, under the shard's lock, and answers when it wants to be
  /// asked again of an entry that stays; 0 = remove it.
  std::size_t expire_judged(TimeMs now_ms, std::size_t limit, FunctionRef<TimeMs(const EntryView&)> judge);
  /// The earliest time at which some entry may be over (a lower bound); nullopt = none carries a limit.
  std::optional<TimeMs> next_due_ms() const;

  /// Changes the bound at run time; evicts down to it at once.
  void set_bound(std::int64_t max_count, std::int64_t max_size_bytes, EvictedCallback evicted);
  const ContainerOptions& options() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::container
