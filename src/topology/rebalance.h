// Rebalance: what the coordinator decides about one cache, as a state machine without I/O. Events go in (a node joins,
// leaves, crashed, confirmed), topologies to install come out.
//
// A crash trims both tables and the rebalance goes on; a join or leave that comes in between waits for its end, so a storm
// of joins cannot keep data moving for ever. Confirmations count only for the newest topology.
//
// Owner: the coordinator's control loop.  Threads: one at a time.  Waits: never.  Fails with: nothing.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "model/cache_topology.h"
#include "topology/hash_factory.h"

namespace holdfast::topology {

/// What the machine asks its driver to do, in order.
struct RebalanceAction {
  enum class Kind {
    install,     // send `topology` to every member of it
    handed_over, // `node` asked to leave, and owns nothing any more
    stranded,    // `node` asked to leave, and nobody can take over its data now: it goes with it, or waits
    stable,      // no rebalance goes on and none is due: `topology` is what partition handling measures with
    lost,        // `segments` lost the last owner that held all of their data
  } kind = Kind::install;
  CacheTopology topology;
  Address node;
  std::vector<std::uint32_t> segments;
};

class Rebalance {
 public:
  using Actions = std::vector<RebalanceAction>;

  Rebalance(HashShape shape, HashFactoryPtr factory) : shape_(shape), factory_(std::move(factory)) {}

  /// A node starts the cache (again). Nodes may join together: one rebalance serves them all.
  Actions join(const std::vector<HashMember>& nodes);
  /// A node wants to go: its data is handed over first (G5).
  Actions leave(const Address& node);
  /// Nodes are gone without a word.
  Actions crashed(const std::vector<Address>& nodes);
  /// The node has installed this topology and holds the data that it asks for.
  Actions confirm(const Address& node, std::uint32_t topology_id);
  /// Joins add members without segments while suspended.
  Actions suspend(bool suspended);
  /// Takes over after another coordinator: from what the members have installed, the newest. `alive` are the nodes that
  /// run the cache, in view order.
  Actions recover(const CacheTopology& newest, const std::vector<HashMember>& alive);

  const CacheTopology& topology() const { return topology_; }
  bool suspended() const { return suspended_; }
  /// Members that have not confirmed the newest topology.
  const std::set<Address>& awaited() const { return awaited_; }

 private:
  void install(RebalancePhase phase, ConsistentHashPtr current, ConsistentHashPtr pending, Actions& out);
  void advance(Actions& out);
  void start_if_due(Actions& out);
  void finish(Actions& out);
  void trim(Actions& out);
  void note_missing(const std::set<Address>& concerned);
  void strand_leavers(Actions& out);
  std::vector<HashMember> wanted() const;

  const HashShape shape_;
  const HashFactoryPtr factory_;
  std::vector<HashMember> nodes_;  // that run the cache, in the order in which they came
  std::set<Address> leaving_;
  bool suspended_ = false;
  CacheTopology topology_;
  std::set<Address> awaited_;
};

}  // namespace holdfast::topology
