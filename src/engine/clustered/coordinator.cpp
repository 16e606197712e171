#include "engine/clustered/coordinator.h"

#include <algorithm>

namespace holdfast::engine::clustered {
namespace {

using Kind = topology::RebalanceAction::Kind;

constexpr Duration kSendTime = std::chrono::seconds(2);
constexpr Duration kAgain = std::chrono::milliseconds(10);
constexpr const char* kReplicated = "org.infinispan.distribution.ch.impl.ReplicatedConsistentHashFactory";

std::string names_of(const ConsistentHash& table) {
  std::string out;
  for (const HashMember& m : table.members()) out += (out.empty() ? "" : ", ") + m.address.name;
  return out;
}

/// "owners is 2 in the cluster and 1 there, ..."; "" = none.
std::string difference(const JoinRequest& ours, const JoinRequest& theirs) {
  std::string all;
  const std::map<std::string, std::string> there(theirs.settings.begin(), theirs.settings.end());
  for (const auto& [name, value] : ours.settings) {
    const auto at = there.find(name);
    if (at == there.end() || at->second == value) continue;
    all += (all.empty() ? "" : ", ") + name + " is " + value + " in the cluster and " + at->second + " there";
  }
  return all;
}

}  // namespace

HashMember Coordinator::member_of(const NodeInfo& node, const JoinRequest& join) {
  HashMember m;
  m.address = node.address;
  m.capacity_factor = node.zero_capacity ? 0 : join.capacity_factor;
  m.site = node.site;
  m.rack = node.rack;
  m.machine = node.machine;
  return m;
}

Coordinator::Cache& Coordinator::cache_for(const JoinRequest& join) {
  Cache& c = caches_[join.cache];
  if (c.rebalance) return c;
  c.shape = join;
  const std::string wanted = join.replicated ? kReplicated : join.factory.empty() ? topology::kDefaultHashFactory : join.factory;
  auto factory = factories_.find(wanted);
  if (!factory.ok()) factory = factories_.find(topology::kDefaultHashFactory);
  c.rebalance = std::make_unique<topology::Rebalance>(topology::HashShape{join.segments, join.owners}, **factory);
  c.rebalance->suspend(!switches_.get().enabled(join.cache));
  return c;
}

Status Coordinator::join(const Address& from, const JoinRequest& join) {
  const NodeInfo* node = view_.find(from);
  if (!active_ || node == nullptr) return Error(Errc::stale_topology, "this node does not coordinate " + from.name);
  Cache& c = cache_for(join);
  if (const std::string differs = difference(c.shape, join); !differs.empty()) {
    const std::string why = "cache '" + join.cache + "' differs on " + from.name + " from the cluster's: " + differs + "; its configuration must be the same on all nodes";
    runtime_.log().warn("cluster", why);
    return Error(Errc::invalid_configuration, why);
  }
  const HashMember member = member_of(*node, join);
  if (!c.members.insert_or_assign(from, member).second) send(join.cache, c.rebalance->topology());  // it starts the cache again
  perform(join.cache, c.rebalance->join({member}));
  return success();
}

void Coordinator::confirm(const Address& from, const std::string& name, std::uint32_t topology_id) {
  const auto at = caches_.find(name);
  if (active_ && at != caches_.end()) perform(name, at->second.rebalance->confirm(from, topology_id));
}

bool Coordinator::leave(const Address& node) {
  bool done = true;
  for (auto& [name, c] : caches_) {
    if (!c.members.contains(node)) continue;
    const auto [at, fresh] = c.leaving.emplace(node, false);
    if (fresh) perform(name, c.rebalance->leave(node));
    done = done && c.leaving[node];
  }
  return done;
}

void Coordinator::perform(const std::string& name, topology::Rebalance::Actions actions) {
  for (topology::RebalanceAction& a : actions) {
    switch (a.kind) {
      case Kind::install:
        log_rebalance(name, caches_[name], a.topology);
        send(name, a.topology);
        break;
      case Kind::handed_over:
      case Kind::stranded: caches_[name].leaving[a.node] = true; break;
      case Kind::stable:
        runtime_.log().info("topology", "[Context=" + name + "][Scope=" + node_.self().name + "]ISPN100010: Finished rebalance with members [" +
                                            names_of(*a.topology.current) + "], topology id " + std::to_string(a.topology.id));
        break;
      case Kind::lost:
        runtime_.log().error("topology", "[Context=" + name + "] " + std::to_string(a.segments.size()) + " segments lost all their owners at once; their entries are gone");
        break;
    }
  }
}

void Coordinator::log_rebalance(const std::string& name, Cache& cache, const CacheTopology& t) {
  if (!t.rebalancing() || cache.logged_rebalance == t.rebalance_id) return;
  cache.logged_rebalance = t.rebalance_id;
  runtime_.log().info("topology", "[Context=" + name + "]ISPN100002: Starting rebalance with members [" + names_of(*t.pending) + "], phase READ_OLD_WRITE_ALL, topology id " +
                                      std::to_string(t.id) + "; " + std::to_string(topology::moved_segments(*t.current, *t.pending)) + " copies of segments move");
}

/// To every member, again until it has it or is no member any more. A newer topology makes an older one's sending moot.
void Coordinator::send(const std::string& name, const CacheTopology& topology) {
  Bytes body;
  append_array(body, name);
  topology.append(body);
  std::set<Address> to;
  for (const auto& table : {topology.current, topology.pending}) {
    if (!table) continue;
    for (const HashMember& m : table->members()) to.insert(m.address);
  }
  for (const Address& member : to) {
    runtime_.scheduler().spawn(runtime::kControlLoop, [this, self = shared_from_this(), name, member, body, id = topology.id, term = term_] {
      const auto current = [&] {
        const auto at = caches_.find(name);
        return active_ && term == term_ && at != caches_.end() && at->second.rebalance->topology().id == id && view_.has(member);
      };
      while (current()) {
        if (node_.call(member, method::kInstall, body, runtime_.clock().now() + kSendTime).ok()) return;
        runtime_.scheduler().sleep_until(runtime_.clock().now() + kAgain);
      }
    });
  }
}

void Coordinator::resign() {
  active_ = false;
  ++term_;
  caches_.clear();
}

void Coordinator::on_view(const View& before, const View& now) {
  view_ = now;
  if (!active_) {
    ++term_;
    runtime_.scheduler().spawn(runtime::kControlLoop, [this, self = shared_from_this(), now] { take_over(now); });
    return;
  }
  std::vector<Address> gone;
  for (const NodeInfo& m : before.members) {
    if (!now.has(m.address)) gone.push_back(m.address);
  }
  for (const NodeInfo& m : now.members) {
    if (!before.has(m.address)) tell_switches_soon(m.address);
  }
  for (auto& [name, c] : caches_) {
    for (const Address& a : gone) {
      c.members.erase(a);
      c.leaving.erase(a);
    }
    perform(name, c.rebalance->crashed(gone));
  }
}

/// Learns from the members what the coordinator before knew.
void Coordinator::take_over(const View& view) {
  const std::uint64_t term = term_;
  std::map<std::string, CacheStatus> newest;
  std::map<std::string, std::vector<HashMember>> alive;
  for (const NodeInfo& node : view.members) {
    for (;;) {
      if (term != term_ || !view_.has(node.address)) break;
      const auto answer = node_.call(node.address, method::kStatus, "", runtime_.clock().now() + kSendTime);
      if (!answer.ok()) {
        runtime_.scheduler().sleep_until(runtime_.clock().now() + kAgain);
        continue;
      }
      Reader in(*answer);
      const std::uint32_t count = in.vint();
      for (std::uint32_t i = 0; i < count; ++i) {
        const auto join = read_join(in);
        const auto topology = join ? CacheTopology::read(in) : std::nullopt;
        if (!topology) break;
        CacheStatus& known = newest[join->cache];
        if (known.join.cache.empty() || topology->id > known.topology.id) known = {*join, *topology};
        alive[join->cache].push_back(member_of(node, *join));
      }
      if (auto switches = read_switches(in)) switches_.set_if_newer(std::move(*switches));
      break;
    }
  }
  if (term != term_) return;
  if (view_.id != view.id) {  // the view moved on meanwhile: what we learned may lack somebody
    take_over(View(view_));
    return;
  }
  active_ = true;
  for (const NodeInfo& m : view_.members) tell_switches_soon(m.address);
  for (const auto& [name, status] : newest) {
    Cache& c = cache_for(status.join);
    for (const HashMember& m : alive[name]) c.members[m.address] = m;
    perform(name, c.rebalance->recover(status.topology, alive[name]));
  }
}

// ---- Operators' switches

Status Coordinator::set_rebalancing(const RebalanceOrder& order) {
  if (!active_) return Error(Errc::stale_topology, "this node does not coordinate");
  const std::uint64_t term = term_;
  RebalanceSwitches next = switches_.get();
  ++next.generation;
  if (order.cache.empty()) next.all_suspended = !order.enabled;
  else if (order.enabled) next.suspended.erase(order.cache);
  else next.suspended.insert(order.cache);
  switches_.set(next);
  runtime_.log().info("topology", std::string(order.enabled ? "rebalancing is enabled" : "rebalancing is suspended") + (order.cache.empty() ? " for the container" : " for cache '" + order.cache + "'"));
  for (auto& [name, c] : caches_) perform(name, c.rebalance->suspend(!next.enabled(name)));
  for (const NodeInfo& m : View(view_).members) {
    while (term == term_ && view_.has(m.address) && !tell_switches(m.address)) runtime_.scheduler().sleep_until(runtime_.clock().now() + kAgain);
  }
  if (term != term_) return Error(Errc::stale_topology, "another node coordinates now");
  return success();
}

bool Coordinator::tell_switches(const Address& member) {
  if (member == node_.self()) return true;
  Bytes body;
  append_switches(body, switches_.get());
  return node_.call(member, method::kSwitches, std::move(body), runtime_.clock().now() + kSendTime).ok();
}

void Coordinator::tell_switches_soon(const Address& member) {
  if (switches_.get().generation == 0) return;
  runtime_.scheduler().spawn(runtime::kControlLoop, [this, self = shared_from_this(), member, term = term_] {
    while (active_ && term == term_ && view_.has(member) && !tell_switches(member)) runtime_.scheduler().sleep_until(runtime_.clock().now() + kAgain);
  });
}

/// A later cache of the name begins anew.
void Coordinator::forget(const std::string& cache) {
  caches_.erase(cache);
  RebalanceSwitches now = switches_.get();
  if (now.suspended.erase(cache) == 0) return;
  ++now.generation;
  switches_.set(now);
  for (const NodeInfo& m : view_.members) tell_switches_soon(m.address);
}

}  // namespace holdfast::engine::clustered
