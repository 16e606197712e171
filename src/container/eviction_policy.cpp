#include "container/eviction_policy.h"

#include <algorithm>

#include "base/hash.h"

namespace holdfast::container {

void EvictionPolicy::start(bool lru, bool by_bytes) {
  stop();
  active_ = true;
  lru_ = lru;
  by_bytes_ = by_bytes;
  if (lru) window_share_ = 1;
}

void EvictionPolicy::stop() {
  active_ = false;
  for (List& list : lists_) list = List();
  sketch_ = FrequencySketch();
  entries_ = 0;
}

void EvictionPolicy::expect(std::uint64_t entries) {
  if (!lru_) sketch_.resize(entries);
}

std::uint64_t EvictionPolicy::window_target() const {
  const std::uint64_t total = total_weight();
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(static_cast<double>(total) * window_share_), 1, total + 1);
}

std::uint64_t EvictionPolicy::hash_of(EntryId id) const { return hash_key(EntryLayout::key(slab_.at(id))).local(); }

void EvictionPolicy::push(Queue queue, EntryId id) {
  List& list = lists_[queue];
  EntryLinks mine = links(id);
  mine.set_queue(queue);
  mine.set_previous(kNoEntry);
  mine.set_next(list.newest);
  mine.set_stamp(stamp_);
  if (list.newest != kNoEntry) {
    links(list.newest).set_previous(id);
  } else {
    list.oldest = id;
  }
  list.newest = id;
  ++list.count;
  list.weight += weight(id);
  if (++moves_ >= entries_ / kStampsPerTurnover) {
    moves_ = 0;
    ++stamp_;
  }
}

void EvictionPolicy::unlink(EntryId id) {
  const EntryLinks mine = links(id);
  List& list = lists_[mine.queue()];
  if (mine.previous() != kNoEntry) {
    links(mine.previous()).set_next(mine.next());
  } else {
    list.newest = mine.next();
  }
  if (mine.next() != kNoEntry) {
    links(mine.next()).set_previous(mine.previous());
  } else {
    list.oldest = mine.previous();
  }
  --list.count;
  list.weight -= weight(id);
}

void EvictionPolicy::added(EntryId id, std::uint64_t hash) {
  if (!active_) return;
  ++entries_;
  if (!lru_) {
    if (entries_ > sketch_.entries()) sketch_.resize(std::max<std::uint64_t>(64, entries_ * 2));
    sketch_.note(hash);
  }
  push(kWindow, id);
}

void EvictionPolicy::refresh(EntryId id, std::uint64_t hash) {
  if (!lru_) sketch_.note(hash);
  const auto queue = static_cast<Queue>(links(id).queue());
  if (queue == kWindow || window_share_ >= 1) return move(id, kWindow);
  move(id, kProtected);
  if (queue == kProbation) shrink_protected();
}

void EvictionPolicy::shrink_protected() {
  const std::uint64_t main = lists_[kProbation].weight + lists_[kProtected].weight;
  const auto most = static_cast<std::uint64_t>(static_cast<double>(main) * kProtectedShare);
  for (int i = 0; i < kMovesPerStep && lists_[kProtected].weight > most && lists_[kProtected].count > 1; ++i) {
    move(lists_[kProtected].oldest, kProbation);
  }
}

void EvictionPolicy::removed(EntryId id) {
  if (!active_) return;
  --entries_;
  unlink(id);
}

void EvictionPolicy::moved(EntryId from, EntryId to) {
  if (!active_) return;
  EntryLinks mine = links(to);
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

/// Whoever is too much for the window goes over to the main part; the last one to do so is returned.
EntryId EvictionPolicy::overflow_window() {
  EntryId last = kNoEntry;
  const std::uint64_t target = window_target();
  for (int i = 0; i < kMovesPerStep && lists_[kWindow].weight > target && lists_[kWindow].count > 1; ++i) {
    last = lists_[kWindow].oldest;
    move(last, kProbation);
  }
  return last;
}

EntryId EvictionPolicy::victim(EntryId keep) {
  const EntryId candidate = window_share_ < 1 ? overflow_window() : kNoEntry;
  const List& window = lists_[kWindow];
  EntryId chosen = lists_[kProbation].oldest;
  if (chosen == kNoEntry) chosen = lists_[kProtected].oldest;
  if (chosen == kNoEntry) chosen = window.oldest;
  if (candidate != kNoEntry && chosen != candidate) chosen = contest(candidate, chosen);
  return chosen == keep ? oldest_but(keep) : chosen;
}

EntryId EvictionPolicy::contest(EntryId candidate, EntryId victim) {
  constexpr std::uint32_t kPopular = 6;  // a popular one that loses all the same gets in now and then, against attacks
  const std::uint32_t mine = sketch_.frequency(hash_of(candidate));
  const std::uint32_t other = sketch_.frequency(hash_of(victim));
  if (mine > other) return victim;
  random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return mine >= kPopular && (random_ >> 57) == 0 ? victim : candidate;
}

EntryId EvictionPolicy::oldest_but(EntryId keep) const {
  for (const Queue queue : {kProbation, kWindow, kProtected}) {
    const EntryId oldest = lists_[queue].oldest;
    if (oldest == kNoEntry) continue;
    if (oldest != keep) return oldest;
    if (const EntryId before = links(keep).previous(); before != kNoEntry) return before;
  }
  return kNoEntry;
}

}  // namespace holdfast::container
