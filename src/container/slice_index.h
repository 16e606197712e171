// SliceIndex: the index of one slice of the hash space. Buckets of one cache line hold 15 slots of four bytes each: a
// tag of 8 bits and the number of an entry. A bucket's home range is a range of hash positions, so the table is in
// hash order whatever its size: that is what lets an iteration go on where it was while the table grows.
//
// An entry whose bucket is full lies in the next one with room; each bucket counts the entries that passed it, so a
// search ends at the first bucket that nobody passed.
//
// Owner: one Shard.  Threads: under the shard's lock; find() and prefetch() also in a ReadSection, where what they give
// counts only if the shard's version did not change meanwhile.  Waits: never.  Fails with: nothing.
#pragma once

#include <emmintrin.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/reading.h"
#include "container/slab.h"

namespace holdfast::container {

/// Where a key belongs inside its slice.
struct SlicePosition {
  std::uint32_t position = 0;  // the slice's hash order
  std::uint8_t tag = 1;        // never 0
};

class SliceIndex {
 public:
  SliceIndex() = default;
  ~SliceIndex() { delete[] table().buckets; }
  SliceIndex(const SliceIndex&) = delete;
  SliceIndex& operator=(const SliceIndex&) = delete;

  static constexpr std::uint32_t kSlots = 15;
  struct Found {
    EntryId id = kNoEntry;
    std::uint32_t bucket = 0;
    std::uint32_t slot = 0;
    explicit operator bool() const { return id != kNoEntry; }
  };

  /// `matches(id)` says whether the entry is the one that is meant.
  template <class Matches>
  Found find(SlicePosition at, Matches matches) const {
    const Table t = table();
    std::uint32_t b = t.home(at.position);
    for (std::uint32_t left = t.count; left > 0; --left, b = t.after(b)) {
      const Bucket& bucket = t.buckets[b];
      for (std::uint32_t same = bucket.slots_with(at.tag); same != 0; same &= same - 1) {
        const auto slot = static_cast<std::uint32_t>(std::countr_zero(same));
        if (const EntryId id = bucket.id(slot); matches(id)) return {id, b, slot};
      }
      if (bucket.passed_by() == 0) break;
    }
    return {};
  }
  /// Fetches the bucket of a key that will be looked for soon.
  void prefetch(std::uint32_t position) const {
    const Table t = table();
    if (t.count != 0) __builtin_prefetch(&t.buckets[t.home(position)]);
  }
  /// Those of the key's own bucket that have its tag: nearly always the entry, if it is there.
  template <class Visit>
  void for_each_likely(SlicePosition at, Visit visit) const {
    const Table t = table();
    if (t.count == 0) return;
    const Bucket& bucket = t.buckets[t.home(at.position)];
    for (std::uint32_t same = bucket.slots_with(at.tag); same != 0; same &= same - 1) visit(bucket.id(static_cast<std::uint32_t>(std::countr_zero(same))));
  }

  /// `where(id)` gives the position of an entry that is in the table already: a growing table asks for each. The old
  /// table goes to the limbo.
  template <class Where>
  void insert(SlicePosition at, EntryId id, Limbo& limbo, Where where) {
    if (count_ >= capacity()) rebuild(larger(), limbo, where);
    table().place(at, id);
    ++count_;
  }
  void erase(const Found& found, std::uint32_t position);
  void replace(const Found& found, EntryId id) { table().buckets[found.bucket].set_id(found.slot, id); }
  void clear(Limbo& limbo);
  /// Gives memory back when most of the table is empty.
  template <class Where>
  void shrink(Limbo& limbo, Where where) {
    if (count_ == 0) return clear(limbo);
    if (count_ < capacity() / 4) rebuild(count_ / (kSlots / 2) + 1, limbo, where);
  }

  std::uint32_t count() const { return count_; }
  std::uint64_t bytes() const { return std::uint64_t{table().count} * sizeof(Bucket); }
  /// By how much the next insert makes bytes() grow.
  std::uint64_t growth() const { return count_ < capacity() ? 0 : std::uint64_t{larger() - table().count} * sizeof(Bucket); }
  /// The table will hold about this many entries: then it grows to just the right size. 0 = nobody knows.
  void expect(std::uint32_t entries);

