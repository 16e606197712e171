// Definitions made at run time: on every member or on none, and the same again after nodes were apart (docs/adr/0005).
#include <algorithm>

#include "engine/clustered/shared.h"

namespace holdfast::engine::clustered {
namespace {

constexpr Duration kApplyTime = std::chrono::seconds(20);  // a definition and the start of its cache on one node
constexpr std::uint32_t kDefinitionsMax = 1 << 20;

Bytes list_of(const std::vector<DefinitionChange>& changes) {
  Bytes out;
  append_vint(out, static_cast<std::uint32_t>(changes.size()));
  for (const DefinitionChange& change : changes) append_change(out, change);
  return out;
}

std::optional<std::vector<DefinitionChange>> read_list(BytesView body) {
  Reader in(body);
  const std::uint32_t count = in.vint();
  if (count > kDefinitionsMax) return std::nullopt;
  std::vector<DefinitionChange> changes;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto change = read_change(in);
    if (!change) return std::nullopt;
    changes.push_back(std::move(*change));
  }
  return changes;
}

/// Does the cluster, which has `ours`, learn something from a node that was away?
bool is_news(const DefinitionChange& theirs, const std::optional<DefinitionChange>& ours) {
  if (!ours) return true;
  if (!theirs.creates()) return theirs.mark.removed > ours->mark.removed && theirs.mark.removed >= ours->mark.made;
  if (!ours->creates()) return theirs.mark.made > ours->mark.removed;
  return theirs.mark.made != ours->mark.made && theirs.mark.removed != 0 && theirs.mark.removed >= ours->mark.made;
}

}  // namespace

// ---- As the coordinator

std::optional<DefinitionChange> ClusterEngine::Shared::known_of(const DefinitionChange& change) {
  for (DefinitionChange& k : definitions ? definitions() : std::vector<DefinitionChange>()) {
    if (k.name == change.name && k.is_template() == change.is_template()) return std::move(k);
  }
  return std::nullopt;
}

/// Later than every change that is known here.
Version ClusterEngine::Shared::next_mark() {
  Version last = 0;
  for (const DefinitionChange& k : definitions ? definitions() : std::vector<DefinitionChange>()) last = std::max({last, k.mark.made, k.mark.removed});
  return next_version(last, runtime.clock().now_ms());
}

/// One change of a name at a time.
Result<Bytes> ClusterEngine::Shared::change_on_all(BytesView body) {
  Reader in(body);
  auto change = read_change(in);
  if (!change) return malformed();
  if (!coordinator->active() || changing.contains(change->name)) return Error(Errc::stale_topology, "not the coordinator, or busy with this name");
  const auto before = known_of(*change);
  if (!change->creates()) {
    change->mark.removed = next_mark();
  } else if (before && before->creates()) {
    if (change->mark.request == 0 || before->mark.request != change->mark.request) {
      return Error(Errc::already_exists, "ISPN000507: Cache '" + change->name + "' already exists");
    }
    change = before;  // asked for again, because the coordinator before went
  } else {
    change->mark.made = next_mark();
    change->mark.removed = before ? before->mark.removed : 0;
  }
  HF_TRY(distribute(*change, true));
  return Bytes();
}

/// To every member of the view.
Status ClusterEngine::Shared::distribute(const DefinitionChange& change, bool all_or_none) {
  using Kind = DefinitionChange::Kind;
  changing.insert(change.name);
  const auto view = node.view();
  Status all = success();
  std::vector<Address> done;
  for (const NodeInfo& member : view->members) {
    const Status applied = apply_on(member.address, change);
    if (applied.ok()) done.push_back(member.address);
    else if (node.view()->has(member.address)) all = applied.error().in(member.address.name);
    if (!all.ok()) break;
  }
  if (!all.ok() && all_or_none && change.creates()) {
    DefinitionChange back = change;
    back.kind = change.is_template() ? Kind::remove_template : Kind::remove_cache;
    back.mark.removed = next_mark();
    for (const Address& member : done) static_cast<void>(apply_on(member, back));
  }
  if (change.kind == Kind::remove_cache || (!all.ok() && change.kind == Kind::create_cache && all_or_none)) coordinator->forget(change.name);
  changing.erase(change.name);
  return all;
}

Status ClusterEngine::Shared::apply_on(const Address& member, const DefinitionChange& change) {
  Bytes body;
  append_change(body, change);
  const auto answer = node.call(member, method::kApply, std::move(body), runtime.clock().now() + kApplyTime);
  return answer.ok() ? success() : Status(answer.error());
}

