#include "container/window_tuner.h"

#include <algorithm>
#include <bit>

namespace holdfast::container {

ShadowCache::ShadowCache(std::uint32_t capacity, double share) : share_(share), policy_(nodes_) {
  nodes_.all.resize(capacity);
  index_.assign(std::bit_ceil(std::size_t{capacity} * 2), kFree);
  policy_.start(false);
}

std::size_t ShadowCache::find(std::uint64_t hash) const {
  std::size_t at = hash & (index_.size() - 1);
  while (index_[at] != kFree && nodes_.all[index_[at]].hash != hash) at = (at + 1) & (index_.size() - 1);
  return at;
}

/// Those behind move up, so that no gap cuts a search short.
void ShadowCache::erase(std::size_t at) {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t next = (at + 1) & mask; index_[next] != kFree; next = (next + 1) & mask) {
    const std::size_t home = nodes_.all[index_[next]].hash & mask;
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    index_[at] = index_[next];
    at = next;
  }
  index_[at] = kFree;
}

bool ShadowCache::use(std::uint64_t hash, const FrequencySketch& sketch) {
  if (const std::size_t at = find(hash); index_[at] != kFree) {
    policy_.used(index_[at], share_);
    return true;
  }
  EntryId id = used_;
  if (used_ < nodes_.all.size()) {
    ++used_;
  } else {
    // The newcomer is not in a list yet, so the window is asked to make room for one more beforehand.
    id = policy_.victim(kNoEntry, share_, sketch);
    erase(find(nodes_.all[id].hash));
    policy_.removed(id);
  }
  nodes_.all[id].hash = hash;
  index_[find(hash)] = static_cast<std::uint16_t>(id);
  policy_.added(id, share_);
  return false;
}

void WindowTuner::start(std::uint64_t capacity) {
  Locked locked(lock_);
  const std::uint64_t one_in = std::bit_ceil((std::max<std::uint64_t>(capacity, 1) + kNodesMost - 1) / kNodesMost);
  const auto nodes = static_cast<std::uint32_t>(std::max<std::uint64_t>(capacity / one_in, 1));
  sketch_.resize(nodes);
  shadows_.clear();
  for (const double share : kShares) shadows_.push_back(std::make_unique<ShadowCache>(nodes, share));
  hits_ = {};
  current_ = 0;
  uses_ = 0;
  round_ = std::max<std::uint64_t>(nodes, 64);
  share_ = kFirstShare;
  mask_ = one_in - 1;
}

void WindowTuner::stop() {
  Locked locked(lock_);
  mask_ = kNobody;
  shadows_.clear();
}

void WindowTuner::simulate(std::uint64_t hash) {
  if (!lock_.try_lock()) return;
  if (!shadows_.empty()) {
    sketch_.note(hash);
    for (std::size_t i = 0; i < shadows_.size(); ++i) hits_[i] += shadows_[i]->use(hash, sketch_) ? 1 : 0;
    if (++uses_ >= round_) choose();
  }
  lock_.unlock();
}

void WindowTuner::choose() {
  constexpr double kFading = 0.95;   // what a round's hits weigh in the next one
  constexpr double kMargin = 0.02;  // of the uses: a smaller advantage is no reason to change
  const std::size_t best = static_cast<std::size_t>(std::max_element(hits_.begin(), hits_.end()) - hits_.begin());
  const double uses = static_cast<double>(round_) / (1 - kFading);
  if (hits_[best] > hits_[current_] + kMargin * uses) {
    current_ = best;
    share_.store(kShares[best], std::memory_order_relaxed);
  }
  for (double& hits : hits_) hits *= kFading;
  uses_ = 0;
}

}  // namespace holdfast::container
