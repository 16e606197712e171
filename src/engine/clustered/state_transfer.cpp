// How segments move from node to node: the donor's chunks, what the receiver does with them, and how far it is.
#include <algorithm>

#include "base/planted.h"
#include "engine/clustered/administration.h"
#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr Duration kInstallWait = std::chrono::seconds(5);  // for a topology that another node has already
constexpr Duration kCallTime = std::chrono::seconds(10);
constexpr Duration kLogEvery = std::chrono::seconds(5);
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kFetchesMax = 64;                     // sessions that a donor keeps

Bytes reply(const FetchChunk& chunk) {
  Bytes out;
  append_chunk(out, chunk);
  return out;
}

}  // namespace

// ---- Moving out

Result<Bytes> ClusteredCache::on_fetch(const FetchRequest& request) {
  if (request.segment >= segments() || !wait_installed(request.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  Segment& s = *segments_[request.segment];
  FetchChunk chunk;
  std::vector<Entry> rest;
  chunk.session = request.session;
  if (request.session == 0) {
    if (!wait_drained(s, request.epoch)) return Error(Errc::stale_topology);
    {
      Locked locked(s.lock);
      const InstalledPtr topo = installed();
      if (!topo || !topo->primary(request.segment) || !s.open || !s.readable) return Error(Errc::stale_topology);
      chunk.last = s.replica.last();
      chunk.results = s.replica.results();
      chunk.done_marks.assign(s.replica.done_marks().begin(), s.replica.done_marks().end());
      chunk.removals = s.replica.removals();
    }
    HF_ASSIGN(rest, local_->entries_of_segment({}, request.segment));
  } else {
    Locked locked(lock_);
    const auto at = fetches_.find(request.session);
    if (at == fetches_.end()) return Error(Errc::stale_topology);
    rest = std::move(at->second);
    fetches_.erase(at);
  }
  std::size_t bytes = 0;
  const auto entries_max = static_cast<std::size_t>(std::max(configuration().state_transfer.chunk_size, 1));
  while (!rest.empty() && chunk.entries.size() < entries_max && bytes < kChunkBytes) {
    bytes += rest.back().key.size() + rest.back().value.size();
    chunk.entries.push_back(std::move(rest.back()));
    rest.pop_back();
  }
  chunk.session = 0;
  if (!rest.empty()) {
    Locked locked(lock_);
    if (fetches_.size() >= kFetchesMax) fetches_.erase(fetches_.begin());
    chunk.session = next_fetch_++;
    fetches_.emplace(chunk.session, std::move(rest));
  }
  return reply(chunk);
}

// ---- Moving in

/// True when there is nothing more to do for the segment.
bool ClusteredCache::fetch_segment(std::uint32_t segment) {
  Segment& s = *segments_[segment];
  FetchRequest request{name(), 0, segment, 0};
  std::uint64_t arrival = 0;
  do {
    const InstalledPtr topo = installed();
    {
      Locked locked(s.lock);
      if (!topo || !s.owner || s.readable) return true;
      if (request.session == 0) arrival = s.arrivals;
      if (planted(Defect::owned_too_soon)) return s.readable = true;
    }
    const Address donor = topo->primary_of(segment);
    if (donor.name.empty() || donor == context_->node.self()) return false;
    request.epoch = topo->id();
    Bytes body;
    append_fetch(body, request);
    const auto answer = context_->node.call(donor, method::kFetch, std::move(body), context_->now() + kCallTime);
    const auto chunk = answer.ok() ? read_chunk(*answer) : std::nullopt;
    if (!chunk || !take_chunk(segment, arrival, *chunk)) return false;
    request.session = chunk->session;
  } while (request.session != 0);
  Locked locked(s.lock);
  if (s.arrivals != arrival) return false;
  s.readable = s.owner;
  s.replica.end_fetch();
  return true;
}

/// What was asked for before the segment went away and came back is out of date.
bool ClusteredCache::take_chunk(std::uint32_t segment, std::uint64_t arrival, const FetchChunk& chunk) {
  Segment& s = *segments_[segment];
  const std::size_t removal_bytes = chunk.removals.empty() ? 0 : merge_goes_on();
  await_merged();
  Locked locked(s.lock);
  if (!s.owner || s.arrivals != arrival) return false;
  count_received(chunk);
  if (removal_bytes > 0) s.replica.remember_removals(removal_bytes);
  s.replica.see(chunk.last);
  for (const auto& [id, outcome] : chunk.results) s.replica.keep(id, outcome);
  for (const auto& [originator, mark] : chunk.done_marks) s.replica.forget_below(originator, mark);
  s.replica.note_removals(chunk.removals);
  for (const Entry& e : chunk.entries) {
    if (s.replica.removed_since(e.key, e.metadata.version)) continue;
    local_->apply_replica(e.view(), false);
    if (e.metadata.expiration.max_idle_ms >= 0) local_->touch_replica(e.key, e.metadata.last_used_ms);
  }
  return true;
}

// ---- How far it is

void ClusteredCache::count_received(const FetchChunk& chunk) {
  std::uint64_t bytes = 0;
  for (const Entry& e : chunk.entries) bytes += e.key.size() + e.value.size();
  Locked locked(lock_);
  transfer_.progress.entries += chunk.entries.size();
  transfer_.progress.bytes += bytes;
}

void ClusteredCache::count_transfer(std::uint32_t rebalance) {
  if (transfer_.rebalance != rebalance || transfer_.logged_all) {
    transfer_ = {};
    transfer_.rebalance = rebalance;
    transfer_.began = transfer_.logged = context_->now();
  }
  ++transfer_.progress.segments;
}

/// Now and then while segments come in, and when all have come.
void ClusteredCache::log_transfer() {
  const TransferProgress now = transfer();
  Instant began;
  {
    Locked locked(lock_);
    began = transfer_.began;
    const bool done = now.missing == 0 && !transfer_.logged_all;
    if (!done && (now.missing == 0 || context_->now() < transfer_.logged + kLogEvery)) return;
    transfer_.logged = context_->now();
    transfer_.logged_all = done;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(context_->now() - began).count();
  context_->runtime.log().info("topology", "[Context=" + name() + "][Scope=" + context_->node.self().name + "] received " + std::to_string(now.segments - now.missing) + " of " +
                                               std::to_string(now.segments) + " segments: " + std::to_string(now.entries) + " entries, " + std::to_string(now.bytes) +
                                               " bytes in " + std::to_string(ms) + " ms");
}

TransferProgress ClusteredCache::transfer() const {
  TransferProgress progress;
  {
    Locked locked(lock_);
    progress = transfer_.progress;
  }
  for (const auto& s : segments_) {
    Locked locked(s->lock);
    if (s->owner && !s->readable) ++progress.missing;
  }
  progress.segments = std::max(progress.segments, progress.missing);
  return progress;
}

NodeShare ClusteredCache::share() const {
  NodeShare share = local_->share();
  share.node = context_->node.self();
  share.transfer = transfer();
  return share;
}

Result<Bytes> ClusteredCache::on_share() {
  Bytes out;
  append_share(out, share());
  return out;
}

Result<std::vector<NodeShare>> ClusteredCache::distribution(const Invocation& in) {
  const Instant deadline = deadline_of(in);
  std::vector<NodeShare> shares = {share()};
  ReplicaHeader header;
  header.cache = name();
  Bytes body;
  append_header(body, header);
  std::vector<std::unique_ptr<cluster::PendingCall>> calls;
  for (const Address& m : other_members()) calls.push_back(context_->node.begin_call(m, method::kShare, body));
  for (const auto& call : calls) {
    const auto answer = call->wait(deadline);
    if (auto of_other = answer.ok() ? read_share(*answer) : std::nullopt) shares.push_back(std::move(*of_other));
  }
  return shares;
}

std::vector<KeyOwner> ClusteredCache::owners_of(BytesView key) const {
  std::vector<KeyOwner> owners;
  const InstalledPtr topo = installed();
  if (!topo) return owners;
  const ConsistentHash& table = topo->topology.readers();
  for (const NodeIndex n : table.owners(segment(key))) owners.push_back({table.members()[n].address, owners.empty()});
  return owners;
}

}  // namespace holdfast::engine::clustered
