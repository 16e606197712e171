#include "engine/clustered/replica_segment.h"

#include <algorithm>

#include "base/planted.h"
namespace holdfast::engine::clustered {

std::vector<PendingWrite> ReplicaSegment::add(PendingWrite write) {
  std::vector<PendingWrite> committed;
  see(write.version);
  keep(write.invocation, write.outcome);
  const auto at = by_key_.find(write.key);
  if (at != by_key_.end()) {
    if (at->second >= write.version) return committed;  // sent again
    const auto older = pending_.find(at->second);
    committed.push_back(std::move(older->second));
    pending_.erase(older);
    by_key_.erase(at);
  }
  by_key_.emplace(write.key, write.version);
  const Version version = write.version;
  pending_.emplace(version, std::move(write));
  return committed;
}

std::vector<PendingWrite> ReplicaSegment::commit_up_to(Version watermark) {
  std::vector<PendingWrite> committed;
  while (!pending_.empty() && pending_.begin()->first <= watermark) {
    committed.push_back(std::move(pending_.begin()->second));
    pending_.erase(pending_.begin());
    by_key_.erase(committed.back().key);
  }
  return committed;
}

std::vector<PendingWrite> ReplicaSegment::pending() const {
  std::vector<PendingWrite> all;
  for (const auto& [version, write] : pending_) all.push_back(write);
  return all;
}

std::vector<ReplicaSegment::PendingKey> ReplicaSegment::pending_keys() const {
  std::vector<PendingKey> all;
  for (const auto& [key, version] : by_key_) all.push_back({key, pending_.at(version).removes});
  return all;
}

Version ReplicaSegment::next(Version present, TimeMs now) {
  last_ = next_version(std::max(last_, present), now);
  if (planted(Defect::no_order)) return last_ ^ Version{15} << kVersionCounterBits;
  return last_;
}

bool ReplicaSegment::in_flight_before(std::uint32_t epoch) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& write) { return write.second < epoch; });
}

void ReplicaSegment::keep(const InvocationId& id, const Outcome& outcome) {
  if (id.counter != 0) results_[id.originator].insert_or_assign(id.counter, outcome);
}

const Outcome* ReplicaSegment::result(const InvocationId& id) const {
  const auto of = results_.find(id.originator);
  if (of == results_.end()) return nullptr;
  const auto at = of->second.find(id.counter);
  return at == of->second.end() ? nullptr : &at->second;
}

std::vector<std::pair<InvocationId, Outcome>> ReplicaSegment::results() const {
  std::vector<std::pair<InvocationId, Outcome>> all;
  for (const auto& [originator, outcomes] : results_) {
    for (const auto& [counter, outcome] : outcomes) all.emplace_back(InvocationId{originator, counter}, outcome);
  }
  return all;
}

void ReplicaSegment::forget_below(const Address& originator, std::uint64_t done_mark) {
  if (done_mark == 0) return;
  std::uint64_t& mark = done_marks_[originator];
  mark = std::max(mark, done_mark);
  const auto of = results_.find(originator);
  if (of == results_.end()) return;
  of->second.erase(of->second.begin(), of->second.lower_bound(done_mark));
  if (of->second.empty()) results_.erase(of);
}

bool ReplicaSegment::is_done(const InvocationId& id) const {
  const auto at = done_marks_.find(id.originator);
  return at != done_marks_.end() && id.counter < at->second;
}

void ReplicaSegment::end_fetch() {
  fetching_ = false;
  tombstones_.clear();
}

void ReplicaSegment::note_remove(BytesView key, Version version) {
  if (fetching_) tombstones_.insert_or_assign(Bytes(key), version);
}

bool ReplicaSegment::removed_since(BytesView key, Version version) const {
  const auto at = tombstones_.find(key);
  return at != tombstones_.end() && at->second > version;
}

}  // namespace holdfast::engine::clustered
