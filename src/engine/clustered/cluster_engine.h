// ClusterEngine: everything clustered of one CacheManager: the node, the clustered caches, the coordinator's work.
//
// Owner: the CacheManager.  Threads: any.  Waits: start(), start_cache(), leave().
// Fails with: invalid_configuration (a cache that differs from the cluster's), timeout (initial state), what the node fails with.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/cluster.h"
#include "engine/clustered/clustered_cache.h"
#include "engine/clustered/coordinator.h"

namespace holdfast::engine::clustered {

struct ClusterEngineOptions {
  cluster::ClusterOptions node;
  std::int32_t initial_cluster_size = -1;   // members to wait for at start; -1 = none
  std::int64_t initial_cluster_timeout_ms = 60000;
  Duration read_stagger = std::chrono::milliseconds(5);  // a read that the primary has not answered by then asks other owners too
};

class ClusterEngine final : public Cluster {
 public:
  ClusterEngine(runtime::Runtime& runtime, ClusterEngineOptions options);
  ~ClusterEngine() override;
  ClusterEngine(const ClusterEngine&) = delete;
  ClusterEngine& operator=(const ClusterEngine&) = delete;

  void serve_definitions(Apply apply, Known known) override;
  void serve_switches(std::function<void(BytesView)> keep, BytesView kept) override;
  Status start() override;
  Status reconcile(Instant deadline) override;
  Status change(const DefinitionChange& change, Instant deadline) override;
  Result<CachePtr> start_cache(std::shared_ptr<LocalCache> local, Instant deadline) override;
  void stop_cache(const std::string& name) override;
  void leave(Instant deadline) override;
  void serve_requests(std::function<void(Request)> serve) override;
  void ask_all(Request what, Instant deadline) override;
  Address self() const override;
  std::shared_ptr<const View> view() const override;
  void announce(const ClientTopology::Server& endpoint) override;
  std::shared_ptr<const ClientTopology> client_topology(const std::string& cache) const override;
  bool rebalancing(const std::string& cache) const override;
  Status set_rebalancing(const std::string& cache, bool enabled, Instant deadline) override;
  bool rebalancing_enabled(const std::string& cache) const override;
  std::vector<NodeMemory> memory(Instant deadline) override;

  cluster::ClusterNode& node();
  /// Null: no such cache runs here.
  std::shared_ptr<ClusteredCache> find(const std::string& cache) const;

 private:
  struct Shared;
  const std::int32_t initial_size_;
  const std::int64_t initial_timeout_ms_;
  const std::shared_ptr<Shared> shared_;  // requests of other nodes may hold it for a while longer
};

}  // namespace holdfast::engine::clustered
