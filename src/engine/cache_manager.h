// CacheManager: a world. Caches by name, templates, run-time definitions kept over a restart, the reaper.
// One process may hold several.
//
// Owner: the program or the server.  Threads: any.  Waits: start() and stop() may; create() and remove() for the disk.
// Fails with: cache_not_found ("Cache with name 'X' not found amongst the configured caches"), already_exists
// ("ISPN000507: Cache 'X' already exists"), invalid_configuration, stopped, io_error.
#pragma once

#include <holdfast/configuration.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/cache.h"
#include "runtime/runtime.h"

namespace holdfast::engine {

enum class Health : std::uint8_t { healthy, healthy_rebalancing, initializing, degraded, failed };

struct CreateOptions {
  bool volatile_definition = false;  // not kept over a restart (flag VOLATILE)
  bool or_get = false;               // an existing cache is the answer, not an error
  bool or_update = false;            // change mutable attributes of an existing one (flag UPDATE)
};

class Cluster;

using LifecycleListener = std::function<void(LifecycleEvent, const std::string& cache)>;

class CacheManager {
 public:
  virtual ~CacheManager() = default;  // stops

  virtual Status start() = 0;
  virtual void stop() = 0;
  virtual bool running() const = 0;
  virtual const ContainerConfiguration& configuration() const = 0;
  virtual runtime::Runtime& runtime() = 0;
  /// Null in a local world.
  virtual Cluster* cluster() = 0;

  /// By name or alias; "" is the default cache. Starts a defined cache that is not running yet.
  virtual Result<CachePtr> cache(std::string_view name) = 0;
  virtual Result<CachePtr> create(const std::string& name, const CacheConfiguration& configuration, const CreateOptions& options) = 0;
  virtual Result<CachePtr> create_from_template(const std::string& name, const std::string& template_name, const CreateOptions& options) = 0;
  virtual Status remove(const std::string& name) = 0;
  /// Sorted. Internal caches (___protobuf_metadata, ___script_cache) only when asked for.
  virtual std::vector<std::string> cache_names(bool with_internal) const = 0;
  /// Of a cache, or of a template when no cache has the name.
  virtual Result<CacheConfiguration> cache_configuration(const std::string& name) const = 0;
  virtual Status create_template(const std::string& name, const CacheConfiguration& configuration) = 0;
  virtual Status remove_template(const std::string& name) = 0;
  virtual std::vector<std::string> template_names() const = 0;
  /// The template whose wildcard ("basecache*") the name matches; nothing = none does. Two that match are an error.
  virtual Result<std::optional<std::string>> template_for(std::string_view name) const = 0;
  virtual Status assign_alias(const std::string& cache, const std::string& alias) = 0;
  virtual Health health(const std::string& cache) const = 0;

  virtual ListenerId add_lifecycle_listener(LifecycleListener listener) = 0;
  virtual void remove_lifecycle_listener(ListenerId id) = 0;
};

/// Caches that are there without configuration; remote definitions cannot touch them.
struct InternalCache {
  std::string name;
  CacheConfiguration configuration;
};

/// A cache or template made at run time, as the global state folder keeps it.
struct Definition {
  std::string name;
  bool is_template = false;
  CacheConfiguration configuration;
};

/// How definitions are written down; config/ has both functions. They are called from any thread, one at a time per name.
struct DefinitionFormat {
  std::function<std::string(const Definition&)> write;
  std::function<Result<Definition>(BytesView text)> read;  // the message of a failure says what is wrong with the text
  explicit operator bool() const { return write && read; }
};

struct CacheManagerOptions {
  ContainerConfiguration configuration;
  std::vector<InternalCache> internal_caches;
  /// Without a format, or with global_state disabled, definitions made at run time end with the manager.
  DefinitionFormat definition_format;
  /// Makes the cluster that the world is a member of; empty = it is alone. Clustered caches are then kept on this node only.
  std::function<std::shared_ptr<Cluster>(runtime::Runtime&)> make_cluster;
};

/// The runtime must outlive the manager.
std::unique_ptr<CacheManager> make_cache_manager(runtime::Runtime& runtime, CacheManagerOptions options);

}  // namespace holdfast::engine
