#include "topology/placement.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/hash.h"
#include "topology/min_cost_flow.h"

namespace holdfast::topology {
namespace {

using Owners = ConsistentHash::Owners;
using Flow = MinCostFlow;

// What the flow pays, so that a lower rule never costs a higher one: spreading, then balance, then moves.
constexpr std::int32_t kMove = 1;
constexpr std::int32_t kRoundedUp = 1 << 8;
constexpr std::int32_t kOverloaded = 1 << 12;
constexpr std::int32_t kTogether = 1 << 16;

FaultDomain leaf(NodeIndex node, double capacity) {
  FaultDomain d;
  d.node = node;
  d.capacity = capacity;
  d.nodes = 1;
  return d;
}

/// Groups the nodes by what `level` says of them, and each group by the next level.
FaultDomain grouped(const std::vector<HashMember>& members, const std::vector<NodeIndex>& nodes, int level) {
  FaultDomain domain;
  if (level == 3) {
    for (const NodeIndex n : nodes) domain.children.push_back(leaf(n, members[n].capacity_factor));
  } else {
    std::map<std::string, std::vector<NodeIndex>> groups;
    for (const NodeIndex n : nodes) {
      const HashMember& m = members[n];
      // A node that does not name its machine has one of its own.
      const std::string own = '\x01' + m.address.name + '/' + std::to_string(m.address.incarnation);
      groups[level == 0 ? m.site : level == 1 ? m.rack : m.machine.empty() ? own : m.machine].push_back(n);
    }
    for (const auto& [name, group] : groups) domain.children.push_back(grouped(members, group, level + 1));
    if (domain.children.size() == 1) domain = FaultDomain(std::move(domain.children.front()));
  }
  domain.capacity = 0;
  domain.nodes = 0;
  for (FaultDomain& child : domain.children) {
    if (child.children.size() == 1 && child.children.front().node != kNoNode) child = FaultDomain(std::move(child.children.front()));
    domain.capacity += child.capacity;
    domain.nodes += child.nodes;
  }
  return domain;
}

/// Shares `amount` among the children in proportion to their capacity, none above its limit.
std::vector<double> shares(const FaultDomain& domain, double amount, const std::vector<double>& limits) {
  std::vector<double> share(domain.children.size(), 0);
  std::vector<bool> full(domain.children.size());
  for (;;) {
    double capacity = 0, left = amount;
    for (std::size_t i = 0; i < share.size(); ++i) {
      if (full[i]) left -= share[i];
      else capacity += domain.children[i].capacity;
    }
    bool again = false;
    for (std::size_t i = 0; i < share.size(); ++i) {
      if (full[i] || capacity <= 0) continue;
      share[i] = left * domain.children[i].capacity / capacity;
      if (share[i] <= limits[i]) continue;
      share[i] = limits[i];
      full[i] = again = true;
    }
    if (!again) return share;
  }
}

void add_loads(const FaultDomain& domain, double load, std::uint32_t copies, std::uint32_t segments, std::vector<double>& loads) {
  if (domain.node != kNoNode) {
    loads[domain.node] = load;
    return;
  }
  const std::uint32_t most = copies_per_child(domain, copies);
  std::vector<double> limits;
  for (const FaultDomain& child : domain.children) limits.push_back(static_cast<double>(segments) * std::min(most, child.nodes));
  const std::vector<double> share = shares(domain, load, limits);
  for (std::size_t i = 0; i < share.size(); ++i) {
    add_loads(domain.children[i], share[i], std::min(most, domain.children[i].nodes), segments, loads);
  }
}

std::uint64_t shuffle_key(std::uint32_t segment, NodeIndex node) {
  Bytes text;
  append_u32(text, segment);
  append_u16(text, node);
  return hash_key(text).h2;
}

/// A node's way to the sink: its share rounded down is free, one more costs a little, beyond that a lot.
struct Quota {
  Flow::Edge free = 0;
  static Quota add(Flow& flow, Flow::Node from, Flow::Node sink, double load, std::uint32_t segments) {
    const auto whole = static_cast<std::int32_t>(std::floor(load + 1e-9));
    Quota quota;
    quota.free = flow.add_edge(from, sink, whole, 0);
    flow.add_edge(from, sink, 1, kRoundedUp);
    flow.add_edge(from, sink, static_cast<std::int32_t>(segments), kOverloaded);
    return quota;
  }
};

/// The flow network of owners: source -> segment -> fault domains -> node -> sink.
class OwnerFlow {
 public:
  OwnerFlow(const FaultDomain& domains, const std::vector<double>& loads, const HashShape& shape, const std::vector<Owners>& current)
      : shape_(shape), current_(current), nodes_(loads.size()), copies_(std::min(shape.owners, domains.nodes)), flow_(2) {
    for (const double load : loads) {
      const Flow::Node node = flow_.add_node();
      node_.push_back(node);
      quota_.push_back(Quota::add(flow_, node, kSink, load, shape.segments));
    }
    to_node_.assign(shape.segments, std::vector<Flow::Edge>(nodes_, kNone));
    for (std::uint32_t s = 0; s < shape.segments; ++s) {
      const Flow::Node segment = flow_.add_node();
      source_.push_back(flow_.add_edge(kSource, segment, static_cast<std::int32_t>(copies_), 0));
      std::vector<Flow::Edge> path;
      add_domain(segment, domains, s, copies_, path);
    }
  }

