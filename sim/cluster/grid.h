// Grid: a cluster of real nodes with one clustered cache on simulated machines. workload.h brings the clients.
//
// Owner: the test.  Threads: the simulation's one.  Waits: never in real time.  Fails with: nothing; checkers judge.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/clustered/cluster_engine.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {

struct GridOptions {
  std::size_t nodes = 3;
  std::uint32_t segments = 16;
  int owners = 2;
  CacheMode mode = CacheMode::distributed;
  bool asynchronous = false;
  bool statistics = false;
  /// Everything else about the cache.
  CacheConfiguration configuration;
  /// What one node says otherwise than the others.
  std::function<void(std::size_t node, NodeInfo&, CacheConfiguration&)> adjust;
  SimulationOptions simulation;
};

class Grid {
 public:
  Grid(const GridOptions& options, std::uint64_t seed);
  ~Grid();

  void start(std::size_t i);
  void start_all();
  /// A graceful leave, then the process ends.
  void leave(std::size_t i);
  SimHost& host(std::size_t i) { return *simulation_.hosts()[i]; }
  Simulation& simulation() { return simulation_; }
  /// Serves its cache.
  bool serving(std::size_t i) const;
  engine::Cache* cache(std::size_t i) { return serving(i) ? nodes_[i].cache : nullptr; }
  engine::clustered::ClusterEngine* engine(std::size_t i) { return nodes_[i].engine; }
  /// Null while it does not serve; one that is about to leave serves still.
  engine::clustered::ClusteredCache* clustered(std::size_t i) const { return has_cache(i) ? nodes_[i].clustered : nullptr; }
  /// Why a node's cache did not start; "" = it did, or has not ended trying.
  const std::string& refusal(std::size_t i) const { return nodes_[i].refusal; }
  const GridOptions& options() const { return options_; }
  std::vector<std::size_t> everybody() const;
  /// Called in each life of a node, once its cache serves. Before the first start.
  void on_serving(std::function<void(std::size_t node, runtime::Runtime&)> hook) { on_serving_ = std::move(hook); }
  /// Called when the others went on without a node.
  void on_exclusion(std::function<void(std::size_t node)> hook) { on_exclusion_ = std::move(hook); }
  bool leaving(std::size_t i) const { return nodes_[i].leaving; }
  /// All of these serve, in one view of exactly themselves, with no rebalance going on.
  bool settled(const std::vector<std::size_t>& who) const;
  bool settle(const std::vector<std::size_t>& who, Duration limit);
  /// Runs in a fiber of the node, and the simulation until it has ended.
  void in_fiber(std::size_t i, std::function<void(engine::Cache&)> body);

 private:
  struct Node {
    engine::Cache* cache = nullptr;
    engine::clustered::ClusterEngine* engine = nullptr;
    engine::clustered::ClusteredCache* clustered = nullptr;
    bool leaving = false;
    std::string refusal;
  };
  void life(std::size_t i, runtime::Runtime& rt);
  bool has_cache(std::size_t i) const { return simulation_.hosts()[i]->running() && nodes_[i].cache != nullptr; }

  const GridOptions options_;
  std::vector<Node> nodes_;
  std::function<void(std::size_t, runtime::Runtime&)> on_serving_ = [](std::size_t, runtime::Runtime&) {};
  std::function<void(std::size_t)> on_exclusion_ = [](std::size_t) {};
  Simulation simulation_;
};

}  // namespace holdfast::sim
