// HitNotes: hits that the eviction policy has not heard of yet. Readers without the shard's lock leave notes; whoever has the
// lock next tells the policy. Notes may get lost when readers collide or nobody comes: the policy works on what it hears.
//
// Owner: one Shard.  Threads: add() any; the rest under the shard's lock.  Waits: never.  Fails with: nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "container/slab.h"

namespace holdfast::container {

class HitNotes {
 public:
  /// The entry was used when the shard's version was `version`. True: it is time to take the notes.
  bool add(EntryId id, std::uint64_t version, std::uint64_t hash) {
    const std::uint32_t at = count_.load(std::memory_order_relaxed);
    if (at >= kNotes) return true;
    notes_[at].what.store(version << kIdBits | id, std::memory_order_relaxed);
    notes_[at].hash.store(hash, std::memory_order_relaxed);
    count_.store(at + 1, std::memory_order_relaxed);
    return at + 1 == kNotes;
  }
  std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }
  /// The entry of note `i`; kNoEntry when something has changed since, so that the entry may be gone.
  EntryId entry(std::uint32_t i, std::uint64_t version) const {
    const std::uint64_t what = notes_[i].what.load(std::memory_order_relaxed);
    return what >> kIdBits == version << kIdBits >> kIdBits ? static_cast<EntryId>(what & kNoEntry) : kNoEntry;
  }
  std::uint64_t hash(std::uint32_t i) const { return notes_[i].hash.load(std::memory_order_relaxed); }
  void clear() { count_.store(0, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kNotes = 16;
  static constexpr int kIdBits = 24;
  struct Note {
    std::atomic<std::uint64_t> what{0};  // the version's low bits and the id
    std::atomic<std::uint64_t> hash{0};
  };

  std::array<Note, kNotes> notes_;
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace holdfast::container
