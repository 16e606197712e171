#include "topology/original_factories.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace holdfast::topology {
namespace {

using Owners = ConsistentHash::Owners;

/// A table in the making: who owns what, who has how much, who may have more.
class Draft {
 public:
  Draft(const HashShape& shape, const std::vector<HashMember>& members, bool topology_aware)
      : members_(members), topology_aware_(topology_aware), owners(shape.segments), owned(members.size()), primaries(members.size()) {
    for (const HashMember& m : members) {
      capacity_ += m.capacity_factor;
      able_ += m.capacity_factor > 0;
    }
    copies = std::min<std::uint32_t>(shape.owners, able_);
  }

  double share(NodeIndex n) const { return capacity_ > 0 ? members_[n].capacity_factor / capacity_ : 0; }
  std::uint32_t most_primaries(NodeIndex n) const { return ceil(share(n) * segments()); }
  std::uint32_t most_owned(NodeIndex n) const { return std::min(ceil(share(n) * segments() * copies), static_cast<std::uint32_t>(segments())); }
  double segments() const { return static_cast<double>(owners.size()); }
  bool owns(std::uint32_t s, NodeIndex n) const { return std::find(owners[s].begin(), owners[s].end(), n) != owners[s].end(); }

  /// How alike the node is to those that own the segment: 0 = at a site of its own, 3 = on one machine with one of them.
  int closeness(std::uint32_t s, NodeIndex n) const {
    if (!topology_aware_) return 0;
    int closest = 0;
    for (const NodeIndex other : owners[s]) {
      if (other == n) continue;
      const HashMember &a = members_[n], &b = members_[other];
      const int alike = a.site != b.site ? 0 : a.rack != b.rack ? 1 : a.machine.empty() || a.machine != b.machine ? 2 : 3;
      closest = std::max(closest, alike);
    }
    return closest;
  }
  /// The closest neighbourhood that some node outside of the segment's owners would still avoid.
  int least_closeness(std::uint32_t s) const {
    int least = 3;
    for (NodeIndex n = 0; n < members_.size(); ++n) {
      if (members_[n].capacity_factor > 0 && !owns(s, n)) least = std::min(least, closeness(s, n));
    }
    return least;
  }
  void add(std::uint32_t s, NodeIndex n) {
    primaries[n] += owners[s].empty();
    owners[s].push_back(n);
    ++owned[n];
  }
  /// The node with the smallest load for its capacity that may join the segment; kNoNode = none.
  NodeIndex least_loaded(std::uint32_t s) const {
    const int close = least_closeness(s);
    NodeIndex best = kNoNode;
    for (NodeIndex n = 0; n < members_.size(); ++n) {
      if (members_[n].capacity_factor <= 0 || owns(s, n) || closeness(s, n) > close) continue;
      if (best == kNoNode || load(n) < load(best)) best = n;
    }
    return best;
  }
  double load(NodeIndex n) const { return owned[n] / members_[n].capacity_factor; }

 private:
  static std::uint32_t ceil(double v) { return static_cast<std::uint32_t>(std::ceil(v - 1e-9)); }
  const std::vector<HashMember>& members_;
  const bool topology_aware_;
  double capacity_ = 0;
  std::uint32_t able_ = 0;

 public:
  std::uint32_t copies = 0;
  std::vector<Owners> owners;
  std::vector<std::uint32_t> owned, primaries;
};

class SyncFactory final : public HashFactory {
 public:
  explicit SyncFactory(bool topology_aware) : topology_aware_(topology_aware) {}

  ConsistentHash rebalance(const HashShape& shape, const std::vector<HashMember>& members, const ConsistentHash*) const override {
    Draft draft(shape, members, topology_aware_);
    throw_darts(draft, members, [&](std::uint32_t s, NodeIndex n) {
      if (draft.owners[s].empty() && draft.primaries[n] < draft.most_primaries(n)) draft.add(s, n);
    });
    throw_darts(draft, members, [&](std::uint32_t s, NodeIndex n) {
      const bool room = draft.owners[s].size() < draft.copies && draft.owned[n] < draft.most_owned(n) && !draft.owns(s, n);
      if (room && draft.closeness(s, n) <= draft.least_closeness(s)) draft.add(s, n);
    });
    for (std::uint32_t s = 0; s < shape.segments; ++s) {
      while (draft.owners[s].size() < draft.copies) draft.add(s, draft.least_loaded(s));
    }
    return ConsistentHash(members, draft.owners);
  }

