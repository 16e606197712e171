// Configuration as plain structs with the defaults in them: what a program fills in by hand, and what the readers of
// XML, JSON and YAML fill in (src/config/ describes every field once, with its name, meaning, unit and range).
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

enum class CacheMode { local, invalidation, replicated, distributed, scattered };
enum class Storage { heap, off_heap };
enum class WhenFull { none, manual, remove, exception };
enum class Isolation { none, read_uncommitted, read_committed, repeatable_read, serializable };
enum class TransactionMode { none, batch, non_xa, non_durable_xa, full_xa };
enum class LockingMode { optimistic, pessimistic };

struct EncodingConfiguration {
  std::string key_media_type;    // "" = not said (application/x-unknown for remote clients)
  std::string value_media_type;
};

struct ExpirationConfiguration {
  std::int64_t lifespan_ms = -1;   // -1 = immortal
  std::int64_t max_idle_ms = -1;
  std::int64_t interval_ms = 60000;  // of the reaper; -1 = no reaper
};

struct MemoryConfiguration {
  std::int64_t max_count = -1;       // entries; -1 = unbounded
  std::int64_t max_size_bytes = -1;  // bytes as the allocator gives them; -1 = unbounded
  std::optional<WhenFull> when_full; // not said: remove with a bound, none without
  Storage storage = Storage::heap;
  bool bounded() const { return max_count >= 0 || max_size_bytes >= 0; }
  WhenFull effective_when_full() const { return when_full.value_or(bounded() ? WhenFull::remove : WhenFull::none); }
};

struct LockingConfiguration {
  Isolation isolation = Isolation::repeatable_read;
  std::int64_t acquire_timeout_ms = 10000;
  std::int32_t concurrency_level = 32;
  bool striping = false;
};

struct TransactionConfiguration {
  TransactionMode mode = TransactionMode::none;
  LockingMode locking = LockingMode::optimistic;
};

struct CacheSecurityConfiguration {
  bool authorization = false;         // <security><authorization enabled>
  std::vector<std::string> roles;     // empty = every role of the container
};

struct IndexingConfiguration {
  bool enabled = false;
};

struct PersistenceConfiguration {
  bool passivation = false;
  std::vector<std::string> stores;  // element names of the declared stores
};

struct CacheConfiguration {
  CacheMode mode = CacheMode::local;
  bool asynchronous = false;              // mode="ASYNC"
  std::string parent;                     // the template named by `configuration`
  std::vector<std::string> aliases;
  bool simple = false;                    // simple-cache, local caches only
  std::optional<bool> statistics;         // not said: as the container
  bool statistics_available = true;
  bool unreliable_return_values = false;
  bool invocation_batching = false;
  bool store_as_binary = false;
  bool custom_interceptors = false;
  std::int32_t owners = 2;
  std::int32_t segments = 256;
  std::int64_t remote_timeout_ms = 15000;
  EncodingConfiguration encoding;
  ExpirationConfiguration expiration;
  MemoryConfiguration memory;
  LockingConfiguration locking;
  TransactionConfiguration transaction;
  CacheSecurityConfiguration security;
  IndexingConfiguration indexing;
  PersistenceConfiguration persistence;
};

struct RoleConfiguration {
  std::string name;
  std::string description;
  std::vector<std::string> permissions;
};

enum class RoleMapping { identity, common_name, cluster };

struct AuthorizationConfiguration {
  bool enabled = false;
  bool group_only_mapping = true;
  RoleMapping role_mapping = RoleMapping::cluster;
  std::vector<RoleConfiguration> roles;   // empty = the default roles
};

struct GlobalStateConfiguration {
  bool enabled = false;
  std::string persistent_location;        // absolute after reading
};

/// A container, as <cache-container> says.
struct ContainerConfiguration {
  std::string name = "DefaultCacheManager";
  std::string default_cache;              // "" = none
  bool statistics = false;
  AuthorizationConfiguration authorization;
  GlobalStateConfiguration global_state;
  std::string cluster_name;               // <transport cluster>
  std::string node_name;                  // <transport node-name>
  std::string stack;
  bool metrics_gauges = true;
  bool metrics_histograms = false;
  std::map<std::string, CacheConfiguration> templates;
  std::map<std::string, CacheConfiguration> caches;
};

}  // namespace holdfast
