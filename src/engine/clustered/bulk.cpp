// What concerns many entries at once: iterating, clearing, counting.
#include <algorithm>
#include <numeric>

#include "base/planted.h"
#include "engine/clustered/administration.h"
#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr Duration kInstallWait = std::chrono::seconds(5);  // for a topology that another node has already
constexpr std::size_t kClearBatch = 512;                    // keys held, and removed with one message, at a time

}  // namespace

// ---- Many entries

Result<std::vector<Entry>> ClusteredCache::entries_of_segment(const Invocation& in, std::uint32_t segment) {
  const Instant deadline = deadline_of(in);
  for (;;) {
    const InstalledPtr topo = installed();
    if (stopped_) return Error(Errc::stopped, "cache '" + name() + "' is stopped");
    const Address primary = topo ? topo->primary_of(segment) : Address();
    if (planted(Defect::iterates_what_is_there) && topo && topo->owned_by(context_->node.self(), segment)) return local_->entries_of_segment({}, segment);
    if (!primary.name.empty()) {
      ReplicaHeader header;
      header.cache = name();
      header.epoch = topo->id();
      header.segment = segment;
      Bytes body;
      append_header(body, header);
      const Result<Bytes> answer = primary == context_->node.self() ? on_entries(header) : context_->node.call(primary, method::kEntries, std::move(body), deadline);
      if (answer.ok()) {
        auto chunk = read_chunk(*answer);
        if (!chunk) return Error(Errc::protocol_error, primary.name + " answered with what are no entries");
        return std::move(chunk->entries);
      }
      if (answer.failed_with(Errc::timeout)) return timed_out("an iteration");
      if (!try_again(answer.code())) return answer.error();
    }
    if (!wait_for_news(topo ? topo->id() : 0, deadline)) return timed_out("an iteration");
  }
}

Status ClusteredCache::for_each(const Invocation& in, const IterationOptions& options, FunctionRef<bool(const EntryView&)> visit) {
  for (std::uint32_t s = 0; s < segments(); ++s) {
    if (options.segments && (s >= options.segments->size() || !(*options.segments)[s])) continue;
    HF_ASSIGN(const std::vector<Entry> entries, entries_of_segment(in, s));
    for (const Entry& e : entries) {
      if (!visit(e.view())) return success();
    }
  }
  return success();
}

/// Every segment at its primary, all of them at once.
Status ClusteredCache::clear(const Invocation& in) {
  const Attempt attempt(*context_);
  const Instant deadline = deadline_of(in);
  std::vector<std::uint32_t> left(segments());
  std::iota(left.begin(), left.end(), 0U);
  for (;;) {
    const InstalledPtr topo = installed();
    if (stopped_) return Error(Errc::stopped, "cache '" + name() + "' is stopped");
    if (context_->node.self() != attempt.id.originator) return Error(Errc::node_suspected, "cache '" + name() + "': the node was cut off during a clear, which may have taken effect");
    std::vector<std::pair<std::uint32_t, std::unique_ptr<cluster::PendingCall>>> calls;
    std::vector<std::uint32_t> again;
    for (const std::uint32_t s : left) {
      const Address primary = topo ? topo->primary_of(s) : Address();
      if (primary.name.empty()) {
        again.push_back(s);
        continue;
      }
      Bytes body;
      append_clear(body, {name(), topo->id(), s, attempt.id, context_->invocations.done_mark(), has(in.flags, WriteFlag::skip_listeners)});
      calls.emplace_back(s, context_->node.begin_call(primary, method::kClear, std::move(body)));
    }
    for (const auto& [s, call] : calls) {
      const auto done = call->wait(deadline);
      if (done.ok() || planted(Defect::bulk_partly_applied)) continue;
      if (!try_again(done.code())) return done.error();
      again.push_back(s);
    }
    if (again.empty()) return success();
    left = std::move(again);
    if (!wait_for_news(topo ? topo->id() : 0, deadline)) return timed_out("clear");
  }
}