 private:
  /// Each node hits segments in an order of its own, all nodes in turn.
  template <class Hit>
  static void throw_darts(const Draft& draft, const std::vector<HashMember>& members, Hit hit) {
    const auto segments = static_cast<std::uint32_t>(draft.owners.size());
    constexpr std::uint32_t kRoundsPerSegment = 4;
    for (std::uint32_t round = 0; round < kRoundsPerSegment * segments; ++round) {
      for (NodeIndex n = 0; n < members.size(); ++n) {
        if (members[n].capacity_factor <= 0) continue;
        Bytes text;
        append_address(text, members[n].address);
        append_u32(text, round);
        hit(static_cast<std::uint32_t>(hash_key(text).h2 % segments), n);
      }
    }
  }
  const bool topology_aware_;
};

class DefaultFactory final : public HashFactory {
 public:
  explicit DefaultFactory(bool topology_aware) : topology_aware_(topology_aware) {}

  ConsistentHash rebalance(const HashShape& shape, const std::vector<HashMember>& members, const ConsistentHash* current) const override {
    Draft draft(shape, members, topology_aware_);
    if (current) take_over(draft, members, *current);
    for (std::uint32_t s = 0; s < shape.segments; ++s) {
      while (draft.owners[s].size() < draft.copies) draft.add(s, draft.least_loaded(s));
    }
    even_out_owners(draft);
    even_out_primaries(draft);
    return ConsistentHash(members, draft.owners);
  }

 private:
  static void take_over(Draft& draft, const std::vector<HashMember>& members, const ConsistentHash& current) {
    for (std::uint32_t s = 0; s < std::min<std::uint32_t>(current.segments(), static_cast<std::uint32_t>(draft.owners.size())); ++s) {
      for (const NodeIndex was : current.owners(s)) {
        const auto at = std::find_if(members.begin(), members.end(), [&](const HashMember& m) { return m.address == current.members()[was].address; });
        if (at != members.end() && at->capacity_factor > 0 && draft.owners[s].size() < draft.copies) draft.add(s, static_cast<NodeIndex>(at - members.begin()));
      }
    }
  }
  /// Replaces owners that have too much by the least loaded nodes.
  static void even_out_owners(Draft& draft) {
    for (std::uint32_t s = 0; s < draft.owners.size(); ++s) {
      for (NodeIndex& owner : draft.owners[s]) {
        const NodeIndex other = draft.owned[owner] > draft.most_owned(owner) ? draft.least_loaded(s) : kNoNode;
        if (other == kNoNode || draft.owned[other] >= draft.most_owned(other) || draft.closeness(s, other) > draft.closeness(s, owner)) continue;
        --draft.owned[owner];
        ++draft.owned[other];
        owner = other;
      }
    }
  }
  static void even_out_primaries(Draft& draft) {
    std::fill(draft.primaries.begin(), draft.primaries.end(), 0);
    for (const Owners& list : draft.owners) {
      if (!list.empty()) ++draft.primaries[list.front()];
    }
    for (Owners& list : draft.owners) {
      if (list.empty() || draft.primaries[list.front()] <= draft.most_primaries(list.front())) continue;
      const auto best = std::min_element(list.begin(), list.end(), [&](NodeIndex a, NodeIndex b) { return draft.primaries[a] < draft.primaries[b]; });
      --draft.primaries[list.front()];
      ++draft.primaries[*best];
      std::swap(list.front(), *best);
    }
  }
  const bool topology_aware_;
};

}  // namespace

HashFactoryPtr make_sync_factory(bool topology_aware) { return std::make_shared<SyncFactory>(topology_aware); }
HashFactoryPtr make_default_factory(bool topology_aware) { return std::make_shared<DefaultFactory>(topology_aware); }

}  // namespace holdfast::topology
