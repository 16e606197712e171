#include "topology/hash_factory.h"

#include <algorithm>

#include "base/assert.h"
#include "topology/original_factories.h"
#include "topology/placement.h"

namespace holdfast::topology {
namespace {

using Owners = ConsistentHash::Owners;

/// `from`'s owners as positions in `members`; owners that are no members are left out.
std::vector<Owners> owners_as(const ConsistentHash& from, const std::vector<HashMember>& members) {
  std::vector<NodeIndex> position(from.members().size(), kNoNode);
  for (std::size_t i = 0; i < position.size(); ++i) {
    const auto at = std::find_if(members.begin(), members.end(), [&](const HashMember& m) { return m.address == from.members()[i].address; });
    if (at != members.end()) position[i] = static_cast<NodeIndex>(at - members.begin());
  }
  std::vector<Owners> owners(from.segments());
  for (std::uint32_t s = 0; s < from.segments(); ++s) {
    for (const NodeIndex n : from.owners(s)) {
      if (position[n] != kNoNode) owners[s].push_back(position[n]);
    }
  }
  return owners;
}

std::vector<Owners> present(const ConsistentHash* current, const std::vector<HashMember>& members) {
  return current ? owners_as(*current, members) : std::vector<Owners>();
}

class BalancedFactory final : public HashFactory {
 public:
  ConsistentHash rebalance(const HashShape& shape, const std::vector<HashMember>& members, const ConsistentHash* current) const override {
    const std::vector<Owners> now = present(current, members);
    const FaultDomain domains = fault_domains(members);
    const std::vector<double> loads = ideal_loads(domains, members.size(), shape);
    std::vector<Owners> owners = place_owners(domains, loads, shape, now);
    place_primaries(owners, loads, now);
    return ConsistentHash(members, owners);
  }
};

/// Every node owns everything; only the primaries are shared out.
class ReplicatedFactory final : public HashFactory {
 public:
  ConsistentHash rebalance(const HashShape& shape, const std::vector<HashMember>& members, const ConsistentHash* current) const override {
    const std::vector<Owners> now = present(current, members);
    std::vector<double> loads(members.size());
    Owners all;
    for (NodeIndex n = 0; n < members.size(); ++n) {
      loads[n] = members[n].capacity_factor;
      if (loads[n] > 0) all.push_back(n);
    }
    std::vector<Owners> owners(shape.segments);
    for (std::uint32_t s = 0; s < shape.segments; ++s) {
      if (s < now.size()) owners[s] = now[s];
      std::erase_if(owners[s], [&](NodeIndex n) { return loads[n] <= 0; });
      for (const NodeIndex n : all) {
        if (std::find(owners[s].begin(), owners[s].end(), n) == owners[s].end()) owners[s].push_back(n);
      }
    }
    place_primaries(owners, loads, now);
    return ConsistentHash(members, owners);
  }
};

}  // namespace

Registry<HashFactoryPtr> builtin_hash_factories() {
  Registry<HashFactoryPtr> registry("consistent hash factory");
  const auto add = [&](const std::string& name, HashFactoryPtr factory) { HF_ASSERT(registry.add(name, std::move(factory)).ok()); };
  const std::string package = "org.infinispan.distribution.ch.impl.";
  add(kDefaultHashFactory, std::make_shared<BalancedFactory>());
  add(package + "SyncConsistentHashFactory", make_sync_factory(false));
  add(package + "TopologyAwareSyncConsistentHashFactory", make_sync_factory(true));
  add(package + "DefaultConsistentHashFactory", make_default_factory(false));
  add(package + "TopologyAwareConsistentHashFactory", make_default_factory(true));
  add(package + "ReplicatedConsistentHashFactory", std::make_shared<ReplicatedFactory>());
  return registry;
}

ConsistentHash without_leavers(const ConsistentHash& current, const std::vector<HashMember>& staying) {
  std::vector<HashMember> members;
  for (const HashMember& m : current.members()) {
    const bool stays = std::any_of(staying.begin(), staying.end(), [&](const HashMember& s) { return s.address == m.address; });
    if (stays) members.push_back(m);
  }
  std::vector<Owners> owners = owners_as(current, members);
  std::vector<std::uint32_t> load(members.size());
  for (const Owners& list : owners) {
    for (const NodeIndex n : list) ++load[n];
  }
  for (Owners& list : owners) {
    if (!list.empty()) continue;
    NodeIndex least = kNoNode;
    for (NodeIndex n = 0; n < members.size(); ++n) {
      if (members[n].capacity_factor > 0 && (least == kNoNode || load[n] < load[least])) least = n;
    }
    if (least == kNoNode) continue;
    list.push_back(least);
    ++load[least];
  }
  return ConsistentHash(std::move(members), owners);
}

ConsistentHash union_of(const ConsistentHash& first, const ConsistentHash& second) {
  std::vector<HashMember> members = first.members();
  for (const HashMember& m : second.members()) {
    if (first.index_of(m.address) == kNoNode) members.push_back(m);
  }
  std::vector<Owners> owners = owners_as(first, members);
  const std::vector<Owners> others = owners_as(second, members);
  owners.resize(std::max(owners.size(), others.size()));
  for (std::size_t s = 0; s < others.size(); ++s) {
    for (const NodeIndex n : others[s]) {
      if (std::find(owners[s].begin(), owners[s].end(), n) == owners[s].end()) owners[s].push_back(n);
    }
  }
  return ConsistentHash(std::move(members), owners);
}

std::uint32_t moved_segments(const ConsistentHash& from, const ConsistentHash& to) {
  const std::vector<Owners> before = owners_as(from, to.members());
  std::uint32_t moved = 0;
  for (std::uint32_t s = 0; s < to.segments(); ++s) {
    for (const NodeIndex n : to.owners(s)) {
      moved += s >= before.size() || std::find(before[s].begin(), before[s].end(), n) == before[s].end();
    }
  }
  return moved;
}

}  // namespace holdfast::topology