/// What was written to a key after a try has cleared it stays: a retry must not clear it as well. So each remove carries the version
/// of the first remove of all, and the last key of its batch: keys up to that one are done but for what is older.
Result<Bytes> ClusteredCache::on_clear(const ClearRequest& request) {
  if (request.segment >= segments() || !wait_installed(request.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  const InvocationId& id = request.invocation;
  ClearProgress done;
  {
    Segment& s = *segments_[request.segment];
    Locked locked(s.lock);
    const InstalledPtr topo = installed();
    if (!topo || !topo->primary(request.segment) || !s.open || !context_->node.view()->has(id.originator)) return Error(Errc::stale_topology);
    if (s.replica.is_done(id)) return Error(Errc::cancelled, "a late copy of a clear that is done");
    s.replica.forget_below(id.originator, request.done_mark);
    const Outcome* begun = planted(Defect::retry_carried_out_again) ? nullptr : s.replica.result(id);
    if (begun) done = {begun->version, begun->result};
  }
  HF_ASSIGN(const std::vector<Entry> entries, local_->entries_of_segment({}, request.segment));
  std::vector<Bytes> keys;
  for (const Entry& e : entries) keys.push_back(e.key);
  std::sort(keys.begin(), keys.end());  // two of these never wait for one another crosswise
  for (std::size_t from = 0; from < keys.size(); from += kClearBatch) {
    const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(from);
    HF_TRY(clear_batch(request, done, {begin, begin + static_cast<std::ptrdiff_t>(std::min(kClearBatch, keys.size() - from))}));
  }
  if (!still_primary(request.segment)) return Error(Errc::stale_topology);
  return Bytes();
}

/// Removes many keys of a segment with one message to each backup, in the order of each key.
Status ClusteredCache::clear_batch(const ClearRequest& request, ClearProgress& done, const std::vector<Bytes>& keys) {
  const std::uint32_t segment = request.segment;
  const bool silent = request.silent;
  std::vector<KeyOrder::Guard> guards;
  std::vector<Entry> there;
  for (const Bytes& key : keys) {
    HF_ASSIGN(KeyOrder::Guard guard, local_->hold(key));
    guards.push_back(std::move(guard));
    local_->peek(key, [&](const EntryView& e) {
      if (key > done.up_to || e.metadata.version < done.first) there.emplace_back(e);
    });
  }
  if (there.empty()) return success();
  done.up_to = std::max(done.up_to, keys.back());
  if (!silent) announce_removes(there, true);
  std::vector<PendingWrite> removes;
  InstalledPtr topo;
  {
    Segment& s = *segments_[segment];
    Locked locked(s.lock);
    topo = installed();
    if (!topo || !topo->primary(segment) || !s.open) return Error(Errc::stale_topology);
    for (const Entry& e : there) {
      PendingWrite w;
      w.version = s.replica.next(e.metadata.version, context_->runtime.clock().now_ms());
      w.removes = true;
      w.silent = silent;
      w.key = e.key;
      w.invocation = request.invocation;
      w.outcome.had_previous = true;
      if (done.first == 0) done.first = w.version;
      w.outcome.version = done.first;
      w.outcome.result = done.up_to;
      s.replica.begin(w.version, topo->id());
      removes.push_back(std::move(w));
    }
  }
  HF_TRY(commit_everywhere(segment, topo, removes, request.done_mark));
  for (const PendingWrite& w : removes) local_->apply_replica({w.key, {}, {w.version, 0, 0, {}}}, true);
  if (!silent) announce_removes(there, false);
  for (const PendingWrite& w : removes) end_write(segment, w.version);
  return success();
}

void ClusteredCache::announce_removes(const std::vector<Entry>& gone, bool pre) {
  if ((local_->heard(pre) & bit(EventKind::removed)) == 0 && !hears(EventKind::removed, pre)) return;
  for (const Entry& e : gone) {
    Event event;
    event.kind = EventKind::removed;
    event.pre = pre;
    event.key = e.key;
    event.value = e.value;
    event.previous = &e;
    event.metadata = e.metadata;
    local_->publish_everywhere(event);
  }
}

Result<std::uint64_t> ClusteredCache::size(const Invocation& in) {
  const Instant deadline = deadline_of(in);
  for (;;) {
    const InstalledPtr topo = installed();
    if (stopped_) return Error(Errc::stopped, "cache '" + name() + "' is stopped");
    std::uint64_t total = 0;
    bool complete = topo != nullptr;
    for (const HashMember& m : topo ? topo->topology.readers().members() : std::vector<HashMember>()) {
      ReplicaHeader header;
      header.cache = name();
      header.epoch = topo->id();
      Bytes body;
      append_header(body, header);
      const Result<Bytes> answer = m.address == context_->node.self() ? on_size() : context_->node.call(m.address, method::kSize, std::move(body), deadline);
      if (answer.failed_with(Errc::timeout)) return timed_out("size");
      if (!answer.ok() && !try_again(answer.code())) return answer.error();
      complete = complete && answer.ok();
      if (answer.ok()) total += Reader(*answer).u64();
    }
    const InstalledPtr now = installed();
    if (complete && now && now->id() == topo->id()) return total;
    if (!wait_for_news(topo ? topo->id() : 0, deadline)) return timed_out("size");
  }
}

// ---- Attributes

/// Here first, where it is checked; then on every other node.
Status ClusteredCache::take_attribute(const std::string& path, const std::string& value) {
  HF_TRY(local_->set_attribute(path, value));
  Locked locked(lock_);
  changed_attributes_[path] = value;
  return success();
}

Status ClusteredCache::take_attributes(BytesView attributes) {
  for (const auto& [path, value] : read_attributes(attributes)) HF_TRY(take_attribute(path, value));
  return success();
}

std::map<std::string, std::string> ClusteredCache::changed_attributes() const {
  Locked locked(lock_);
  return changed_attributes_;
}

Status ClusteredCache::set_attribute(const std::string& path, const std::string& value) {
  HF_TRY(take_attribute(path, value));
  const Instant deadline = deadline_of({});
  Bytes body;
  append_attribute(body, {name(), path, value});
  std::vector<std::pair<Address, std::unique_ptr<cluster::PendingCall>>> calls;
  for (const Address& m : other_members()) calls.emplace_back(m, context_->node.begin_call(m, method::kAttribute, body));
  for (const auto& [member, call] : calls) {
    const auto answer = call->wait(deadline);
    if (answer.ok() || !context_->node.view()->has(member)) continue;
    return Error(answer.code(), "cache '" + name() + "', attribute '" + path + "': changed on " + context_->node.self().name + " but not on " + member.name + " (" + answer.error().message() + "); set it again");
  }
  return success();
}

// ---- Statistics

/// By how many entries this backup grows when what is pending is committed. Acknowledged writes are among it: whoever wrote
/// and asks at once is to see them counted.
std::int64_t ClusteredCache::pending_growth() const {
  std::int64_t growth = 0;
  for (const auto& segment : segments_) {
    std::vector<ReplicaSegment::PendingKey> pending;
    {
      Locked locked(segment->lock);
      pending = segment->replica.pending_keys();
    }
    for (const auto& [key, removes] : pending) {
      const bool present = local_->peek(key, [](const EntryView&) {});
      if (present == removes) growth += removes ? -1 : 1;
    }
  }
  return growth;
}

StatisticsSnapshot ClusteredCache::statistics() const {
  StatisticsSnapshot s = local_->statistics();
  const std::int64_t growth = pending_growth();
  s.entries += growth;
  s.approximate_entries += growth;
  return s;
}

Result<Bytes> ClusteredCache::on_statistics() {
  Bytes out;
  append_statistics(out, statistics());
  return out;
}

namespace {

/// Figures of a node where they are off (-1) add nothing.
void add(StatisticsSnapshot& to, const StatisticsSnapshot& s) {
  const auto average = [](std::int64_t a, std::int64_t of_a, std::int64_t b, std::int64_t of_b) {
    return of_a + of_b > 0 ? (a * of_a + b * of_b) / (of_a + of_b) : 0;
  };
  to.average_read_ns = average(to.average_read_ns, to.hits + to.misses, s.average_read_ns, s.hits + s.misses);
  to.average_write_ns = average(to.average_write_ns, to.stores, s.average_write_ns, s.stores);
  to.average_remove_ns = average(to.average_remove_ns, to.remove_hits, s.average_remove_ns, s.remove_hits);
  using Figure = std::int64_t StatisticsSnapshot::*;
  for (const Figure f : {&StatisticsSnapshot::hits, &StatisticsSnapshot::misses, &StatisticsSnapshot::stores, &StatisticsSnapshot::remove_hits,
                         &StatisticsSnapshot::remove_misses, &StatisticsSnapshot::evictions, &StatisticsSnapshot::entries,
                         &StatisticsSnapshot::approximate_entries, &StatisticsSnapshot::memory_bytes}) {
    to.*f += std::max<std::int64_t>(s.*f, 0);
  }
  to.time_since_start_s = std::max(to.time_since_start_s, s.time_since_start_s);
  to.time_since_reset_s = std::max(to.time_since_reset_s, s.time_since_reset_s);
}

}  // namespace

/// Of the nodes that answer; one that has just gone has nothing to add.
Result<StatisticsSnapshot> ClusteredCache::cluster_statistics(const Invocation& in) {
  const Instant deadline = deadline_of(in);
  StatisticsSnapshot sum = statistics();
  if (!sum.enabled) return sum;
  ReplicaHeader header;
  header.cache = name();
  Bytes body;
  append_header(body, header);
  std::vector<std::unique_ptr<cluster::PendingCall>> calls;
  for (const Address& m : other_members()) calls.push_back(context_->node.begin_call(m, method::kStatistics, body));
  for (const auto& call : calls) {
    const auto answer = call->wait(deadline);
    const auto figures = answer.ok() ? read_statistics(*answer) : std::nullopt;
    if (figures) add(sum, *figures);
    else if (!answer.ok() && !try_again(answer.code())) return answer.error();
  }
  return sum;
}

}  // namespace holdfast::engine::clustered
