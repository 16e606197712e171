// Shard: a part of a container under one lock: the indexes of some slices of the hash space, the slab that holds their
// entries, and the eviction policy over them.
//
// Reads usually take no lock: they copy the entry and keep the copy if the shard's version is the same before and after
// (writers make it odd while they change something). The eviction policy hears of hits later, through notes.
//
// Owner: DataContainer.  Threads: any; each call takes the lock, look() does not.  Waits: for the lock only.  Fails with: nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/function.h"
#include "base/hash.h"
#include "base/mutex.h"
#include "base/reading.h"
#include "container/data_container.h"
#include "container/entry_layout.h"
#include "container/eviction_policy.h"
#include "container/hit_notes.h"
#include "container/slab.h"
#include "container/slice_index.h"
#include "container/window_tuner.h"

namespace holdfast::container {

/// The bound of a container, shared by its shards.
struct Bound {
  std::atomic<std::int64_t> most{-1};   // entries or bytes; -1 = unbounded
  WindowTuner tuner;
  alignas(64) std::atomic<std::int64_t> total{0};  // counted while there is a bound
};

/// Where a key lies.
struct Place {
  std::uint32_t segment = 0;
  std::uint32_t shard = 0;
  std::uint32_t slice = 0;  // of the shard
  SlicePosition position;   // in the slice
  std::uint64_t hash = 0;   // for frequencies
};

/// How the hash space is cut: segments into slices (one each, unless there are few segments), slices over shards.
struct Partition {
  std::uint32_t segments = 1;
  std::uint32_t slices_per_segment = 1;
  std::uint32_t shards = 1;  // a power of two
  int shard_bits = 0;
  std::uint64_t width_inverse = 0;  // 2^64 / width of a segment, rounded up: divides 32-bit numbers exactly

  Place place(KeyHash hash) const {
    Place p;
    __extension__ using Wide = unsigned __int128;
    p.segment = static_cast<std::uint32_t>(static_cast<Wide>(static_cast<std::uint32_t>(hash.wire()) & 0x7fffffffU) * width_inverse >> 64);  // segment_of()
    const std::uint64_t cut = (hash.local() >> 32) * slices_per_segment;
    const std::uint32_t slice = p.segment * slices_per_segment + static_cast<std::uint32_t>(cut >> 32);
    p.shard = slice & (shards - 1);
    p.slice = slice >> shard_bits;
    p.position.position = static_cast<std::uint32_t>(cut);
    p.position.tag = static_cast<std::uint8_t>(std::max<std::uint64_t>(hash.local() & 0xff, 1));
    p.hash = hash.local();
    return p;
  }
  std::uint32_t slices_per_shard() const { return (segments * slices_per_segment + shards - 1) / shards; }
};

struct BoundChange {
  bool bounded = false;
  bool lru = false;
  bool by_bytes = false;
  std::uint64_t entries = 0;  // what the shard will hold at most; 0 = unknown
  std::size_t page_bytes = 0;  // by bytes: the largest page
};

/// Entries that leave, collected under the lock and shown outside of it. Without a list they are counted only.
struct Leaving {
  std::vector<Entry>* list = nullptr;
  std::size_t count = 0;
  void add(const EntryView& entry) {
    ++count;
    if (list) list->emplace_back(entry);
  }
};

/// Copies of entries, packed.
class EntryBatch {
 public:
  void add(const EntryView& entry);
  void clear();
  std::size_t size() const { return rows_.size(); }
  EntryView operator[](std::size_t i) const;

 private:
  struct Row {
    std::size_t key_at, key_size, value_size;
    Metadata metadata;
  };
  Bytes bytes_;
  std::vector<Row> rows_;
};

class alignas(64) Shard {
 public:
  Shard(Bound& bound, const Partition& partition, BlockPool& blocks, Limbo& limbo)
      : bound_(bound), partition_(partition), limbo_(limbo), slab_(blocks, limbo), policy_(store_), slices_(partition.slices_per_shard()) {}

