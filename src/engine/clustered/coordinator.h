// Coordinator: while this node is the cluster's coordinator, it decides the topologies of all clustered caches: drives one
// topology::Rebalance each, sends what they say to the members, and takes their confirmations.
//
// Owner: ClusterEngine.  Threads: the control loop (fibers of it); one event at a time.
// Waits: take_over(), for the members' answers.  Fails with: nothing; members that do not answer leave the view sooner or later.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/clustered/administration.h"
#include "topology/rebalance.h"

namespace holdfast::engine::clustered {

class Coordinator : public std::enable_shared_from_this<Coordinator> {
 public:
  Coordinator(runtime::Runtime& runtime, cluster::ClusterNode& node) : runtime_(runtime), node_(node), factories_(topology::builtin_hash_factories()) {}

  /// This node became the coordinator of the view, or was and has a new one.
  void on_view(const View& before, const View& now);
  /// It is the coordinator no more.
  void resign();
  bool active() const { return active_; }

  Status join(const Address& from, const JoinRequest& join);
  void confirm(const Address& from, const std::string& cache, std::uint32_t topology_id);
  /// The cache is no more.
  void forget(const std::string& cache);
  /// Hands everything of a node over to others; true when that is done or cannot be.
  bool leave(const Address& node);
  /// Lets data move by itself, or not. Every member knows when this is a success.
  Status set_rebalancing(const RebalanceOrder& order);
  /// Also of a node that does not coordinate now. Any thread.
  KnownSwitches& switches() { return switches_; }

 private:
  struct Cache {
    JoinRequest shape;
    std::unique_ptr<topology::Rebalance> rebalance;
    std::map<Address, HashMember> members;
    std::map<Address, bool> leaving;  // true: handed over, or it cannot be
    std::uint32_t logged_rebalance = 0;
  };
  Cache& cache_for(const JoinRequest& join);
  void perform(const std::string& name, topology::Rebalance::Actions actions);
  void send(const std::string& name, const CacheTopology& topology);
  void take_over(const View& view);
  void log_rebalance(const std::string& name, Cache& cache, const CacheTopology& topology);
  bool tell_switches(const Address& member);
  void tell_switches_soon(const Address& member);
  static HashMember member_of(const NodeInfo& node, const JoinRequest& join);

  runtime::Runtime& runtime_;
  cluster::ClusterNode& node_;
  const Registry<topology::HashFactoryPtr> factories_;
  std::map<std::string, Cache> caches_;
  View view_;
  bool active_ = false;
  KnownSwitches switches_;
  std::uint64_t term_ = 0;  // counts take-overs, to drop what an older one began
};

}  // namespace holdfast::engine::clustered