  std::vector<Owners> solve() {
    for (std::uint32_t s = 0; s < shape_.segments; ++s) keep_present(s);
    flow_.run(kSource, kSink);
    std::vector<Owners> owners(shape_.segments);
    for (std::uint32_t s = 0; s < shape_.segments; ++s) owners[s] = owners_of(s);
    return owners;
  }

 private:
  static constexpr Flow::Node kSource = 0, kSink = 1;
  static constexpr Flow::Edge kNone = ~Flow::Edge{0};

  bool has_now(std::uint32_t s, NodeIndex node) const {
    return s < current_.size() && std::find(current_[s].begin(), current_[s].end(), node) != current_[s].end();
  }

  void add_domain(Flow::Node from, const FaultDomain& domain, std::uint32_t s, std::uint32_t copies, std::vector<Flow::Edge>& path) {
    const auto most = static_cast<std::int32_t>(copies_per_child(domain, copies));
    std::vector<const FaultDomain*> children;
    for (const FaultDomain& child : domain.children) children.push_back(&child);
    const auto key = [&](const FaultDomain* d) { return shuffle_key(s, first_node(*d)); };
    std::sort(children.begin(), children.end(), [&](const auto* a, const auto* b) { return key(a) < key(b); });
    for (const FaultDomain* child : children) {
      if (child->node != kNoNode) {
        to_node_[s][child->node] = flow_.add_edge(from, node_[child->node], 1, has_now(s, child->node) ? 0 : kMove);
        if (!path.empty()) paths_[{s, child->node}] = path;
        continue;
      }
      const Flow::Node inner = flow_.add_node();
      // One copy fewer than the most is free, so that as many children as possible take part.
      const auto free = std::max(most - 1, 1);
      path.push_back(flow_.add_edge(from, inner, std::min<std::int32_t>(free, static_cast<std::int32_t>(child->nodes)), 0));
      if (most > free) flow_.add_edge(from, inner, 1, kTogether);
      add_domain(inner, *child, s, static_cast<std::uint32_t>(most), path);
      path.pop_back();
    }
  }

  static NodeIndex first_node(const FaultDomain& d) { return d.node != kNoNode ? d.node : first_node(d.children.front()); }

  /// Owners that may stay at no cost stay: the flow starts from them and moves only what it must.
  void keep_present(std::uint32_t s) {
    if (s >= current_.size()) return;
    for (const NodeIndex node : current_[s]) {
      if (node >= nodes_ || to_node_[s][node] == kNone) continue;
      const auto at = paths_.find({s, node});
      const std::vector<Flow::Edge> path = at == paths_.end() ? std::vector<Flow::Edge>() : at->second;
      const bool fits = flow_.room(source_[s]) > 0 && flow_.room(quota_[node].free) > 0 &&
                        std::all_of(path.begin(), path.end(), [&](Flow::Edge e) { return flow_.room(e) > 0; });
      if (!fits) continue;
      flow_.preset(source_[s], 1);
      for (const Flow::Edge e : path) flow_.preset(e, 1);
      flow_.preset(to_node_[s][node], 1);
      flow_.preset(quota_[node].free, 1);
    }
  }

  Owners owners_of(std::uint32_t s) const {
    Owners owners;
    const auto chosen = [&](NodeIndex n) { return to_node_[s][n] != kNone && flow_.flow(to_node_[s][n]) > 0; };
    if (s < current_.size()) {
      for (const NodeIndex n : current_[s]) {
        if (n < nodes_ && chosen(n)) owners.push_back(n);
      }
    }
    Owners fresh;
    for (NodeIndex n = 0; n < nodes_; ++n) {
      if (chosen(n) && !has_now(s, n)) fresh.push_back(n);
    }
    std::sort(fresh.begin(), fresh.end(), [&](NodeIndex a, NodeIndex b) { return shuffle_key(s, a) < shuffle_key(s, b); });
    owners.insert(owners.end(), fresh.begin(), fresh.end());
    return owners;
  }

