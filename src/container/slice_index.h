// SliceIndex: the index of one slice of the hash space. Buckets of one cache line hold 15 slots of four bytes each: a
// tag of 8 bits and the number of an entry. A bucket's home range is a range of hash positions, so the table is in
// hash order whatever its size: that is what lets an iteration go on where it was while the table grows.
//
// An entry whose bucket is full lies in the next one with room; each bucket counts the entries that passed it, so a
// search ends at the first bucket that nobody passed.
//
// Owner: one Shard.  Threads: under the shard's lock.  Waits: never.  Fails with: nothing.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "container/slab.h"

namespace holdfast::container {

/// Where a key belongs inside its slice.
struct SlicePosition {
  std::uint32_t position = 0;  // the slice's hash order
  std::uint8_t tag = 1;        // never 0
};

class SliceIndex {
 public:
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
    if (count_ == 0) return {};
    std::uint32_t b = home(at.position);
    for (std::uint32_t left = buckets_count_; left > 0; --left, b = b + 1 == buckets_count_ ? 0 : b + 1) {
      const Bucket& bucket = buckets_[b];
      for (std::uint32_t same = bucket.slots_with(at.tag); same != 0; same &= same - 1) {
        const auto slot = static_cast<std::uint32_t>(std::countr_zero(same));
        if (const EntryId id = bucket.id(slot); matches(id)) return {id, b, slot};
      }
      if (bucket.passed == 0) break;
    }
    return {};
  }
  /// Fetches the bucket of a key that will be looked for soon.
  void prefetch(std::uint32_t position) const {
    if (count_ != 0) __builtin_prefetch(&buckets_[home(position)]);
  }
  /// Those of the key's own bucket that have its tag: nearly always the entry, if it is there.
  template <class Visit>
  void for_each_likely(SlicePosition at, Visit visit) const {
    if (count_ == 0) return;
    const Bucket& bucket = buckets_[home(at.position)];
    for (std::uint32_t same = bucket.slots_with(at.tag); same != 0; same &= same - 1) visit(bucket.id(static_cast<std::uint32_t>(std::countr_zero(same))));
  }

  /// `where(id)` gives the position of an entry that is in the table already: a growing table asks for each.
  template <class Where>
  void insert(SlicePosition at, EntryId id, Where where) {
    if (count_ >= capacity()) rebuild(larger(), where);
    place(at, id);
    ++count_;
  }
  void erase(const Found& found, std::uint32_t position);
  void replace(const Found& found, EntryId id) { buckets_[found.bucket].set_id(found.slot, id); }
  void clear();
  /// Gives memory back when most of the table is empty.
  template <class Where>
  void shrink(Where where) {
    if (count_ == 0) return clear();
    if (count_ < capacity() / 4) rebuild(count_ / (kSlots / 2) + 1, where);
  }

  std::uint32_t count() const { return count_; }
  std::uint64_t bytes() const { return std::uint64_t{buckets_count_} * sizeof(Bucket); }
  /// By how much the next insert makes bytes() grow.
  std::uint64_t growth() const { return count_ < capacity() ? 0 : std::uint64_t{larger() - buckets_count_} * sizeof(Bucket); }
  /// The table will hold about this many entries: then it grows to just the right size. 0 = nobody knows.
  void expect(std::uint32_t entries);

  /// Shows every entry whose position is in [from, result), where the result is chosen so that about `batch` are
  /// shown; 2^32 = the slice is done. `shows(id)` also sees entries of other positions and must look.
  template <class Shows>
  std::uint64_t scan(std::uint64_t from, std::uint32_t batch, Shows shows) const {
    if (count_ == 0) return kEnd;
    const std::uint32_t first = home(static_cast<std::uint32_t>(from));
    std::uint32_t last = first;  // inclusive
    for (std::uint32_t seen = 0; last + 1 < buckets_count_; ++last) {
      seen += buckets_[last].used();
      if (seen >= batch) break;
    }
    const std::uint64_t until = last + 1 == buckets_count_ ? kEnd : first_position(last + 1);
    std::uint32_t b = first;
    for (std::uint32_t steps = 0; steps < buckets_count_; ++steps) {
      for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
        if (buckets_[b].tags[slot] != 0) shows(buckets_[b].id(slot), until);
      }
      const bool beyond = first + steps >= last;
      if (beyond && buckets_[b].passed == 0) break;
      b = b + 1 == buckets_count_ ? 0 : b + 1;
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
      const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags));
      return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(tag))))) & 0x7fff;
    }
    std::uint32_t used() const { return kSlots - static_cast<std::uint32_t>(std::popcount(slots_with(0))); }
    EntryId id(std::uint32_t slot) const {
      std::uint16_t low;
      std::memcpy(&low, ids + slot * 3, 2);
      return low | static_cast<EntryId>(ids[slot * 3 + 2]) << 16;
    }
    void set_id(std::uint32_t slot, EntryId id) {
      const auto low = static_cast<std::uint16_t>(id);
      std::memcpy(ids + slot * 3, &low, 2);
      ids[slot * 3 + 2] = static_cast<unsigned char>(id >> 16);
    }
  };
  static_assert(sizeof(Bucket) == 64);

  std::uint32_t home(std::uint32_t position) const {
    return static_cast<std::uint32_t>((std::uint64_t{position} * buckets_count_) >> 32);
  }
  /// The smallest position whose home is the bucket.
  std::uint64_t first_position(std::uint32_t bucket) const {
    return ((std::uint64_t{bucket} << 32) + buckets_count_ - 1) / buckets_count_;
  }
  std::uint32_t capacity() const { return buckets_count_ * kSlots - buckets_count_ * kSlots / 14; }
  std::uint32_t larger() const;
  void place(SlicePosition at, EntryId id);

  template <class Where>
  void rebuild(std::uint32_t buckets, Where where) {
    SliceIndex next;
    next.expected_ = expected_;
    next.buckets_ = std::make_unique<Bucket[]>(buckets);
    next.buckets_count_ = buckets;
    for (std::uint32_t b = 0; b < buckets_count_; ++b) {
      for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
        if (buckets_[b].tags[slot] == 0) continue;
        const EntryId id = buckets_[b].id(slot);
        next.place({where(id), buckets_[b].tags[slot]}, id);
        ++next.count_;
      }
    }
    *this = std::move(next);
  }

  std::unique_ptr<Bucket[]> buckets_;
  std::uint32_t buckets_count_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t expected_ = 0;  // buckets that the table will need in the end
};

}  // namespace holdfast::container
