// Functions on entries: computed on the node that was asked, and stored if what they were computed on is still there. After some
// tries in vain the primary keeps the key for the next one, so nobody starves.
#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr std::size_t kOptimisticTries = 4;
constexpr std::size_t kTriesMax = 1000;
constexpr Duration kReserved = std::chrono::milliseconds(500);  // a key is kept for a node, which may have died
constexpr Duration kInstallWait = std::chrono::seconds(5);      // for a topology that another node has already

}  // namespace

/// A function cannot travel: it is computed here, on what was read, and stored if that is still there.
Result<Outcome> ClusteredCache::compute(const Invocation& in, const Mutation& m) {
  for (std::size_t tries = 0; tries < kTriesMax; ++tries) {
    const Attempt attempt(*context_);
    const bool reserved = tries >= kOptimisticTries;
    std::optional<Entry> seen;
    if (reserved) {
      HF_ASSIGN(seen, reserve(in, attempt.id, m.key));
    } else {
      const auto found = look(in, m.key, [&](const EntryView& e) { seen.emplace(e); });
      if (!found.ok()) return found.error();
    }
    const std::optional<EntryView> view = seen ? std::optional(seen->view()) : std::nullopt;
    Applied applied = (*m.function)(view ? &*view : nullptr);
    Mutation next = m;
    next.function = nullptr;
    next.effect = applied.kind == Applied::Kind::remove ? Effect::remove : Effect::put;
    next.value = applied.value;
    next.precondition = seen ? Precondition::if_version : Precondition::if_absent;
    next.expected_version = seen ? seen->metadata.version : 0;
    if (applied.expiration) {
      next.lifespan_ms = applied.expiration->lifespan_ms;
      next.max_idle_ms = applied.expiration->max_idle_ms;
    }
    if (applied.kind == Applied::Kind::keep || (applied.kind == Applied::Kind::remove && !seen)) {
      if (reserved) release(attempt.id, m.key);
      Outcome kept;
      kept.kind = OutcomeKind::unchanged;
      kept.had_previous = seen.has_value();
      kept.version = next.expected_version;
      kept.result = std::move(applied.result);
      if (m.returns == ReturnMode::previous) kept.previous = std::move(seen);
      return kept;
    }
    HF_ASSIGN(Outcome outcome, write_as(in, next, &attempt.id));
    if (!outcome.done()) continue;  // somebody was faster
    outcome.result = std::move(applied.result);
    return outcome;
  }
  return timed_out("a computation on a key that others keep changing");
}

/// The key's order at its primary, first come first served, and what is there then.
Result<std::optional<Entry>> ClusteredCache::reserve(const Invocation& in, const InvocationId& id, BytesView key) {
  const Instant deadline = deadline_of(in);
  for (;;) {
    const InstalledPtr topo = installed();
    if (stopped_) return Error(Errc::stopped, "cache '" + name() + "' is stopped");
    const Address primary = topo ? topo->primary_of(segment(key)) : Address();
    if (!primary.name.empty()) {
      const ReserveRequest request{name(), topo->id(), id, true, Bytes(key)};
      Bytes body;
      append_reserve(body, request);
      const Result<Bytes> answer = primary == context_->node.self() ? on_reserve(request) : context_->node.call(primary, method::kReserve, std::move(body), deadline);
      if (answer.ok() && answer->empty()) return std::optional<Entry>();
      if (answer.ok()) {
        Reader entry(*answer);
        return read_entry(entry);
      }
      if (answer.failed_with(Errc::timeout)) return timed_out("a computation");
      if (!try_again(answer.code())) return answer.error();
    }
    if (!wait_for_news(topo ? topo->id() : 0, deadline)) return timed_out("a computation");
  }
}

void ClusteredCache::release(const InvocationId& id, BytesView key) {
  const InstalledPtr topo = installed();
  const Address primary = topo ? topo->primary_of(segment(key)) : Address();
  if (primary.name.empty()) return;
  if (primary == context_->node.self()) {
    take_reservation(id);
    return;
  }
  Bytes body;
  append_reserve(body, {name(), topo->id(), id, false, Bytes(key)});
  context_->node.tell(primary, method::kReserve, std::move(body));
}

KeyOrder::Guard ClusteredCache::take_reservation(const InvocationId& id) {
  if (reserved_.load(std::memory_order_acquire) == 0) return {};
  decltype(reservations_)::node_type taken;
  {
    Locked locked(lock_);
    taken = reservations_.extract(id);
    reserved_.store(reservations_.size(), std::memory_order_release);
  }
  return taken ? std::move(taken.mapped().order) : KeyOrder::Guard();
}

Result<Bytes> ClusteredCache::on_reserve(const ReserveRequest& request) {
  if (!request.holds) {
    take_reservation(request.invocation);
    return Bytes();
  }
  if (!wait_installed(request.epoch, context_->now() + kInstallWait)) return Error(Errc::stale_topology);
  HF_ASSIGN(KeyOrder::Guard order, local_->hold(request.key));
  const InstalledPtr topo = installed();
  if (!topo) return Error(Errc::stale_topology);
  Bytes out;
  HF_ASSIGN(const bool found, read_here(*topo, segment(request.key), request.key, true, [&](const EntryView& e) { append_entry(out, e); }));
  if (!found) out.clear();
  auto ends = context_->runtime.scheduler().at(runtime::kControlLoop, context_->now() + kReserved, [weak = weak_from_this(), id = request.invocation] {
    if (const auto self = weak.lock()) self->take_reservation(id);
  });
  Locked locked(lock_);
  reservations_[request.invocation] = {std::move(order), std::move(ends)};
  reserved_.store(reservations_.size(), std::memory_order_release);
  return out;
}

}  // namespace holdfast::engine::clustered
