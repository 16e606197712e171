// Cluster: what a CacheManager needs of the other nodes. engine/clustered implements it; a local world has none.
//
// Owner: the CacheManager.  Threads: any.  Waits: everything but the views of it may.
// Fails with: invalid_configuration (a cache that differs from the cluster's), timeout, what the transport fails with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/definitions.h"
#include "engine/local_cache.h"
#include "model/view.h"

namespace holdfast::engine {

/// A definition made or taken back at run time: it takes place on every node, or on none.
struct DefinitionChange {
  enum class Kind : std::uint8_t { create_cache, remove_cache, create_template, remove_template } kind = Kind::create_cache;
  std::string name;
  Bytes text;                   // of what is created, as DefinitionFormat writes it
  bool volatile_definition = false;
  DefinitionMark mark;          // made by the coordinator; `request` by who asks
  bool is_template() const { return kind == Kind::create_template || kind == Kind::remove_template; }
  bool creates() const { return kind == Kind::create_cache || kind == Kind::create_template; }
  friend bool operator==(const DefinitionChange&, const DefinitionChange&) = default;
};

/// What a world does with a definition that it has otherwise, of another origin.
enum class OnConflict : std::uint8_t { refuse, yield };

/// Where clients find the nodes, and who owns what of one cache.
struct ClientTopology {
  struct Server {
    std::string host;
    std::uint16_t port = 0;
  };
  std::uint32_t id = 0;         // differs whenever servers or owners differ; the same on every node
  std::vector<Server> servers;
  std::vector<std::vector<std::uint32_t>> owners;  // by segment: indexes of servers, the primary first
};

class Cluster {
 public:
  virtual ~Cluster() = default;  // stops without a word

  /// How changes of definitions reach this world, and what it has: what was made at run time, and what was removed. Before start().
  using Apply = std::function<Status(const DefinitionChange&, OnConflict)>;
  using Known = std::function<std::vector<DefinitionChange>()>;
  virtual void serve_definitions(Apply apply, Known known) = 0;

  /// What operators switch outlives the cluster: `keep` is called whenever it changes, `kept` is what was kept last. Before start().
  virtual void serve_switches(std::function<void(BytesView)> keep, BytesView kept) = 0;

  /// In a view of at least the configured size when it returns.
  virtual Status start() = 0;
  /// This world's definitions and the cluster's become the same. invalid_configuration: one differs. Done again by itself
  /// whenever this node joins anew, as another's cluster is united with its own, and when the coordinator changes.
  virtual Status reconcile(Instant deadline) = 0;
  virtual Status change(const DefinitionChange& change, Instant deadline) = 0;
  /// The cache serves when it returns. `local` has been started.
  virtual Result<CachePtr> start_cache(std::shared_ptr<LocalCache> local, Instant deadline) = 0;
  virtual void stop_cache(const std::string& name) = 0;
  /// Hands over what this node owns, then leaves.
  virtual void leave(Instant deadline) = 0;

  /// What one node asks of all: to end their processes, or to stop their containers.
  enum class Request : std::uint8_t { stop, shut_down };
  /// How that reaches this node's process; must not wait. Whoever was asked hands nothing over when it leaves: all of them go.
  virtual void serve_requests(std::function<void(Request)> serve) = 0;
  /// To every other node; returns when all have been told or are gone.
  virtual void ask_all(Request what, Instant deadline) = 0;

  virtual Address self() const = 0;
  virtual std::shared_ptr<const View> view() const = 0;
  /// Where clients find this node; told to the others.
  virtual void announce(const ClientTopology::Server& endpoint) = 0;
  /// Null while the cache is not clustered or some member has not told its endpoint yet.
  virtual std::shared_ptr<const ClientTopology> client_topology(const std::string& cache) const = 0;
  virtual bool rebalancing(const std::string& cache) const = 0;
  /// May data move by itself? Of one cache, or ("") of all. For the whole cluster; every member knows when it returns.
  virtual Status set_rebalancing(const std::string& cache, bool enabled, Instant deadline) = 0;
  virtual bool rebalancing_enabled(const std::string& cache) const = 0;
  /// Of the members that answer in time, in no order.
  virtual std::vector<NodeMemory> memory(Instant deadline) = 0;
};

}  // namespace holdfast::engine
