// EvictionPolicy: which entry goes when there are too many. Window TinyLFU: new entries pass a window in order of use;
// whoever leaves it must be more popular than the one that the main part would give up. With a window of everything
// that is LRU, which is how LRU is done here.
//
// An entry that was moved to the front a short while ago is not moved again when it is used, so most hits write nothing: a
// while is over when a sixteenth of the entries has arrived, or as many as there are were moved; arrivals are what makes the
// order matter. A small cache keeps a more exact order: there hits count like arrivals.
//
// Store says where entries lie: at(id) gives the bytes that begin with EntryLinks, slot_bytes(id) their weight,
// hash_of(id) the key's hash. Shards use it on their entries, the WindowTuner on shadows of entries.
//
// Owner: a Shard or a shadow.  Threads: under its owner's lock; active() and in_front(EntryLinks) any.  Waits: never.  Fails with: nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include "container/entry_layout.h"
#include "container/frequency_sketch.h"

namespace holdfast::container {

template <class Store>
class EvictionPolicy {
 public:
  explicit EvictionPolicy(const Store& store) : store_(store) {}

  /// Starts from nothing. `by_bytes` shares the bound by bytes, not by entries.
  void start(bool by_bytes) {
    stop();
    active_.store(true, std::memory_order_relaxed);
    by_bytes_ = by_bytes;
  }
  /// Forgets all; nothing is kept in order any more.
  void stop() {
    active_.store(false, std::memory_order_relaxed);
    for (List& list : lists_) list = List();
    candidate_ = kNoEntry;
  }
  bool active() const { return active_.load(std::memory_order_relaxed); }
  bool by_bytes() const { return by_bytes_; }

  /// `share` is the window's share of everything; 1 = LRU.
  void added(EntryId id, double share) {
    push(kWindow, id);
    advance(kHitsPerArrival - 1);
    if (share < 1) overflow_window(share);
  }
  /// It was moved to the front a short while ago.
  bool in_front(EntryId id) const { return in_front(links(id)); }
  bool in_front(const EntryLinks& links) const {
    return links.stamp() == stamp_.load(std::memory_order_relaxed) && links.queue() != kProbation;
  }
  /// Fetches what used() will touch.
  void prefetch(EntryId id) const {
    const EntryLinks mine = links(id);
    if (mine.previous() != kNoEntry) __builtin_prefetch(store_.at(mine.previous()), 1);
    if (mine.next() != kNoEntry) __builtin_prefetch(store_.at(mine.next()), 1);
  }
  /// False: it is in front already, and nothing was done.
  bool used(EntryId id, double share) {
    if (in_front(id)) return false;
    const EntryLinks mine = links(id);
    const auto queue = static_cast<Queue>(mine.queue());
    const bool to_window = queue == kWindow || share >= 1;
    move(id, to_window ? kWindow : kProtected);
    if (!to_window && queue == kProbation) shrink_protected();
    return true;
  }
  void removed(EntryId id) {
    if (id == candidate_) candidate_ = kNoEntry;
    unlink(id);
  }
  /// The entry lies elsewhere now; its links have been copied.
  void moved(EntryId from, EntryId to);
  /// Who should go; never `keep`. kNoEntry: nobody else is here.
  EntryId victim(EntryId keep, double share, const FrequencySketch& sketch);

 private:
  enum Queue : std::uint8_t { kWindow, kProbation, kProtected };
  static constexpr double kProtectedShare = 0.8;  // of the main part
  static constexpr std::uint64_t kStampsPerTurnover = 16;
  static constexpr std::uint64_t kHitsPerArrival = 16;  // for the stamps
  static constexpr std::uint64_t kSmall = 256;
  static constexpr int kMovesPerStep = 8;  // so that a window that shrinks does so a little with every insert

  struct List {
    EntryId newest = kNoEntry;
    EntryId oldest = kNoEntry;
    std::uint64_t count = 0;
    std::uint64_t weight = 0;
  };

  EntryLinks links(EntryId id) const { return EntryLinks(store_.at(id)); }
  std::uint64_t weight(EntryId id) const { return by_bytes_ ? store_.slot_bytes(id) : 1; }
  std::uint64_t total(std::uint64_t List::* what) const {
    return lists_[kWindow].*what + lists_[kProbation].*what + lists_[kProtected].*what;
  }
  void push(Queue queue, EntryId id);
  void advance(std::uint64_t moves);
  void unlink(EntryId id);
  void move(EntryId id, Queue queue) {
    unlink(id);
    push(queue, id);
  }
  void shrink_protected();
  void overflow_window(double share);
  EntryId contest(EntryId candidate, EntryId victim, const FrequencySketch& sketch);
  EntryId oldest_but(EntryId keep) const;

