// EvictionPolicy: which entry of a shard goes when there are too many. Window TinyLFU: new entries pass a window in
// order of use; whoever leaves it must be more popular than the one that the main part would give up. With a window of
// the whole shard that is LRU, which is how LRU is done here.
//
// An entry that was moved to the front a short while ago (a sixteenth of a turnover) is not moved again when it is
// used, so most hits write nothing; a small shard keeps exact order.
//
// Owner: one Shard.  Threads: under the shard's lock.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "container/entry_layout.h"
#include "container/frequency_sketch.h"
#include "container/slab.h"

namespace holdfast::container {

class EvictionPolicy {
 public:
  explicit EvictionPolicy(Slab& slab) : slab_(slab) {}

  /// Starts from nothing. `lru` needs no frequencies; `by_bytes` shares the bound by bytes, not by entries.
  void start(bool lru, bool by_bytes);
  /// Forgets all; nothing is kept in order any more.
  void stop();
  bool active() const { return active_; }
  bool by_bytes() const { return by_bytes_; }
  /// The shard will hold about this many entries.
  void expect(std::uint64_t entries);
  /// The window's share of the shard; 1 = LRU.
  void set_window_share(double share) { window_share_ = share; }

  void added(EntryId id, std::uint64_t hash);
  void used(EntryId id, std::uint64_t hash) {
    if (!active_) return;
    const EntryLinks links(slab_.at(id));
    if (links.stamp() == stamp_ && links.queue() != kProbation) return;
    refresh(id, hash);
  }
  void removed(EntryId id);
  /// The entry lies elsewhere now; its links have been copied.
  void moved(EntryId from, EntryId to);
  /// Who should go; never `keep`. kNoEntry: nobody else is here.
  EntryId victim(EntryId keep);

  std::uint64_t bytes() const { return sketch_.bytes(); }

 private:
  enum Queue : std::uint8_t { kWindow, kProbation, kProtected };
  static constexpr int kQueues = 3;
  static constexpr double kProtectedShare = 0.8;  // of the main part
  static constexpr std::uint64_t kStampsPerTurnover = 16;
  static constexpr int kMovesPerStep = 8;  // so that a window that shrinks does so a little with every insert

  struct List {
    EntryId newest = kNoEntry;
    EntryId oldest = kNoEntry;
    std::uint64_t count = 0;
    std::uint64_t weight = 0;
  };

  EntryLinks links(EntryId id) const { return EntryLinks(slab_.at(id)); }
  std::uint64_t weight(EntryId id) const { return by_bytes_ ? slab_.slot_bytes(id) : 1; }
  std::uint64_t total_weight() const { return lists_[kWindow].weight + lists_[kProbation].weight + lists_[kProtected].weight; }
  std::uint64_t window_target() const;
  std::uint64_t hash_of(EntryId id) const;
  void push(Queue queue, EntryId id);
  void unlink(EntryId id);
  void move(EntryId id, Queue queue) {
    unlink(id);
    push(queue, id);
  }
  void refresh(EntryId id, std::uint64_t hash);
  void shrink_protected();
  EntryId overflow_window();
  EntryId contest(EntryId candidate, EntryId victim);
  EntryId oldest_but(EntryId keep) const;

  Slab& slab_;
  FrequencySketch sketch_;
  List lists_[kQueues];
  double window_share_ = 0.01;
  std::uint64_t moves_ = 0;    // since the stamp changed
  std::uint64_t random_ = 1;
  std::uint64_t entries_ = 0;
  std::uint8_t stamp_ = 0;
  bool active_ = false;
  bool lru_ = false;
  bool by_bytes_ = false;
};

}  // namespace holdfast::container
