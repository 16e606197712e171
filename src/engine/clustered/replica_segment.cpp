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
  if (id.counter == 0) return;
  const bool fresh = results_[id.originator].insert_or_assign(id.counter, outcome).second;
  if (!fresh || !id.by_client()) return;
  client_results_.emplace_back(last_, id);
  forget_old_clients();
}

/// Versions tell the time.
void ReplicaSegment::forget_old_clients() {
  const auto too_old = [&](Version kept) { return created_ms(kept) + kClientResultsMs < created_ms(last_); };
  while (!client_results_.empty() && (client_results_.size() > kClientResultsMax || too_old(client_results_.front().first))) {
    const InvocationId& id = client_results_.front().second;
    if (const auto of = results_.find(id.originator); of != results_.end()) {
      of->second.erase(id.counter);
      if (of->second.empty()) results_.erase(of);
    }
    // The mark may belong to a client that is still at work: then its next write tells it again.
    if (!results_.contains(id.originator)) done_marks_.erase(id.originator);
    client_results_.pop_front();
  }
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
  remember_removals(removal_bytes_);
}

void ReplicaSegment::remember_removals(std::size_t bytes) {
  removal_bytes_ = bytes;
  if (fetching_) return;
  const std::size_t forgotten = tombstones_.trim(bytes);
  forgotten_removals_ = bytes == 0 ? 0 : forgotten_removals_ + forgotten;
}

void ReplicaSegment::note(const PendingWrite& write) {
  if (!write.removes) {
    if (!fetching_ && !tombstones_.empty()) tombstones_.forget(write.key);
    return;
  }
  // What is over is over on both sides of a split.
  if (!fetching_ && (removal_bytes_ == 0 || write.expires || planted(Defect::removals_forgotten))) return;
  tombstones_.add(write.key, write.version);
  remember_removals(removal_bytes_);
}

void ReplicaSegment::note_removals(const std::vector<Removal>& removals) {
  for (const Removal& r : removals) tombstones_.add(r.key, r.version);
  remember_removals(removal_bytes_);
}

}  // namespace holdfast::engine::clustered
