// ClusterEngine: everything clustered of one CacheManager: the node, the clustered caches, the coordinator's work.
//
// Owner: the CacheManager.  Threads: any.  Waits: start(), start_cache(), leave().
// Fails with: invalid_configuration (a cache that differs from the cluster's), timeout (initial state), what the node fails with.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/clustered/clustered_cache.h"
#include "engine/clustered/coordinator.h"

namespace holdfast::engine::clustered {

class ClusterEngine {
 public:
  ClusterEngine(runtime::Runtime& runtime, cluster::ClusterOptions options);
  ~ClusterEngine();
  ClusterEngine(const ClusterEngine&) = delete;
  ClusterEngine& operator=(const ClusterEngine&) = delete;

  /// In a view when it returns.
  Status start();
  /// Serves when it returns: the cache has a topology, and this node its segments. `local` has been started.
  Result<std::shared_ptr<ClusteredCache>> start_cache(std::shared_ptr<LocalCache> local, Instant deadline);
  void stop_cache(const std::string& name);
  /// Hands over what this node owns, then leaves the view; without a hand-over when the deadline passes (and says so).
  void leave(Instant deadline);

  cluster::ClusterNode& node();

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;  // requests of other nodes may hold it for a while longer
};

}  // namespace holdfast::engine::clustered