  const HashShape shape_;
  const std::vector<Owners>& current_;
  const std::size_t nodes_;
  const std::uint32_t copies_;
  Flow flow_;
  std::vector<Flow::Node> node_;
  std::vector<Quota> quota_;
  std::vector<Flow::Edge> source_;                // per segment
  std::vector<std::vector<Flow::Edge>> to_node_;  // per segment and node; kNone = the node takes none
  std::map<std::pair<std::uint32_t, NodeIndex>, std::vector<Flow::Edge>> paths_;  // the domain edges on the way to a node
};

}  // namespace

FaultDomain fault_domains(const std::vector<HashMember>& members) {
  std::vector<NodeIndex> nodes;
  for (NodeIndex n = 0; n < members.size(); ++n) {
    if (members[n].capacity_factor > 0) nodes.push_back(n);
  }
  return grouped(members, nodes, 0);
}

std::uint32_t copies_per_child(const FaultDomain& domain, std::uint32_t copies) {
  for (std::uint32_t most = 1;; ++most) {
    std::uint32_t room = 0, largest = 0;
    for (const FaultDomain& child : domain.children) {
      room += std::min(most, child.nodes);
      largest = std::max(largest, child.nodes);
    }
    if (room >= copies || most >= largest) return most;
  }
}

std::vector<double> ideal_loads(const FaultDomain& domains, std::size_t members, const HashShape& shape) {
  std::vector<double> loads(members, 0);
  const std::uint32_t copies = std::min(shape.owners, domains.nodes);
  if (copies > 0) add_loads(domains, static_cast<double>(copies) * shape.segments, copies, shape.segments, loads);
  return loads;
}

std::vector<Owners> place_owners(const FaultDomain& domains, const std::vector<double>& loads, const HashShape& shape,
                                 const std::vector<Owners>& current) {
  if (domains.nodes == 0) return std::vector<Owners>(shape.segments);
  return OwnerFlow(domains, loads, shape, current).solve();
}

namespace {

/// Where backups of one primary are few, swaps primary and backup along circles of three, which changes nobody's load:
/// so that a node's failure spreads its work over the others.
void spread_backups(std::vector<Owners>& owners, std::size_t nodes) {
  constexpr std::size_t kNodesMax = 16;  // larger clusters are mixed well enough by chance
  if (nodes < 3 || nodes > kNodesMax) return;
  std::vector<std::vector<std::vector<std::uint32_t>>> pairs(nodes, std::vector<std::vector<std::uint32_t>>(nodes));
  for (std::uint32_t s = 0; s < owners.size(); ++s) {
    if (owners[s].size() >= 2) pairs[owners[s][0]][owners[s][1]].push_back(s);
  }
  const auto excess = [&](std::size_t a, std::size_t b) { return static_cast<std::int64_t>(pairs[a][b].size()) - static_cast<std::int64_t>(pairs[b][a].size()); };
  const auto turn = [&](std::size_t a, std::size_t b) {
    const std::uint32_t s = pairs[a][b].back();
    pairs[a][b].pop_back();
    pairs[b][a].push_back(s);
    std::swap(owners[s][0], owners[s][1]);
  };
  for (std::size_t a = 0; a < nodes; ++a) {
    for (std::size_t b = 0; b < nodes; ++b) {
      for (std::size_t c = 0; c < nodes; ++c) {
        if (a == b || b == c || a == c) continue;
        while (excess(a, b) >= 2 && excess(b, c) >= 2 && excess(c, a) >= 2) {
          turn(a, b);
          turn(b, c);
          turn(c, a);
        }
      }
    }
  }
}

}  // namespace

void place_primaries(std::vector<Owners>& owners, const std::vector<double>& loads, const std::vector<Owners>& current) {
  constexpr Flow::Node kSource = 0, kSink = 1;
  const double copies = std::accumulate(loads.begin(), loads.end(), 0.0);
  if (copies <= 0) return;
  Flow flow(2);
  std::vector<Flow::Node> node;
  std::vector<Quota> quota;
  for (const double load : loads) {
    node.push_back(flow.add_node());
    quota.push_back(Quota::add(flow, node.back(), kSink, load * static_cast<double>(owners.size()) / copies, static_cast<std::uint32_t>(owners.size())));
  }
  std::vector<std::vector<Flow::Edge>> choices(owners.size());
  for (std::uint32_t s = 0; s < owners.size(); ++s) {
    const Flow::Node segment = flow.add_node();
    const Flow::Edge source = flow.add_edge(kSource, segment, 1, 0);
    const Owners before = s < current.size() ? current[s] : Owners();
    for (const NodeIndex n : owners[s]) {
      const bool primary = !before.empty() && before.front() == n;
      const bool has_data = std::find(before.begin(), before.end(), n) != before.end();
      choices[s].push_back(flow.add_edge(segment, node[n], 1, primary ? 0 : has_data || before.empty() ? kMove : 2 * kMove));
      if (!primary || flow.room(quota[n].free) == 0) continue;
      flow.preset(source, 1);
      flow.preset(choices[s].back(), 1);
      flow.preset(quota[n].free, 1);
    }
  }
  flow.run(kSource, kSink);
  for (std::uint32_t s = 0; s < owners.size(); ++s) {
    for (std::size_t i = 0; i < choices[s].size(); ++i) {
      if (flow.flow(choices[s][i]) > 0) std::rotate(owners[s].begin(), owners[s].begin() + static_cast<std::ptrdiff_t>(i), owners[s].begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  spread_backups(owners, loads.size());
}

}  // namespace holdfast::topology