/// A node that was away, or has another coordinator now, tells what it has; what is news goes to everybody. The answer is what
/// the cluster has.
Result<Bytes> ClusterEngine::Shared::on_reconcile(BytesView body) {
  const auto theirs = read_list(body);
  if (!theirs) return malformed();
  if (!coordinator->active()) return Error(Errc::stale_topology, "this node does not coordinate yet");
  for (const DefinitionChange& change : *theirs) {
    if (!is_news(change, known_of(change))) continue;
    if (changing.contains(change.name)) return Error(Errc::stale_topology, "busy with '" + change.name + "'");
    if (const Status done = distribute(change, false); !done.ok()) {
      runtime.log().warn("cluster", "'" + change.name + "', which a joining node brought, is not on every node: " + done.error().message());
    }
  }
  return list_of(definitions ? definitions() : std::vector<DefinitionChange>());
}

// ---- As a member

/// `between`: after removals and what replaces what is here, before what is new here is made. It gets what the cluster has.
Status ClusterEngine::Shared::reconcile(OnConflict on_conflict, Instant deadline, FunctionRef<void(const std::vector<DefinitionChange>&)> between) {
  HF_ASSIGN(const Bytes answer, ask_coordinator(method::kReconcile, list_of(definitions ? definitions() : std::vector<DefinitionChange>()), deadline));
  const auto cluster = read_list(answer);
  if (!cluster) return malformed();
  Status all = success();
  const auto take = [&](const DefinitionChange& change) {
    if (!apply) return;
    const Status applied = apply(change, on_conflict);
    if (!applied.ok() && !applied.failed_with(Errc::already_exists)) all = applied.error().in("'" + change.name + "', which the cluster made at run time");
  };
  std::vector<const DefinitionChange*> later;
  for (const DefinitionChange& change : *cluster) {
    if (change.creates() && find(change.name) == nullptr) later.push_back(&change);
    else take(change);
  }
  between(*cluster);
  for (const DefinitionChange* change : later) take(*change);
  joined = true;
  return all;
}

void ClusterEngine::Shared::rejoin(std::vector<Away> away) {
  if (!joined && away.empty()) return;  // the world reconciles when it starts
  for (const DefinitionChange& k : definitions ? definitions() : std::vector<DefinitionChange>()) {
    for (Away& a : away) {
      if (k.kind == DefinitionChange::Kind::create_cache && k.name == a.cache->name()) a.made = k.mark.made;
    }
  }
  const auto shared = std::make_shared<std::vector<Away>>(std::move(away));
  runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), shared] {
    const Status settled = self->reconcile(OnConflict::yield, kNever, [&](const std::vector<DefinitionChange>& cluster) {
      for (const Away& a : *shared) {
        if (self->find(a.cache->name()) != a.cache) self->replaced(a, cluster);
        else self->runtime.scheduler().spawn(runtime::kControlLoop, [self, shared, &a] { self->rejoin_cache(a); });
      }
    });
    if (!settled.ok() && !self->stopped) self->runtime.log().error("cluster", "definitions of this node and of the cluster differ: " + settled.error().message());
  });
}

void ClusterEngine::Shared::rejoin_cache(const Away& away) {
  Bytes body;
  append_join(body, join_of(away.cache->local()));
  const auto joined_again = ask_coordinator(method::kJoin, body, kNever);
  if (joined_again.ok()) static_cast<void>(away.cache->take_attributes(*joined_again));
  const Status done = joined_again.ok() ? away.cache->put_back(away.aside) : Status(joined_again.error());
  if (stopped) return;
  const std::string what = "cache '" + away.cache->name() + "': ";
  if (!done.ok()) runtime.log().error("cluster", what + done.error().message());
  else if (!away.aside.empty()) runtime.log().info("cluster", what + std::to_string(away.aside.entries.size()) + " entries and " + std::to_string(away.aside.removals.size()) + " removals of this side of the split were merged");
}

/// The cluster's cache took the place of one of this node. Entries of a cache that was removed went with it; those of one that
/// is defined in another way are merged if they mean the same there.
void ClusterEngine::Shared::replaced(const Away& away, const std::vector<DefinitionChange>& cluster) {
  const std::string what = "cache '" + away.cache->name() + "': " + std::to_string(away.aside.entries.size()) + " entries of this side of the split ";
  const auto there = std::find_if(cluster.begin(), cluster.end(), [&](const DefinitionChange& c) { return !c.is_template() && c.name == away.cache->name(); });
  const auto cache = find(away.cache->name());
  if (!cache || there == cluster.end() || there->mark.removed >= away.made) {
    if (!away.aside.entries.empty()) runtime.log().warn("cluster", what + "are gone: the other side had removed the cache");
    return;
  }
  Status done = Error(Errc::invalid_configuration, "they are stored in another encoding");
  if (cache->configuration().encoding == away.cache->configuration().encoding) done = cache->put_back(away.aside);
  if (done.ok()) runtime.log().info("cluster", what + "were merged into the cache as the cluster defines it");
  else runtime.log().error("cluster", what + "could not be merged into the cache as the cluster defines it: " + done.error().message());
}

}  // namespace holdfast::engine::clustered
