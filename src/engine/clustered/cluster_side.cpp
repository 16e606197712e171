// Listeners and expiration in a cluster: what one node hears of the others, and who decides that an entry is over.
#include <algorithm>

#include "engine/clustered/clustered_cache.h"

namespace holdfast::engine::clustered {
namespace {

constexpr std::size_t kExpiringMax = 1024;                    // keys that accesses met and that are being expired
constexpr Duration kTouchWait = std::chrono::seconds(30);     // longer than a hung owner stays a member

}  // namespace

// ---- Listeners

std::vector<Address> ClusteredCache::other_members() const {
  std::vector<Address> others;
  const InstalledPtr topo = installed();
  if (!topo) return others;
  for (const ConsistentHash* table : {topo->topology.current.get(), topo->topology.pending.get()}) {
    if (table == nullptr) continue;
    for (const HashMember& m : table->members()) {
      if (m.address != context_->node.self() && std::find(others.begin(), others.end(), m.address) == others.end()) others.push_back(m.address);
    }
  }
  return others;
}

/// Live events first, from everywhere; then what is there, without the keys that were heard of meanwhile.
ListenerId ClusteredCache::add_listener(ListenerSpec spec) {
  const bool replays = spec.include_current_state;
  const auto subscription = local_->subscribe(std::move(spec));
  if (!relay_.announce([this] { return other_members(); }, deadline_of({}))) {
    context_->runtime.log().warn("cluster", "cache '" + name() + "': not every member knows of a new listener yet; it is told again");
    tell_interests();
  }
  for (std::uint32_t s = 0; replays && s < segments(); ++s) {
    const auto entries = entries_of_segment({}, s);
    if (!entries.ok()) {
      context_->runtime.log().warn("cluster", "cache '" + name() + "': a listener was not shown all present entries: " + entries.error().message());
      break;
    }
    for (const Entry& e : *entries) local_->offer(*subscription, e.view());
  }
  subscription->end_replay();
  return subscription->id();
}

bool ClusteredCache::remove_listener(ListenerId id) {
  const bool removed = local_->remove_listener(id);
  if (removed) tell_interests();
  return removed;
}

/// Until every member knows; what the topology asks of this node is done only then, so that no new primary comes to be
/// who does not know.
void ClusteredCache::tell_interests() {
  if (stopped_ || telling_.exchange(true)) return;
  context_->runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this()] {
    self->relay_.announce([&] { return self->other_members(); }, kNever);
    self->telling_ = false;
    self->confirm_if_done();
  });
}

/// What a node that is no member any more has still to say, the new primaries have told again.
Result<Bytes> ClusteredCache::on_event(const Address& from, const EventMessage& message) {
  if (!context_->node.view()->has(from)) return Error(Errc::stale_topology);
  local_->hear(message.event());
  return Bytes();
}

// ---- Expiration

ClusterSide::Verdict ClusteredCache::judge(const Metadata& over, std::uint32_t segment) {
  // A lifespan ends on every owner at once; where nobody listens each forgets for itself.
  const bool heard = local_->listens_to_expiration() || hears(EventKind::expired, false);
  if (over.expiration.max_idle_ms < 0 && !heard) return Verdict::forget;
  const InstalledPtr topo = installed();
  return topo && topo->primary(segment) ? Verdict::decide : Verdict::later;
}

void ClusteredCache::expire(const std::vector<Bytes>& keys) {
  for (const Bytes& key : keys) {
    if (stopped_) return;
    Mutation m;
    m.key = key;
    m.effect = Effect::expire;
    m.flags = WriteFlag::skip_statistics;
    static_cast<void>(write({}, m));  // the reaper, or the next access, tries again
  }
}

void ClusteredCache::met_expired(BytesView key) {
  {
    Locked locked(lock_);
    if (stopped_ || expiring_.size() >= kExpiringMax || !expiring_.emplace(key).second) return;
  }
  context_->runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), key = Bytes(key)] {
    self->expire({key});
    Locked locked(self->lock_);
    self->expiring_.erase(key);
  });
}

void ClusteredCache::touch(BytesView key, TimeMs now_ms) {
  if (const InstalledPtr topo = installed()) touch_others(*topo, key, now_ms);
}

/// False: some owner may not know of the use.
bool ClusteredCache::touch_others(const Installed& topo, BytesView key, TimeMs used_ms) {
  Bytes body;
  append_touch(body, {name(), topo.id(), Bytes(key), used_ms});
  const std::vector<Address> owners = topo.other_owners(segment(key), context_->node.self());
  if (configuration().expiration.touch_asynchronous) {
    for (const Address& owner : owners) context_->node.tell(owner, method::kTouch, body);
    return true;
  }
  std::vector<std::unique_ptr<cluster::PendingCall>> calls;
  for (const Address& owner : owners) calls.push_back(context_->node.begin_call(owner, method::kTouch, body));
  bool all = true;
  for (const auto& call : calls) all = call->wait(context_->now() + kTouchWait).ok() && all;
  return all;
}

Result<Bytes> ClusteredCache::on_touch(const TouchRequest& request) {
  local_->touch_replica(request.key, request.used_ms);
  return Bytes();
}

}  // namespace holdfast::engine::clustered
