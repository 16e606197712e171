// What the parts of a ClusterEngine have in common: the node, the caches, the coordinator; requests of other nodes hold it.
//
// Owner: ClusterEngine.  Threads: as each member says.  Waits: what talks to other nodes.
// Fails with: what ClusterEngine fails with.
#pragma once

#include <atomic>
#include <set>

#include "engine/clustered/cluster_engine.h"

namespace holdfast::engine::clustered {

using cluster::Method;

inline Error malformed() { return Error(Errc::protocol_error, "a malformed request"); }

/// What a node says of its cache when it joins.
inline JoinRequest join_of(const LocalCache& local) {
  const CacheConfiguration& c = local.configuration();
  JoinRequest join;
  join.cache = local.name();
  join.segments = local.segments();
  join.owners = static_cast<std::uint32_t>(c.owners);
  join.replicated = c.mode == CacheMode::replicated;
  join.factory = c.consistent_hash_factory;
  join.capacity_factor = c.capacity_factor;
  const auto text = [](const std::string& value, const char* fallback) { return value.empty() ? std::string(fallback) : value; };
  join.settings = {{"the kind of cache", join.replicated ? "replicated" : "distributed"},
                   {"mode", c.asynchronous ? "ASYNC" : "SYNC"},
                   {"owners", join.replicated ? "all nodes" : std::to_string(c.owners)},
                   {"segments", std::to_string(join.segments)},
                   {"consistent-hash-factory", text(join.factory, "the default")},
                   {"key-partitioner", text(c.key_partitioner, "the default")},
                   {"encoding of keys", text(c.encoding.key_media_type, "none")},
                   {"encoding of values", text(c.encoding.value_media_type, "none")},
                   {"groups enabled", c.groups.enabled ? "true" : "false"},
                   {"transaction mode", c.transaction.mode == TransactionMode::none ? "NONE" : "transactional"}};
  return join;
}

/// What requests of other nodes may outlive the engine with.
struct ClusterEngine::Shared : std::enable_shared_from_this<ClusterEngine::Shared> {
  Shared(runtime::Runtime& rt, cluster::ClusterOptions options, Duration read_stagger)
      : runtime(rt), owned(cluster::make_cluster_node(rt, std::move(options))), node(*owned),
        context{rt, node, invocations, read_stagger, [this](const std::string& cache, std::uint32_t id) { confirm(cache, id); }},
        coordinator(std::make_shared<Coordinator>(rt, node)) {}

  std::shared_ptr<ClusteredCache> find(const std::string& name) {
    Locked locked(lock);
    const auto at = caches.find(name);
    return at == caches.end() ? nullptr : at->second;
  }
  std::map<std::string, std::shared_ptr<ClusteredCache>> all() {
    Locked locked(lock);
    return caches;
  }

  void register_requests();
  void register_coordination();

  // definitions.cpp
  Result<Bytes> change_on_all(BytesView body);
  Status distribute(const DefinitionChange& change, bool all_or_none);
  Status apply_on(const Address& member, const DefinitionChange& change);
  std::optional<DefinitionChange> known_of(const DefinitionChange& change);
  Version next_mark();
  Status reconcile(OnConflict on_conflict, Instant deadline, FunctionRef<void(const std::vector<DefinitionChange>&)> between);
  Result<Bytes> on_reconcile(BytesView body);
  /// A cache of a node that begins anew, and what it had.
  struct Away {
    std::shared_ptr<ClusteredCache> cache;
    ClusteredCache::Aside aside;
    Version made = 0;
  };
  void rejoin(std::vector<Away> away);
  void rejoin_cache(const Away& away);
  void replaced(const Away& away, const std::vector<DefinitionChange>& cluster);

  void tell_endpoint(const Address& member);
  void on_endpoint(const Address& from, BytesView body);
  std::shared_ptr<const ClientTopology> client_topology(const std::string& cache);
  void on_view(const View& before, const View& now);
  void on_exclusion();
  void confirm(const std::string& cache, std::uint32_t id);
  Result<Bytes> ask_coordinator(Method what, const Bytes& body, Instant deadline);
  Result<Bytes> status();
  Result<Bytes> on_switches(const Address& from, BytesView body);
  Result<Bytes> install(const Address& from, BytesView body);
  Result<Bytes> on_request_to_all(BytesView body);

  using ControlRequest = Result<Bytes> (*)(Shared& self, const Address& from, BytesView body);
  Result<Bytes> on_control_loop(const Address& from, BytesView body, ControlRequest request);
  /// For caches, who may outlive the engine for a moment.
  std::shared_ptr<Context> shared_context() { return {shared_from_this(), &context}; }

  runtime::Runtime& runtime;
  const std::unique_ptr<cluster::ClusterNode> owned;
  cluster::ClusterNode& node;
  OpenNumbers invocations;
  Context context;
  const std::shared_ptr<Coordinator> coordinator;  // control loop
  SpinLock lock;
  std::map<std::string, std::shared_ptr<ClusteredCache>> caches HF_GUARDED_BY(lock);
  Apply apply;
  Known definitions;
  std::atomic<bool> joined{false};   // the world's definitions and the cluster's have been made the same once
  std::atomic<bool> stopped{false};
  std::atomic<bool> all_go{false};   // the whole cluster was asked to stop
  std::function<void(Cluster::Request)> serve_request HF_GUARDED_BY(lock);
  std::set<std::string> changing;  // names, while this node coordinates their change; control loop

  struct Told {
    std::uint32_t topology_id = 0;
    std::uint64_t endpoints_version = 0;
    std::shared_ptr<const ClientTopology> topology;
  };
  std::optional<ClientTopology::Server> own_endpoint HF_GUARDED_BY(lock);  // of every life of this node
  std::map<Address, ClientTopology::Server> endpoints HF_GUARDED_BY(lock);
  std::uint64_t endpoints_version HF_GUARDED_BY(lock) = 1;
  std::map<std::string, Told> told HF_GUARDED_BY(lock);
};

}  // namespace holdfast::engine::clustered
