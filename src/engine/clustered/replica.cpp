// The other sides of replication: what an owner does for a primary, and what a new topology asks of a node.
#include <algorithm>

#include "base/planted.h"
#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr Duration kInstallWait = std::chrono::seconds(5);  // for a topology that another node has already
constexpr Duration kPoll = std::chrono::milliseconds(1);
constexpr Duration kAgain = std::chrono::milliseconds(5);   // after a peer did not answer as hoped
constexpr std::uint32_t kWorkersMax = 4;                    // segments fetched or recovered at a time

EntryView entry_of(const PendingWrite& w) { return {w.key, w.value, {w.version, w.created_ms, w.created_ms, w.expiration}}; }

}  // namespace

// ---- As a backup

void ClusteredCache::apply(Segment& s, const std::vector<PendingWrite>& committed) {
  for (const PendingWrite& w : committed) {
    s.replica.note(w);
    local_->apply_replica(entry_of(w), w.removes);
  }
}

Result<Bytes> ClusteredCache::on_backup(const Address& from, const ReplicaHeader& header, std::vector<PendingWrite> writes) {
  if (header.segment >= segments() || !wait_installed(header.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  Segment& s = *segments_[header.segment];
  Locked locked(s.lock);
  const InstalledPtr topo = installed();
  if (!topo) return Error(Errc::stale_topology);
  // C6: whoever is not the primary of the topology that is installed here gets no acknowledgement.
  const bool asked_by_primary = topo->id() == header.epoch && topo->primary_of(header.segment) == from;
  if (!s.owner || (!asked_by_primary && !planted(Defect::old_epoch_acknowledged))) return Error(Errc::stale_topology);
  s.replica.forget_below(header.originator, header.done_mark);
  if (planted(Defect::visible_before_commit)) apply(s, writes);
  for (PendingWrite& write : writes) apply(s, s.replica.add(std::move(write)));
  apply(s, s.replica.commit_up_to(header.watermark));
  return Bytes();
}

void ClusteredCache::on_watermarks(const Watermarks& marks) {
  for (const auto& [segment, version] : marks.of_segments) {
    if (segment >= segments()) continue;
    Segment& s = *segments_[segment];
    Locked locked(s.lock);
    apply(s, s.replica.commit_up_to(version));
  }
}

// ---- As an owner that others ask

Result<Bytes> ClusteredCache::on_write(const WriteRequest& request) {
  if (!wait_installed(request.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  HF_ASSIGN(const Outcome outcome, write_as_primary({}, request.mutation, request.invocation, request.done_mark));
  Bytes out;
  append_outcome(out, outcome);
  return out;
}

Result<Bytes> ClusteredCache::on_read(const ReadRequest& request) {
  if (!wait_installed(request.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  Bytes out;
  const InstalledPtr topo = installed();
  if (!topo || (request.any_owner && !topo->reads(segment(request.key)))) return Error(Errc::stale_topology);
  HF_ASSIGN(const bool found, read_here(*topo, segment(request.key), request.key, !request.any_owner, [&](const EntryView& e) { append_entry(out, e); }));
  if (!found) out.clear();
  return out;
}

/// Writes of older epochs on their way here have come to their end: committed, or refused.
bool ClusteredCache::wait_drained(Segment& s, std::uint32_t epoch) {
  const Instant end = context_->now() + kInstallWait;
  for (;;) {
    {
      Locked locked(s.lock);
      if (!s.replica.in_flight_before(epoch)) return true;
    }
    if (context_->now() >= end || stopped_) return false;
    context_->runtime.scheduler().sleep_until(context_->now() + kPoll);
  }
}

Result<Bytes> ClusteredCache::on_collect(const ReplicaHeader& header) {
  if (header.segment >= segments() || !wait_installed(header.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  Segment& s = *segments_[header.segment];
  if (!wait_drained(s, header.epoch)) return Error(Errc::stale_topology);
  Collected collected;
  {
    Locked locked(s.lock);
    const InstalledPtr topo = installed();
    if (!topo || topo->id() != header.epoch) return Error(Errc::stale_topology);
    collected = {s.replica.last(), s.replica.pending()};
  }
  Bytes out;
  append_collected(out, collected);
  return out;
}

Result<Bytes> ClusteredCache::on_entries(const ReplicaHeader& header) {
  if (header.segment >= segments() || !wait_installed(header.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  Segment& s = *segments_[header.segment];
  const auto serves = [&] {
    Locked locked(s.lock);
    const InstalledPtr topo = installed();
    return topo && topo->primary(header.segment) && s.open && s.readable;
  };
  if (!serves()) return Error(Errc::stale_topology);
  FetchChunk chunk;
  HF_ASSIGN(chunk.entries, local_->entries_of_segment({}, header.segment));
  if (!serves() || !context_->node.has_lease()) return Error(Errc::stale_topology);
  Bytes out;
  append_chunk(out, chunk);
  return out;
}

Result<Bytes> ClusteredCache::on_size() {
  const InstalledPtr topo = installed();
  if (!topo) return Error(Errc::stale_topology);
  std::vector<bool> mine(segments());
  for (std::uint32_t i = 0; i < segments(); ++i) {
    if (!topo->primary(i)) continue;
    Segment& s = *segments_[i];
    Locked locked(s.lock);
    if (!s.open || !s.readable) return Error(Errc::stale_topology);
    mine[i] = true;
  }
  std::uint64_t count = 0;
  IterationOptions options;
  options.segments = &mine;
  HF_TRY(local_->for_each({}, options, [&](const EntryView&) { return ++count, true; }));
  const InstalledPtr now = installed();
  if (!now || now->id() != topo->id() || !context_->node.has_lease()) return Error(Errc::stale_topology);
  Bytes out;
  append_u64(out, count);
  return out;
}

// ---- A new topology

void ClusteredCache::install(const CacheTopology& topology) {
  auto next = std::make_shared<Installed>();
  next->topology = topology;
  next->reader_self = topology.readers().index_of(context_->node.self());
  const InstalledPtr before = installed();
  if (stopped_ || (before && before->id() >= topology.id)) return;
  std::vector<std::uint32_t> drop;
  if (before && before->id() + 1 != topology.id) drop = close_what_may_have_lapsed(*before, topology);
  {
    Locked locked(lock_);
    next->life = life_;
    next->removal_bytes = removal_bytes(topology);
    installed_ = next;
  }
  for (const std::uint32_t s : drop) local_->drop_segment(s);
  drop.clear();
  for (std::uint32_t s = 0; s < segments(); ++s) take_role(s, *next, before.get(), drop);
  for (const std::uint32_t s : drop) local_->drop_segment(s);
  await_merged();
  work_on_topology();
}

/// This node was not told every topology since `before`. Where another node may have been the primary meanwhile, it settles what that
/// one left, as after any change. What it has of a segment counts only if the cluster says that it has it (the table of now), or its
/// part in the same rebalance goes on; else it was no owner for a while, and fetches the segment. Before the topology is installed,
/// so that nobody is served or acknowledged in between. Returns what is to be dropped once it is.
std::vector<std::uint32_t> ClusteredCache::close_what_may_have_lapsed(const Installed& before, const CacheTopology& now) {
  std::vector<std::uint32_t> lapsed;
  const NodeIndex self = now.current->index_of(context_->node.self());
  for (std::uint32_t i = 0; i < segments(); ++i) {
    Segment& s = *segments_[i];
    Locked locked(s.lock);
    s.open = false;
    const bool kept = now.rebalance_id == before.topology.rebalance_id || (self != kNoNode && now.current->owns(self, i));
    if (!s.owner || kept || planted(Defect::lapse_not_noticed)) continue;
    give_up(s);
    lapsed.push_back(i);
  }
  return lapsed;
}

/// This node owns the segment no more.
void ClusteredCache::give_up(Segment& s) {
  const Version last = s.replica.last();
  s.replica = ReplicaSegment();
  s.replica.see(last);
  s.owner = s.readable = s.open = false;
}

/// What this node is to a segment from now on.
void ClusteredCache::take_role(std::uint32_t segment, const Installed& now, const Installed* before, std::vector<std::uint32_t>& drop) {
  Segment& s = *segments_[segment];
  const bool owner = now.owned_by(context_->node.self(), segment);
  const bool primary = now.primary(segment);
  bool fetch = false, recover = false, fresh = false;
  {
    Locked locked(s.lock);
    s.replica.remember_removals(now.removal_bytes);
    if (!owner) {
      if (s.owner) drop.push_back(segment);
      give_up(s);
    } else {
      fresh = !std::exchange(s.owner, true);
      s.arrivals += fresh;
      const std::vector<Address> others = now.other_owners(segment, context_->node.self());
      // Nobody to have it from: the table's first owners, what is left of a segment whose owners are all gone, or a segment
      // that nobody could own before.
      const bool alone = primary || now.topology.phase == RebalancePhase::none || now.topology.current->owners(segment).empty();
      if (!s.readable && alone) {
        s.readable = true;
        s.replica.end_fetch();
      }
      if (!s.readable && fresh) s.replica.begin_fetch();
      fetch = !s.readable;
      const bool was_primary = before != nullptr && before->primary(segment);
      if (!primary && planted(Defect::pending_committed_alone)) apply(s, s.replica.commit_up_to(~Version{0}));
      if (!primary) s.open = false;
      else if (!was_primary) s.open = fresh && before == nullptr && others.empty();
      recover = primary && !s.open;
    }
  }
  Locked locked(lock_);
  if (fetch) to_fetch_.insert(segment);
  else to_fetch_.erase(segment);
  if (fetch && fresh) count_transfer(now.topology.rebalance_id);
  if (recover) to_recover_.insert(segment);
  else to_recover_.erase(segment);
}

void ClusteredCache::forget_originators(const View& view) {
  for (const auto& s : segments_) {
    Locked locked(s->lock);
    s->replica.forget_originators([&](const Address& a) { return view.has(a); });
  }
  relay_.forget_others(view);
}

/// A few fibers work through what is to recover and to fetch; when nothing is left the topology is confirmed.
void ClusteredCache::work_on_topology() {
  std::uint32_t start = 0;
  {
    Locked locked(lock_);
    const std::size_t work = to_fetch_.size() + to_recover_.size();
    while (workers_ < kWorkersMax && workers_ < work) {
      ++workers_;
      ++start;
    }
  }
  confirm_if_done();
  for (std::uint32_t i = 0; i < start; ++i) {
    context_->runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this()] {
      for (;;) {
        std::optional<std::uint32_t> recover, fetch;
        {
          Locked locked(self->lock_);
          if (!self->to_recover_.empty()) recover = *self->to_recover_.begin(), self->to_recover_.erase(self->to_recover_.begin());
          else if (!self->to_fetch_.empty()) fetch = *self->to_fetch_.begin(), self->to_fetch_.erase(self->to_fetch_.begin());
          if (self->stopped_ || (!recover && !fetch)) {
            --self->workers_;
            break;
          }
        }
        const bool done = recover ? self->recover_segment(*recover) : self->fetch_segment(*fetch);
        if (fetch) self->log_transfer();
        if (done) continue;
        self->context_->runtime.scheduler().sleep_until(self->context_->now() + kAgain);
        Locked locked(self->lock_);
        if (recover) self->to_recover_.insert(*recover);
        if (fetch) self->to_fetch_.insert(*fetch);
      }
      self->confirm_if_done();
    });
  }
}

void ClusteredCache::confirm_if_done() {
  const auto done = [this]() HF_REQUIRES(lock_) {
    return installed_ && workers_ == 0 && to_fetch_.empty() && to_recover_.empty() && installed_->id() != confirmed_ && !stopped_;
  };
  {
    Locked locked(lock_);
    if (!done()) return;
  }
  if (!relay_.all_know(other_members()) && !planted(Defect::primary_knows_no_listeners)) return tell_interests();
  std::uint32_t id = 0;
  {
    Locked locked(lock_);
    if (!done()) return;
    id = confirmed_ = installed_->id();
  }
  ready_->set();
  context_->confirm(name(), id);
  if (missed_.exchange(false)) context_->runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this()] { self->local_->report_gap(); });
}

}  // namespace holdfast::engine::clustered