  /// Shows every entry whose position is in [from, result), where the result is chosen so that about `batch` are
  /// shown; 2^32 = the slice is done. `shows(id)` also sees entries of other positions and must look.
  template <class Shows>
  std::uint64_t scan(std::uint64_t from, std::uint32_t batch, Shows shows) const {
    if (count_ == 0) return kEnd;
    const Table t = table();
    const std::uint32_t first = t.home(static_cast<std::uint32_t>(from));
    std::uint32_t last = first;  // inclusive
    for (std::uint32_t seen = 0; last + 1 < t.count; ++last) {
      seen += t.buckets[last].used();
      if (seen >= batch) break;
    }
    const std::uint64_t until = last + 1 == t.count ? kEnd : t.first_position(last + 1);
    std::uint32_t b = first;
    for (std::uint32_t steps = 0; steps < t.count; ++steps) {
      for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
        if (t.buckets[b].tags[slot] != 0) shows(t.buckets[b].id(slot), until);
      }
      const bool beyond = first + steps >= last;
      if (beyond && t.buckets[b].passed == 0) break;
      b = t.after(b);
    }
    return until;
  }
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 32;

 private:
  struct alignas(64) Bucket {
    std::uint8_t tags[kSlots] = {};
    std::uint8_t unused = 0;
    unsigned char ids[kSlots * 3] = {};
    std::uint16_t passed = 0;  // entries that belong to this bucket or one before it and lie behind it

    std::uint32_t slots_with(std::uint8_t tag) const {
      const __m128i all = racing_load_16(tags);
      return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(tag))))) & 0x7fff;
    }
    std::uint32_t used() const { return kSlots - static_cast<std::uint32_t>(std::popcount(slots_with(0))); }
    EntryId id(std::uint32_t slot) const { return racing_load<EntryId>(ids + slot * 3) & kNoEntry; }  // the byte behind is ours, too
    std::uint16_t passed_by() const { return racing_load<std::uint16_t>(&passed); }
    void set_id(std::uint32_t slot, EntryId id) {
      const auto low = static_cast<std::uint16_t>(id);
      std::memcpy(ids + slot * 3, &low, 2);
      ids[slot * 3 + 2] = static_cast<unsigned char>(id >> 16);
    }
  };
  static_assert(sizeof(Bucket) == 64);

  struct Table {
    Bucket* buckets;
    std::uint32_t count;

    std::uint32_t home(std::uint32_t position) const { return static_cast<std::uint32_t>((std::uint64_t{position} * count) >> 32); }
    std::uint32_t after(std::uint32_t bucket) const { return bucket + 1 == count ? 0 : bucket + 1; }
    /// The smallest position whose home is the bucket.
    std::uint64_t first_position(std::uint32_t bucket) const { return ((std::uint64_t{bucket} << 32) + count - 1) / count; }
    void place(SlicePosition at, EntryId id) const;
  };
  // Address and number of buckets in one word, so that a reader never sees those of two tables.
  static constexpr int kCountBits = 22;
  static constexpr int kLineBits = 6;  // of the address: 0
  Table table() const {
    const std::uint64_t word = table_.load(std::memory_order_acquire);
    return {reinterpret_cast<Bucket*>(word >> kCountBits << kLineBits), static_cast<std::uint32_t>(word & ((1U << kCountBits) - 1))};
  }
  void set_table(Table fresh, Limbo& limbo);
  static std::uint32_t capacity(std::uint32_t buckets) { return buckets * kSlots - buckets * kSlots / 14; }
  std::uint32_t capacity() const { return capacity(table().count); }
  std::uint32_t larger() const;

  template <class Where>
  void rebuild(std::uint32_t count, Limbo& limbo, Where where) {
    const Table old = table();
    const Table fresh{new Bucket[count], count};
    for (std::uint32_t b = 0; b < old.count; ++b) {
      for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
        if (old.buckets[b].tags[slot] == 0) continue;
        const EntryId id = old.buckets[b].id(slot);
        fresh.place({where(id), old.buckets[b].tags[slot]}, id);
      }
    }
    set_table(fresh, limbo);
  }

  std::atomic<std::uint64_t> table_{0};
  std::uint32_t count_ = 0;     // entries
  std::uint32_t expected_ = 0;  // buckets that the table will need in the end
};

}  // namespace holdfast::container
