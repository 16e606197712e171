// Where the operations of a clustered cache go, and the primary's side of a write.
#include "engine/clustered/clustered_cache.h"

#include <algorithm>

#include "base/planted.h"
namespace holdfast::engine::clustered {
namespace {

constexpr Duration kNews = std::chrono::milliseconds(10);       // how often a waiting operation looks again
constexpr Duration kFlush = std::chrono::milliseconds(1);       // of watermarks that no Backup carried
constexpr Duration kBackupWait = std::chrono::seconds(30);      // longer than a hung backup stays a member
constexpr Duration kStaggerMin = std::chrono::milliseconds(1);
constexpr std::uint32_t kSentLaterMax = 1024;                   // writes of an asynchronous cache under way; more of them wait

}  // namespace

// ---- Topology

Address Installed::primary_of(std::uint32_t s) const {
  const ConsistentHash& table = topology.readers();
  const NodeIndex n = table.primary(s);
  return n == kNoNode ? Address() : table.members()[n].address;
}

bool Installed::owned_by(const Address& node, std::uint32_t s) const {
  for (const ConsistentHash* table : {topology.current.get(), topology.pending.get()}) {
    if (table == nullptr) continue;
    const NodeIndex n = table->index_of(node);
    if (n != kNoNode && table->owns(n, s)) return true;
  }
  return false;
}

std::vector<Address> Installed::other_owners(std::uint32_t s, const Address& self) const {
  std::vector<Address> owners;
  for (const ConsistentHash* table : {topology.current.get(), topology.pending.get()}) {
    if (table == nullptr) continue;
    for (const NodeIndex n : table->owners(s)) {
      const Address& a = table->members()[n].address;
      if (a != self && std::find(owners.begin(), owners.end(), a) == owners.end()) owners.push_back(a);
    }
  }
  return owners;
}

InstalledPtr ClusteredCache::installed() const {
  Locked locked(lock_);
  return installed_;
}

std::size_t ClusteredCache::unfinished_writes() const {
  std::size_t count = 0;
  for (const auto& s : segments_) {
    Locked locked(s->lock);
    count += s->replica.unfinished();
  }
  return count;
}

bool ClusteredCache::wait_for_news(std::uint32_t id, Instant deadline) {
  if (stopped_ || context_->now() >= deadline) return false;
  const InstalledPtr now = installed();
  if (!now || now->id() == id) context_->runtime.scheduler().sleep_until(std::min(deadline, context_->now() + kNews));
  return true;
}

bool ClusteredCache::wait_installed(std::uint32_t id, Instant deadline) {
  for (;;) {
    const InstalledPtr now = installed();
    if (now && now->id() >= id) return true;
    if (!wait_for_news(now ? now->id() : 0, deadline)) return false;
  }
}

// ---- Operations

ClusteredCache::ClusteredCache(std::shared_ptr<Context> context, std::shared_ptr<LocalCache> local)
    : context_(std::move(context)), local_(std::move(local)), relay_(context_, *local_), ready_(context_->runtime.scheduler().make_event()) {
  for (std::uint32_t s = 0; s < local_->segments(); ++s) segments_.push_back(std::make_unique<Segment>());
}
ClusteredCache::~ClusteredCache() = default;

void ClusteredCache::stop() {
  stopped_ = true;
  ready_->set();
  local_->stop();
}

Status ClusteredCache::wait_until_ready(Instant deadline) {
  if (ready_->wait(deadline)) return success();
  return Error(Errc::timeout, "cache '" + name() + "' did not receive its initial state in time; see state-transfer timeout");
}

Instant ClusteredCache::deadline_of(const Invocation& in) const {
  return std::min(in.deadline, context_->now() + std::chrono::milliseconds(configuration().remote_timeout_ms));
}

Error ClusteredCache::timed_out(const char* what) const {
  return Error(Errc::timeout, "ISPN000476: cache '" + name() + "': " + what + " was not answered within the remote-timeout");
}

Result<Outcome> ClusteredCache::write(const Invocation& in, const Mutation& m) { return m.effect == Effect::apply ? compute(in, m) : write_as(in, m, nullptr); }

/// Under this number, or under one of its own.
Result<Outcome> ClusteredCache::write_as(const Invocation& in, const Mutation& m, const InvocationId* id) {
  const Instant started = local_->begin_write(in.flags | m.flags);
  Mutation asked = m;
  asked.flags = m.flags | in.flags;
  asked.show_previous = nullptr;
  if (m.show_previous) asked.returns = ReturnMode::previous;
  auto outcome = carry_out(in, asked, id);
  if (!outcome.ok()) return outcome;
  if (m.show_previous && outcome->previous && !has(asked.flags, WriteFlag::ignore_return_values)) (*m.show_previous)(outcome->previous->view());
  if (m.returns == ReturnMode::nothing) outcome->previous.reset();
  local_->count_write(m, *outcome, started);
  return outcome;
}

Result<Outcome> ClusteredCache::carry_out(const Invocation& in, const Mutation& m, const InvocationId* given) {
  const Attempt attempt(*context_);
  const bool by_client = m.repeat.number != 0;  // who repeats it through any node
  const InvocationId id = by_client ? InvocationId::of_client(m.repeat) : given ? *given : attempt.id;
  const Instant deadline = deadline_of(in);
  const std::uint32_t s = segment(m.key);
  for (;;) {
    const InstalledPtr topo = installed();
    if (stopped_) return Error(Errc::stopped, "cache '" + name() + "' is stopped");
    // As another node, which the others take this one for now, it could not be told from a second operation.
    if (!by_client && context_->node.self() != id.originator) return Error(Errc::node_suspected, "cache '" + name() + "': the node was cut off during a write, which may have taken effect");
    if (topo) {
      const std::uint64_t done_mark = by_client ? m.repeat.done_mark : context_->invocations.done_mark();
      const Address primary = topo->primary_of(s);
      Result<Outcome> r = primary == context_->node.self() ? write_as_primary({deadline, in.flags}, m, id, done_mark)
                          : primary.name.empty()           ? Result<Outcome>(Error(Errc::stale_topology))
                                                           : forward_write(*topo, primary, m, id, done_mark, deadline);
      if (r.failed_with(Errc::timeout)) return timed_out("a write, which may have taken effect,");
      if (r.ok() || !try_again(r.code())) return r;
    }
    if (!wait_for_news(topo ? topo->id() : 0, deadline)) return timed_out("a write, which may have taken effect,");
  }
}

Result<bool> ClusteredCache::read(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) {
  const Instant started = local_->begin_read(in.flags);
  auto found = look(in, key, visit);
  if (found.ok()) local_->count_read(*found, started);
  return found;
}

Result<bool> ClusteredCache::look(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) {
  const Instant deadline = deadline_of(in);
  const std::uint32_t s = segment(key);
  for (;;) {
    const InstalledPtr topo = installed();
    if (stopped_) return Error(Errc::stopped, "cache '" + name() + "' is stopped");
    if (topo) {
      Result<bool> r = topo->reads(s) ? read_here(*topo, s, key, false, visit) : Result<bool>(Error(Errc::stale_topology));
      const Address primary = topo->primary_of(s);
      if (r.failed_with(Errc::stale_topology) && !primary.name.empty() && primary != context_->node.self()) r = forward_read(*topo, key, deadline, visit);
      if (r.failed_with(Errc::timeout)) return timed_out("a read");
      if (r.ok() || !try_again(r.code())) return r;
    }
    if (!wait_for_news(topo ? topo->id() : 0, deadline)) return timed_out("a read");
  }
}

/// Is the key's entry one whose end only the primary can tell? Clocks, and uses of the entry, differ.
bool ClusteredCache::primary_decides(BytesView key) {
  if (!local_->has_mortals()) return false;
  bool decides = false;
  const TimeMs now = context_->runtime.clock().now_ms();
  local_->peek(key, [&](const EntryView& e) { decides = e.metadata.expiration.max_idle_ms >= 0 || is_expired(e.metadata, now); });
  return decides;
}

/// Of a cache with regular reads, at a backup: the write may be committed, so nothing older may be shown; and it may be shown,
/// because who reads now overlaps with it or comes later.
Result<bool> ClusteredCache::read_pending(const PendingWrite& w, FunctionRef<void(const EntryView&)> visit) const {
  const Metadata metadata{w.version, w.created_ms, w.created_ms, w.expiration};
  const bool primary_decides = metadata.expiration.max_idle_ms >= 0 || is_expired(metadata, context_->runtime.clock().now_ms());
  if (!context_->node.has_lease() || (!w.removes && primary_decides)) return Error(Errc::stale_topology);
  if (!w.removes) visit({w.key, w.value, metadata});
  return !w.removes;
}

/// The value is what this owner has, and it may say so: looked up first, the lease judged afterwards, under the shard's lock
/// where there is a value. `stale_topology`: ask the primary, or again.
Result<bool> ClusteredCache::read_here(const Installed& topo, std::uint32_t segment, BytesView key, bool as_primary, FunctionRef<void(const EntryView&)> visit) {
  Segment& s = *segments_[segment];
  const bool primary = topo.primary(segment);
  std::optional<PendingWrite> under_way;
  {
    Locked locked(s.lock);
    if (!s.readable || (primary && !s.open) || (as_primary && !primary)) return Error(Errc::stale_topology);
    const PendingWrite* pending = !primary && s.replica.has_pending() && !planted(Defect::pending_read_here) ? s.replica.pending_of(key) : nullptr;
    if (pending && configuration().read_consistency == ReadConsistency::linearizable) return Error(Errc::stale_topology);
    if (pending) under_way = *pending;
  }
  if (under_way) return read_pending(*under_way, visit);
  if (!primary && primary_decides(key)) return Error(Errc::stale_topology);
  bool leased = true;
  std::optional<Entry> idling;
  auto found = local_->read({kNever, WriteFlag::skip_statistics}, key, [&](const EntryView& e) {
    leased = context_->node.has_lease();
    if (e.metadata.expiration.max_idle_ms >= 0) idling.emplace(e);
    else if (leased) visit(e);
  });
  if (!found.ok()) return found;
  if (!*found) leased = context_->node.has_lease();
  if (!leased) return Error(Errc::stale_topology);
  if (idling) {
    if (!touch_others(topo, key, idling->metadata.last_used_ms)) return Error(Errc::stale_topology);
    visit(idling->view());
  }
  // What was shown was true then. What was not found may have moved away meanwhile.
  const InstalledPtr now = installed();
  if (!*found && (!now || now->id() != topo.id())) return Error(Errc::stale_topology);
  return found;
}

/// The primary; when it is slow, the other owners in turn too, with growing patience. `stale_topology`: nobody may answer now.
Result<Bytes> ClusteredCache::ask_owners(const Installed& topo, BytesView key, Instant deadline) {
  const std::uint32_t s = segment(key);
  const ConsistentHash& table = topo.topology.readers();
  const auto ask = [&](const Address& owner, bool any_owner) {
    Bytes request;
    append_read(request, {name(), topo.id(), Bytes(key), any_owner});
    return context_->node.begin_call(owner, method::kRead, std::move(request));
  };
  const auto primary = ask(topo.primary_of(s), false);
  for (Duration patience = std::max(context_->read_stagger, kStaggerMin);; patience *= 2) {
    auto answer = primary->wait(std::min(deadline, context_->now() + patience));
    if (!answer.failed_with(Errc::timeout) || context_->now() >= deadline) return answer;
    for (const NodeIndex n : table.owners(s)) {
      const Address& owner = table.members()[n].address;
      if (n == table.primary(s) || owner == context_->node.self()) continue;
      auto other = ask(owner, true)->wait(std::min(deadline, context_->now() + patience));
      if (other.ok()) return other;
    }
  }
}

Result<bool> ClusteredCache::forward_read(const Installed& topo, BytesView key, Instant deadline, FunctionRef<void(const EntryView&)> visit) {
  HF_ASSIGN(const Bytes answer, ask_owners(topo, key, deadline));
  if (answer.empty()) return false;
  Reader in(answer);
  const auto entry = read_entry(in);
  if (!entry) return Error(Errc::protocol_error, "cache '" + name() + "': another node answered a read with what is no entry");
  visit(entry->view());
  return true;
}

Result<bool> ClusteredCache::contains(const Invocation& in, BytesView key) {
  return look(in, key, [](const EntryView&) {});
}

Result<Outcome> ClusteredCache::forward_write(const Installed& topo, const Address& to, const Mutation& m, const InvocationId& id,
                                              std::uint64_t done_mark, Instant deadline) {
  Bytes body;
  WriteRequest request{name(), topo.id(), id, done_mark, m};
  // The previous value need not travel.
  if (configuration().unreliable_return_values && m.precondition == Precondition::always) request.mutation.returns = ReturnMode::nothing;
  append_write(body, request);
  HF_ASSIGN(const Bytes answer, context_->node.call(to, method::kWrite, std::move(body), deadline));
  Reader in(answer);
  auto outcome = read_outcome(in);
  if (!outcome) return Error(Errc::protocol_error, to.name + " answered a write with what is no outcome");
  return std::move(*outcome);
}

// ---- The primary's side of a write

Result<Outcome> ClusteredCache::write_as_primary(const Invocation& in, const Mutation& m, const InvocationId& id, std::uint64_t done_mark) {
  const std::uint32_t segment_id = segment(m.key);
  Segment& s = *segments_[segment_id];
  {
    Locked locked(s.lock);
    const InstalledPtr topo = installed();
    if (!topo || !topo->primary(segment_id) || !(s.open || planted(Defect::primary_before_recovery))) return Error(Errc::stale_topology);
    // Results of strangers are not kept, so nothing of theirs may be carried out; a newcomer tries again in a moment.
    if (!id.by_client() && !context_->node.view()->has(id.originator)) return Error(Errc::stale_topology);
    if (s.replica.is_done(id)) return Error(Errc::cancelled, "a late copy of an operation that is done");
    s.replica.forget_below(id.originator, done_mark);
  }
  Version replicated = 0;
  const auto known = [&]() -> std::optional<Outcome> {
    Locked locked(s.lock);
    const Outcome* result = planted(Defect::retry_carried_out_again) ? nullptr : s.replica.result(id);
    if (result) return *result;
    if (m.precondition != Precondition::if_newer || !s.replica.removed_since(m.key, m.expected_version)) return std::nullopt;
    Outcome removed;
    removed.kind = OutcomeKind::mismatch;
    return removed;
  };
  if (m.precondition == Precondition::if_newer) merge_goes_on();
  std::optional<Replication> later;
  auto outcome = local_->write_replicated(in, m, known, [&](LocalCache::Decided& write) -> Result<Version> {
    HF_ASSIGN(Replication r, begin_replication(write, segment_id, id));
    const Version version = r.write.version;
    if (may_send_later()) later = std::move(r);
    if (later) return replicated = version;
    Status committed = commit_everywhere(segment_id, r.topo, {r.write}, done_mark);
    while (planted(Defect::key_locked_for_ever) && !committed.ok() && !stopped_) context_->runtime.scheduler().sleep_until(context_->now() + kNews);
    HF_TRY(std::move(committed));
    return replicated = version;
  }, take_reservation(id));
  if (later) send_later(segment_id, std::move(*later), done_mark);
  else if (replicated != 0) end_write(segment_id, replicated);  // in flight until it is committed here
  // What changed nothing was a read; and what was not sent yet is acknowledged by a primary only.
  if ((later || replicated == 0) && outcome.ok() && !still_primary(segment_id)) return Error(Errc::stale_topology);
  return outcome;
}

Result<ClusteredCache::Replication> ClusteredCache::begin_replication(LocalCache::Decided& write, std::uint32_t segment, const InvocationId& id) {
  Segment& s = *segments_[segment];
  Replication r;
  PendingWrite& p = r.write;
  p.removes = write.decision.action != ops::Decision::Action::put;
  p.expires = write.decision.action == ops::Decision::Action::expire;
  p.silent = has(write.mutation.flags, WriteFlag::skip_listeners);
  p.key = write.mutation.key;
  if (!p.removes) p.value = write.decision.new_value();
  p.expiration = write.decision.expiration;
  p.created_ms = write.now_ms;
  p.invocation = id;
  p.outcome = write.outcome;
  Locked locked(s.lock);
  r.topo = installed();
  if (!r.topo || !r.topo->primary(segment) || !(s.open || planted(Defect::primary_before_recovery))) return Error(Errc::stale_topology);
  p.version = s.replica.next(write.seen ? write.seen->metadata.version : 0, write.now_ms);
  p.outcome.version = p.removes ? 0 : p.version;
  s.replica.begin(p.version, r.topo->id());
  return r;
}

// ---- Asynchronous caches

/// When too many are under way already, the write waits as one of a synchronous cache does.
bool ClusteredCache::may_send_later() {
  if (!configuration().asynchronous) return false;
  if (sent_later_.fetch_add(1) < kSentLaterMax) return true;
  --sent_later_;
  return false;
}

/// The write is committed here. Until every owner has it, it stays in flight: the watermark does not pass it, and the next
/// primary is told of it.
void ClusteredCache::send_later(std::uint32_t segment, Replication replication, std::uint64_t done_mark) {
  {
    Segment& s = *segments_[segment];
    Locked locked(s.lock);
    s.replica.keep(replication.write.invocation, replication.write.outcome);
  }
  const runtime::LoopId here = context_->runtime.scheduler().current_loop();
  const auto shared = std::make_shared<Replication>(std::move(replication));
  context_->runtime.scheduler().spawn(here == runtime::kNoLoop ? runtime::kControlLoop : here, [self = shared_from_this(), segment, shared, done_mark] {
    if (self->commit_everywhere(segment, shared->topo, {shared->write}, done_mark).ok()) self->end_write(segment, shared->write.version);
    --self->sent_later_;
  });
}

/// A failed write of a synchronous cache is tried again by its originator. Nobody does so for one that was acknowledged: if
/// this node still is an owner, the next primary finds the write pending here.
void ClusteredCache::leave_to_next_primary(Segment& s, const std::vector<PendingWrite>& writes) {
  for (const PendingWrite& w : writes) {
    if (configuration().asynchronous && s.owner) apply(s, s.replica.add(w));
    s.replica.end(w.version);
  }
}

/// Until every owner of the topology that is installed then has the writes. A failure leaves them to the new primary.
Status ClusteredCache::commit_everywhere(std::uint32_t segment, InstalledPtr topo, const std::vector<PendingWrite>& writes, std::uint64_t done_mark) {
  Segment& s = *segments_[segment];
  for (;;) {
    const Status sent = send_to_backups(*topo, segment, writes, done_mark);
    {
      Locked locked(s.lock);
      const InstalledPtr now = installed();
      const bool same = now && now->id() == topo->id();
      // A node that began anew may be primary again: of other entries, where another primary has settled this write.
      if (now && now->life != topo->life) return Error(Errc::stale_topology);
      if (!now || !now->primary(segment)) {
        if (!planted(Defect::aborted_write_left_open)) leave_to_next_primary(s, writes);
        return Error(Errc::stale_topology);
      }
      if (sent.ok() && same) {
        for (const PendingWrite& w : writes) {
          s.replica.keep(w.invocation, w.outcome);
          s.replica.note(w);
        }
        return success();
      }
      for (const PendingWrite& w : writes) s.replica.begin(w.version, now->id());
      topo = now;
    }
    if (sent.ok() || wait_for_news(topo->id(), kNever)) continue;
    Locked locked(s.lock);  // this node stops; the next primary decides
    leave_to_next_primary(s, writes);
    return Error(Errc::stale_topology);
  }
}

/// Was it right to answer as the primary does?
bool ClusteredCache::still_primary(std::uint32_t segment) const {
  const InstalledPtr topo = installed();
  return topo && topo->primary(segment) && context_->node.has_lease();
}

/// Every owner of the topology has it when this is a success.
Status ClusteredCache::send_to_backups(const Installed& topo, std::uint32_t segment, const std::vector<PendingWrite>& writes, std::uint64_t done_mark) {
  const std::vector<Address> owners = topo.other_owners(segment, context_->node.self());
  if (owners.empty()) return context_->node.has_lease() ? success() : Status(Error(Errc::stale_topology));
  ReplicaHeader header{name(), topo.id(), segment, 0, writes.front().invocation.originator, done_mark};
  {
    Segment& s = *segments_[segment];
    Locked locked(s.lock);
    header.watermark = s.told_watermark = planted(Defect::watermark_never_sent) ? 0 : s.replica.watermark();
  }
  Bytes body;
  append_header(body, header);
  for (const PendingWrite& write : writes) append_pending(body, write);
  std::vector<std::unique_ptr<cluster::PendingCall>> calls;
  for (const Address& owner : owners) calls.push_back(context_->node.begin_call(owner, method::kBackup, body));
  Status all = success();
  for (const auto& call : calls) {
    if (planted(Defect::acks_not_awaited)) break;
    if (const auto answer = call->wait(context_->now() + kBackupWait); !answer.ok()) all = answer.error();
  }
  return all;
}

void ClusteredCache::end_write(std::uint32_t segment, Version version) {
  Segment& s = *segments_[segment];
  bool tell = false;
  {
    Locked locked(s.lock);
    s.replica.end(version);
    tell = s.replica.watermark() > s.told_watermark;
  }
  if (tell) mark_dirty(segment);
}

void ClusteredCache::mark_dirty(std::uint32_t segment) {
  {
    Locked locked(lock_);
    dirty_.insert(segment);
    if (std::exchange(flushing_, true)) return;
  }
  context_->runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this()] {
    self->context_->runtime.scheduler().sleep_until(self->context_->now() + kFlush);
    self->flush_watermarks();
  });
}

/// One message to each backup, for all segments whose watermark no Backup has carried meanwhile.
void ClusteredCache::flush_watermarks() {
  std::set<std::uint32_t> dirty;
  InstalledPtr topo;
  {
    Locked locked(lock_);
    dirty.swap(dirty_);
    flushing_ = false;
    topo = planted(Defect::watermark_never_sent) ? nullptr : installed_;
  }
  std::map<Address, Watermarks> to;
  for (const std::uint32_t segment : dirty) {
    if (!topo || !topo->primary(segment)) continue;
    Version mark = 0;
    {
      Segment& s = *segments_[segment];
      Locked locked(s.lock);
      mark = s.replica.watermark();
      if (mark <= s.told_watermark) continue;
      s.told_watermark = mark;
    }
    for (const Address& owner : topo->other_owners(segment, context_->node.self())) to[owner].of_segments.emplace_back(segment, mark);
  }
  for (auto& [owner, marks] : to) {
    marks.cache = name();
    Bytes body;
    append_watermarks(body, marks);
    context_->node.tell(owner, method::kWatermark, std::move(body));
  }
}

}  // namespace holdfast::engine::clustered