  const Store& store_;
  List lists_[3];
  EntryId candidate_ = kNoEntry;  // left the window last
  std::uint64_t moves_ = 0;       // since the stamp changed
  std::uint64_t random_ = 1;
  std::atomic<std::uint8_t> stamp_{0};
  std::atomic<bool> active_{false};
  bool by_bytes_ = false;
};

template <class Store>
void EvictionPolicy<Store>::push(Queue queue, EntryId id) {
  List& list = lists_[queue];
  EntryLinks mine = links(id);
  mine.set_queue(queue);
  mine.set_previous(kNoEntry);
  mine.set_next(list.newest);
  mine.set_stamp(stamp_.load(std::memory_order_relaxed));
  if (list.newest != kNoEntry) {
    links(list.newest).set_previous(id);
  } else {
    list.oldest = id;
  }
  list.newest = id;
  ++list.count;
  list.weight += weight(id);
  advance(1);
}

template <class Store>
void EvictionPolicy<Store>::advance(std::uint64_t moves) {
  const std::uint64_t count = total(&List::count);
  moves_ += moves;
  if (moves_ >= count / kStampsPerTurnover * (count < kSmall ? 1 : kHitsPerArrival)) {
    moves_ = 0;
    stamp_.store(static_cast<std::uint8_t>(stamp_.load(std::memory_order_relaxed) + 1), std::memory_order_relaxed);
  }
}

template <class Store>
void EvictionPolicy<Store>::unlink(EntryId id) {
  const EntryLinks mine = links(id);
  List& list = lists_[mine.queue()];
  const EntryId previous = mine.previous();
  const EntryId next = mine.next();
  if (previous != kNoEntry) {
    links(previous).set_next(next);
  } else {
    list.newest = next;
  }
  if (next != kNoEntry) {
    links(next).set_previous(previous);
  } else {
    list.oldest = previous;
  }
  --list.count;
  list.weight -= weight(id);
}

template <class Store>
void EvictionPolicy<Store>::moved(EntryId from, EntryId to) {
  if (from == candidate_) candidate_ = to;
  const EntryLinks mine = links(to);
  List& list = lists_[mine.queue()];
  if (mine.previous() != kNoEntry) {
    links(mine.previous()).set_next(to);
  } else {
    list.newest = to;
  }
  if (mine.next() != kNoEntry) {
    links(mine.next()).set_previous(to);
  } else {
    list.oldest = to;
  }
  list.weight += weight(to) - weight(from);
}

template <class Store>
void EvictionPolicy<Store>::shrink_protected() {
  const std::uint64_t main = lists_[kProbation].weight + lists_[kProtected].weight;
  const auto most = static_cast<std::uint64_t>(static_cast<double>(main) * kProtectedShare);
  for (int i = 0; i < kMovesPerStep && lists_[kProtected].weight > most && lists_[kProtected].count > 1; ++i) {
    move(lists_[kProtected].oldest, kProbation);
  }
}

/// Whoever is too much for the window goes over to the main part; the last one to do so must prove itself.
template <class Store>
void EvictionPolicy<Store>::overflow_window(double share) {
  const List& window = lists_[kWindow];
  const auto target = static_cast<std::uint64_t>(static_cast<double>(total(&List::weight)) * share);
  for (int i = 0; i < kMovesPerStep && window.weight > target && window.count > 1; ++i) {
    candidate_ = window.oldest;
    move(candidate_, kProbation);
  }
}

template <class Store>
EntryId EvictionPolicy<Store>::victim(EntryId keep, double share, const FrequencySketch& sketch) {
  if (share < 1) overflow_window(share);
  const EntryId candidate = std::exchange(candidate_, kNoEntry);
  EntryId chosen = lists_[kProbation].oldest;
  if (chosen == kNoEntry) chosen = lists_[kProtected].oldest;
  if (chosen == kNoEntry) chosen = lists_[kWindow].oldest;
  if (candidate != kNoEntry && chosen != candidate) chosen = contest(candidate, chosen, sketch);
  return chosen == keep ? oldest_but(keep) : chosen;
}

/// The candidate's arrival has been counted just now, while the victim's next use may be about to come: in a loop that
/// is larger than the cache everybody arrives one use ahead of those inside. So it takes two more to win.
template <class Store>
EntryId EvictionPolicy<Store>::contest(EntryId candidate, EntryId victim, const FrequencySketch& sketch) {
  constexpr std::uint32_t kPopular = 6;  // a popular one that loses all the same gets in now and then, against attacks
  const std::uint32_t mine = sketch.frequency(store_.hash_of(candidate));
  const std::uint32_t other = sketch.frequency(store_.hash_of(victim));
  if (mine > other + 1) return victim;
  random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return mine >= kPopular && (random_ >> 57) == 0 ? victim : candidate;
}

template <class Store>
EntryId EvictionPolicy<Store>::oldest_but(EntryId keep) const {
  for (const Queue queue : {kProbation, kWindow, kProtected}) {
    const EntryId oldest = lists_[queue].oldest;
    if (oldest == kNoEntry) continue;
    if (oldest != keep) return oldest;
    if (const EntryId before = links(keep).previous(); before != kNoEntry) return before;
  }
  return kNoEntry;
}

}  // namespace holdfast::container
