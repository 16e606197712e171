// How a new primary settles what the old one left.
#include <algorithm>

#include "base/planted.h"
#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr Duration kCallTime = std::chrono::seconds(10);

}  // namespace

/// A write that the former primary may not have told listeners of.
struct ClusteredCache::Retold {
  KeyOrder::Guard order;  // of the first of the key's; the others follow it
  PendingWrite write;
  std::optional<Entry> previous;
};

/// Holds the keys, so that nothing newer of them is told first. What is committed here already was told before its
/// watermark came.
std::vector<ClusteredCache::Retold> ClusteredCache::prepare_to_retell(const std::map<Version, PendingWrite>& found) {
  std::vector<Retold> all;
  std::set<Bytes> held;
  if (planted(Defect::not_told_again)) return all;
  for (const auto& [version, write] : found) {
    if (write.silent || (local_->heard(false) == 0 && !relay_.wanted_at_all())) continue;
    Retold r;
    r.write = write;
    local_->peek(write.key, [&](const EntryView& e) { r.previous.emplace(e); });
    if (r.previous && r.previous->metadata.version >= version) continue;
    if (held.insert(write.key).second) {
      if (auto order = local_->hold(write.key); order.ok()) r.order = std::move(*order);
    }
    all.push_back(std::move(r));
  }
  return all;
}

/// Tells again, then lets backups know that the writes are committed.
void ClusteredCache::retell(std::uint32_t segment, std::vector<Retold> writes) {
  const auto shared = std::make_shared<std::vector<Retold>>(std::move(writes));
  context_->runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), segment, shared] {
    for (const Retold& r : *shared) {
      const PendingWrite& w = r.write;
      Event event;
      event.kind = !w.removes ? w.outcome.had_previous ? EventKind::modified : EventKind::created : w.expires ? EventKind::expired : EventKind::removed;
      event.retried = true;
      event.key = w.key;
      event.previous = r.previous ? &*r.previous : nullptr;
      event.value = !w.removes ? BytesView(w.value) : r.previous ? BytesView(r.previous->value) : BytesView();
      event.metadata = {w.version, w.created_ms, w.created_ms, w.expiration};
      self->local_->publish_everywhere(event);
      self->end_write(segment, w.version);
    }
  });
}

/// Settles what the former primary left. True when there is nothing more to do for the segment.
bool ClusteredCache::recover_segment(std::uint32_t segment) {
  Segment& s = *segments_[segment];
  const InstalledPtr topo = installed();
  if (!topo) return true;
  {
    Locked locked(s.lock);
    if (!topo->primary(segment) || s.open || !s.owner) return true;
    if (!s.readable) return false;  // it is on its way
  }
  if (!wait_drained(s, topo->id())) return false;
  std::map<Version, PendingWrite> found;
  Version last = 0;
  if (!planted(Defect::nothing_recovered) && !collect(*topo, segment, found, last)) return false;
  for (const auto& [version, write] : found) {
    if (!send_to_backups(*topo, segment, {write}, 0).ok()) return false;
  }
  if (!settle(segment, *topo, found, last)) return false;
  if (!found.empty()) mark_dirty(segment);  // those who have it pending hear that it is committed
  return true;
}

/// The former primary's writes, which every owner has now, are committed; from here on this node is asked.
bool ClusteredCache::settle(std::uint32_t segment, const Installed& topo, const std::map<Version, PendingWrite>& found, Version last) {
  Segment& s = *segments_[segment];
  std::vector<Retold> retold = prepare_to_retell(found);
  Locked locked(s.lock);
  const InstalledPtr now = installed();
  if (!now || now->id() != topo.id()) return false;
  for (const Retold& r : retold) s.replica.begin(r.write.version, topo.id());
  std::vector<PendingWrite> settled = s.replica.commit_up_to(~Version{0});
  for (const auto& [version, write] : found) {
    s.replica.keep(write.invocation, write.outcome);
    settled.push_back(write);
  }
  std::stable_sort(settled.begin(), settled.end(), [](const PendingWrite& a, const PendingWrite& b) { return a.version < b.version; });
  apply(s, settled);
  s.replica.see(last);
  s.told_watermark = 0;
  s.open = true;
  if (!retold.empty()) retell(segment, std::move(retold));
  return true;
}

bool ClusteredCache::collect(const Installed& topo, std::uint32_t segment, std::map<Version, PendingWrite>& found, Version& last) {
  ReplicaHeader header;
  header.cache = name();
  header.epoch = topo.id();
  header.segment = segment;
  Bytes body;
  append_header(body, header);
  std::vector<std::unique_ptr<cluster::PendingCall>> calls;
  for (const Address& owner : topo.other_owners(segment, context_->node.self())) calls.push_back(context_->node.begin_call(owner, method::kCollect, body));
  {
    Segment& s = *segments_[segment];
    Locked locked(s.lock);
    last = s.replica.last();
    for (PendingWrite& w : s.replica.pending()) found.emplace(w.version, std::move(w));
  }
  for (const auto& call : calls) {
    const auto answer = call->wait(context_->now() + kCallTime);
    auto collected = answer.ok() ? read_collected(*answer) : std::nullopt;
    if (!collected) return false;
    last = std::max(last, collected->last);
    for (PendingWrite& w : collected->pending) found.emplace(w.version, std::move(w));
  }
  return true;
}

}  // namespace holdfast::engine::clustered
