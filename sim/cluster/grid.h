// Grid: a cluster of real nodes with one clustered cache on simulated machines, clients on each of them, and the history of
// what the clients did and saw.
//
// Owner: the test.  Threads: the simulation's one.  Waits: never in real time.  Fails with: nothing; checkers judge.
#pragma once

#include <string>
#include <vector>

#include "engine/clustered/cluster_engine.h"
#include "sim/checkers/history.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {

struct GridOptions {
  std::size_t nodes = 3;
  std::uint32_t segments = 16;
  int owners = 2;
  CacheMode mode = CacheMode::distributed;
  std::uint32_t clients_per_node = 2;
  std::uint32_t keys = 5;
  bool statistics = false;
  Duration think_max = std::chrono::milliseconds(20);
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
  /// All of these serve, in one view of exactly themselves, with no rebalance going on.
  bool settled(const std::vector<std::size_t>& who) const;
  bool settle(const std::vector<std::size_t>& who, Duration limit);
  /// Clients work while this is on; what they do is written down.
  void work(bool on) { working_ = on; }
  const std::vector<Observation>& history() const { return history_; }
  std::size_t count(Outcome outcome) const;
  /// Runs in a fiber of the node, and the simulation until it has ended.
  void in_fiber(std::size_t i, std::function<void(engine::Cache&)> body);

 private:
  struct Node {
    engine::Cache* cache = nullptr;
    engine::clustered::ClusterEngine* engine = nullptr;
    engine::clustered::ClusteredCache* clustered = nullptr;
    bool leaving = false;
  };
  void life(std::size_t i, runtime::Runtime& rt);
  void client(std::size_t i, std::uint32_t number, runtime::Runtime& rt);
  void one_operation(engine::Cache& cache, std::uint32_t number, Prng& choose);
  Duration now() const { return simulation_.now(); }

  const GridOptions options_;
  std::vector<Node> nodes_;
  std::vector<Observation> history_;
  std::uint64_t next_value_ = 1;
  bool working_ = false;
  Simulation simulation_;
};

}  // namespace holdfast::sim