  enum class Seen : std::uint8_t { there, absent, unsure };
  /// Copies the value without the lock. Unsure: a writer is at work, the value has no room, or the entry has a max-idle;
  /// read() is to be asked.
  Seen look(const Place& place, BytesView key, ValueCopy& value);
  bool read(const Place& place, BytesView key, TimeMs refresh_ms, FunctionRef<void(const EntryView&)> visit);
  /// Round 0: the bucket of the index; round 1: the entries that it names. Does nothing when the lock is taken.
  void prefetch(const Place& place, int round);
  Version update(const Place& place, BytesView key, FunctionRef<Change(const EntryView*)> decide, Leaving& evicted);
  /// Evicts one entry; false when there is none.
  bool evict_one(Leaving& evicted);
  void clear(Leaving& removed);
  /// Copies about a batch of a slice's entries from a position on; returns the position to go on from.
  std::uint64_t copy_slice(std::uint32_t slice, std::uint64_t from, EntryBatch& batch);
  /// What is over and not to be removed yet: when to ask again; 0 = remove it.
  using Judge = FunctionRef<TimeMs(const EntryView&)>;
  std::size_t expire(TimeMs now, std::size_t limit, Leaving& expired, const Judge* judge = nullptr);

  /// Begins or ends to keep order, and counts towards the bound anew.
  void bound_changed(const BoundChange& change);

  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  std::uint64_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  TimeMs due_ms() const { return due_.load(std::memory_order_relaxed); }

 private:
  /// What the policy sees of the entries.
  struct Entries {
    const Slab& slab;
    unsigned char* at(EntryId id) const { return slab.at(id); }
    std::size_t slot_bytes(EntryId id) const { return slab.slot_bytes(id); }
    std::uint64_t hash_of(EntryId id) const { return hash_key(EntryLayout::key(slab.at(id))).local(); }
  };
  static constexpr std::uint32_t kBatch = 64;  // entries copied under the lock
  static constexpr EntryId kUnsure = kNoEntry - 1;  // of the last page, which is never made
  static constexpr std::uint64_t kExactOrder = 256;  // with fewer entries than this the policy hears of hits at once

  /// Changes what readers see while it lives.
  class Changing {
   public:
    explicit Changing(std::atomic<std::uint64_t>& version) : version_(version) {
      version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_release);
    }
    ~Changing() { version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    Changing(const Changing&) = delete;
    Changing& operator=(const Changing&) = delete;

   private:
    std::atomic<std::uint64_t>& version_;
  };
  bool changed_since(std::uint64_t version) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return version_.load(std::memory_order_relaxed) != version;
  }
  EntryId copy_entry(const Place& place, BytesView key, std::uint64_t version, unsigned char* head, ValueCopy& value) const;
  void leave_note(EntryId id, std::uint64_t version, std::uint64_t hash);
  void fetch_noted() HF_REQUIRES(lock_);
  void take_notes() HF_REQUIRES(lock_);

  SliceIndex::Found find(const Place& place, BytesView key) const HF_REQUIRES(lock_);
  void put(const Place& place, BytesView key, SliceIndex::Found found, const Change& change, Version version) HF_REQUIRES(lock_);
  EntryId insert(const Place& place, const EntryLayout::Parts& parts) HF_REQUIRES(lock_);
  EntryId overwrite(const Place& place, SliceIndex::Found found, const EntryLayout::Parts& parts) HF_REQUIRES(lock_);
  double window_share() const { return lru_ ? 1.0 : bound_.tuner.share(); }
  void note_use(EntryId id, std::uint64_t hash) HF_REQUIRES(lock_) {
    if (policy_.active() && policy_.used(id, window_share()) && !lru_) sketch_.note(hash);
  }
  void note_arrival(EntryId id, std::uint64_t hash) HF_REQUIRES(lock_);
  void note_due(EntryId id) HF_REQUIRES(lock_);
  void remove(const Place& place, SliceIndex::Found found) HF_REQUIRES(lock_);
  void remove(EntryId id) HF_REQUIRES(lock_);
  void count_change(std::int64_t by) HF_REQUIRES(lock_);
  bool counts_bytes() const HF_REQUIRES(lock_) { return policy_.active() && policy_.by_bytes(); }
  std::uint64_t bytes_now() const HF_REQUIRES(lock_) { return slab_.bytes() + sketch_.bytes() + index_bytes_; }
  bool lies_in(EntryId id, BytesView bytes) const HF_REQUIRES(lock_);
  std::uint64_t sketch_entries_for(std::uint64_t entries) const HF_REQUIRES(lock_);
  std::int64_t growth(const Place& place, std::size_t bytes, bool fresh) const HF_REQUIRES(lock_);
  bool claim(std::int64_t bytes) HF_REQUIRES(lock_);
  void make_room(const Place& place, std::size_t bytes, EntryId& found, Leaving& evicted) HF_REQUIRES(lock_);
  void fill_sparse_pages(EntryId& kept) HF_REQUIRES(lock_);
  void move(EntryId from, EntryId& kept) HF_REQUIRES(lock_);
  bool evict(EntryId& keep, Leaving& evicted) HF_REQUIRES(lock_);
  void keep_bound(EntryId& written, Leaving& evicted) HF_REQUIRES(lock_);
  TimeMs expire_page(std::size_t page, TimeMs now, std::size_t limit, Leaving& expired, const Judge* judge) HF_REQUIRES(lock_);
  void update_bytes() HF_REQUIRES(lock_);
  Place place_of(EntryId id) const;

