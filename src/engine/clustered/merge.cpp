// After a split: what a node had on its own side takes place on the other, and removals are remembered until that is done.
#include <algorithm>

#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr std::size_t kRemovalBytesMax = std::size_t{32} << 20;  // of a cache on one node, shared by its segments
constexpr Duration kMergeQuiet = std::chrono::seconds(60);       // nothing was put back for so long: the merge is over

}  // namespace

ClusteredCache::Aside ClusteredCache::reset() {
  Aside aside;
  const InstalledPtr before = installed();
  relay_.reset();
  if (before && local_->heard(false) != 0) missed_ = true;
  for (std::uint32_t i = 0; i < segments(); ++i) {
    Segment& s = *segments_[i];
    const bool primary = before && before->primary(i);
    if (primary) {
      if (auto entries = local_->entries_of_segment({}, i); entries.ok()) std::move(entries->begin(), entries->end(), std::back_inserter(aside.entries));
    }
    Locked locked(s.lock);
    if (primary) {
      auto removals = s.replica.removals();
      std::move(removals.begin(), removals.end(), std::back_inserter(aside.removals));
    }
    s.replica = ReplicaSegment();
    s.owner = s.readable = s.open = false;
    s.told_watermark = 0;
  }
  {
    Locked locked(lock_);
    installed_ = nullptr;
    ++life_;
    to_fetch_.clear();
    to_recover_.clear();
    dirty_.clear();
    fetches_.clear();
    confirmed_ = 0;
  }
  for (std::uint32_t i = 0; i < segments(); ++i) local_->drop_segment(i);
  return aside;
}

/// What was written or removed on this side of a split only stays so, and what is newer here replaces what is older there.
Status ClusteredCache::put_back(const Aside& aside) {
  for (const Removal& r : aside.removals) {
    Mutation m;
    m.key = r.key;
    m.effect = Effect::remove;
    HF_TRY(put_newer(m, r.version));
  }
  const TimeMs now = context_->runtime.clock().now_ms();
  for (const Entry& e : aside.entries) {
    if (is_expired(e.metadata, now)) continue;
    Mutation m;
    m.key = e.key;
    m.value = e.value;
    // A version says when its entry was made, and this one gets a new version: what is left of its life.
    const TimeMs lifespan = e.metadata.expiration.lifespan_ms;
    m.lifespan_ms = lifespan < 0 ? lifespan : lifespan - (now - e.metadata.created_ms);
    m.max_idle_ms = e.metadata.expiration.max_idle_ms;
    HF_TRY(put_newer(m, e.metadata.version));
  }
  return success();
}

Status ClusteredCache::put_newer(Mutation& m, Version version) {
  m.precondition = Precondition::if_newer;
  m.expected_version = version;
  m.flags = WriteFlag::skip_statistics;
  const auto done = write({}, m);
  if (done.ok()) return success();
  return Error(Errc::unavailable, "entries of a split could not be put back: " + done.error().message());
}

// ---- Which removals are remembered

/// What a segment may remember under this topology.
std::size_t ClusteredCache::removal_bytes(const CacheTopology& topology) {
  if (!topology.missing.empty()) {
    remembers_removals_ = true;
    merged_at_ = kNever;
  } else if (remembers_removals_ && merged_at_ == kNever) {
    merged_at_ = context_->now() + kMergeQuiet;  // the others are back; putting back what they had takes its time
  }
  return remembers_removals_ ? kRemovalBytesMax / segments() : 0;
}

/// Something is put back, or may be.
std::size_t ClusteredCache::merge_goes_on() {
  Locked locked(lock_);
  if (!remembers_removals_ || merged_at_ != kNever) merged_at_ = context_->now() + kMergeQuiet;
  remembers_removals_ = true;
  return kRemovalBytesMax / segments();
}

/// Control loop.
void ClusteredCache::await_merged() {
  Instant when;
  {
    Locked locked(lock_);
    when = merged_at_;
  }
  if (when == kNever || merged_timer_) return;
  merged_timer_ = context_->runtime.scheduler().at(runtime::kControlLoop, when, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->merged_timer_ = nullptr;
    self->end_merge();
    self->await_merged();
  });
}

std::size_t ClusteredCache::remembered_removals() const {
  std::size_t count = 0;
  for (const auto& s : segments_) {
    Locked locked(s->lock);
    count += s->replica.remembered_removals();
  }
  return count;
}

void ClusteredCache::end_merge() {
  {
    Locked locked(lock_);
    if (merged_at_ == kNever || context_->now() < merged_at_) return;
    remembers_removals_ = false;
    merged_at_ = kNever;
  }
  std::size_t forgotten = 0;
  for (const auto& s : segments_) {
    Locked locked(s->lock);
    forgotten += s->replica.forgotten_removals();
    s->replica.remember_removals(0);
  }
  if (forgotten == 0) return;
  context_->runtime.log().warn("cluster", "cache '" + name() + "': " + std::to_string(forgotten) + " removals were more than could be remembered while a part of the cluster was missing; "
                                              "entries that it still had may be back");
}

}  // namespace holdfast::engine::clustered
