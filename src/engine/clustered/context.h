// What every clustered cache of one CacheManager shares: the node, the runtime, and the numbers of its invocations.
//
// Owner: ClusterEngine.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include "engine/clustered/wire.h"
#include "model/open_numbers.h"
#include "runtime/runtime.h"

namespace holdfast::engine::clustered {

struct Context {
  runtime::Runtime& runtime;
  cluster::ClusterNode& node;
  OpenNumbers& invocations;     // that this node may still retry
  /// How long a read waits for the primary before it asks the other owners too.
  const Duration read_stagger;
  /// Tells the coordinator that this node holds what the topology asks for. Any loop.
  std::function<void(const std::string& cache, std::uint32_t topology_id)> confirm;

  Instant now() const { return runtime.clock().now(); }
};

}  // namespace holdfast::engine::clustered