  SpinLock lock_;
  std::atomic<std::uint64_t> version_{0};  // odd: something is changing
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<TimeMs> due_{kNeverDue};
  const bool looks_ = ReadSection::possible();
  Bound& bound_;
  const Partition& partition_;
  Limbo& limbo_;
  Slab slab_;
  EntryLayout layout_;
  Entries store_{slab_};
  EvictionPolicy<Entries> policy_;
  FrequencySketch sketch_;
  bool lru_ = false;
  std::vector<SliceIndex> slices_;
  alignas(64) HitNotes notes_;
  Version last_version_ = 0;
  std::uint64_t index_bytes_ = 0;
  std::int64_t charged_ = 0;  // what of the bound's total is ours
};

// ---- Reading without the lock: here, because every read passes through it

[[gnu::always_inline]] inline Shard::Seen Shard::look(const Place& place, BytesView key, ValueCopy& value) {
  const bool ordered = policy_.active();
  const std::uint64_t version = version_.load(std::memory_order_acquire);
  if ((version & 1) != 0 || !looks_ || (ordered && count() < kExactOrder)) return Seen::unsure;
  unsigned char head[EntryLayout::kHeadBytes];
  const EntryId id = copy_entry(place, key, version, head, value);
  if (changed_since(version) || id == kUnsure) return Seen::unsure;
  if (id == kNoEntry) return Seen::absent;
  value.metadata = layout_.metadata(head);
  if (ordered && !policy_.in_front(EntryLinks(head))) leave_note(id, version, place.hash);
  return Seen::there;
}

/// Nothing is followed that was not there when the version was looked at for the first time, and nothing that was there then
/// is freed before the section ends.
[[gnu::always_inline]] inline EntryId Shard::copy_entry(const Place& place, BytesView key, std::uint64_t version, unsigned char* head, ValueCopy& value) const {
  const ReadSection section;
  const Slab::Places places = slab_.places();
  bool unsure = false;
  const SliceIndex::Found found = slices_[place.slice].find(place.position, [&](EntryId id) {
    if (unsure = changed_since(version); unsure) return true;
    const Slab::Places::Located entry = places.locate(id);
    if (unsure = changed_since(version) || entry.slot_bytes == 0; unsure) return true;
    EntryLayout::prefetch(entry.at);
    if (entry.slot_bytes >= EntryLayout::kHeadBytes) [[likely]] {
      for (std::size_t at = 0; at < EntryLayout::kHeadBytes; at += 16) racing_copy_16(head + at, entry.at + at);
    } else {
      racing_copy(head, entry.at, entry.slot_bytes);
    }
    const EntryLayout::Shape shape = EntryLayout::shape(head);
    if (unsure = shape.bytes() > entry.slot_bytes; unsure) return true;  // half written
    if (shape.key_bytes != key.size() || !racing_equal(entry.at + shape.key_at, key.data(), key.size())) return false;
    if (unsure = shape.value_bytes > value.room || EntryLayout::has_max_idle(head); unsure) return true;
    racing_copy(value.to, entry.at + shape.value_at(), shape.value_bytes);
    value.bytes = shape.value_bytes;
    return true;
  });
  return unsure ? kUnsure : found.id;
}

}  // namespace holdfast::container
