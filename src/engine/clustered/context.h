// What every clustered cache of one CacheManager shares: the node, the runtime, and the numbers of its invocations.
//
// Owner: ClusterEngine.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <set>

#include "base/mutex.h"
#include "engine/clustered/wire.h"
#include "runtime/runtime.h"

namespace holdfast::engine::clustered {

/// The numbers of operations that this node may still retry.
class Invocations {
 public:
  std::uint64_t begin() {
    Locked locked(lock_);
    return *open_.insert(open_.end(), next_++);
  }
  void end(std::uint64_t counter) {
    Locked locked(lock_);
    open_.erase(counter);
  }
  /// Nothing below is retried any more.
  std::uint64_t done_mark() {
    Locked locked(lock_);
    return open_.empty() ? next_ : *open_.begin();
  }

 private:
  SpinLock lock_;
  std::set<std::uint64_t> open_ HF_GUARDED_BY(lock_);
  std::uint64_t next_ HF_GUARDED_BY(lock_) = 1;
};

struct Context {
  runtime::Runtime& runtime;
  cluster::ClusterNode& node;
  Invocations& invocations;
  /// How long a read waits for the primary before it asks the other owners too.
  const Duration read_stagger;
  /// Tells the coordinator that this node holds what the topology asks for. Any loop.
  std::function<void(const std::string& cache, std::uint32_t topology_id)> confirm;

  Instant now() const { return runtime.clock().now(); }
};

}  // namespace holdfast::engine::clustered
