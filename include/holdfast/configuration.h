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
enum class WhenSplit { deny_read_writes, allow_reads, allow_read_writes };

enum class ReadConsistency { linearizable, regular };

/// An element kept as it was written: it belongs to a plug-in (a store, a protocol of the cluster) or to a feature that
/// has no effect yet. Configurations that are written again keep it.
struct ElementConfiguration {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;
  std::vector<ElementConfiguration> children;
  friend bool operator==(const ElementConfiguration&, const ElementConfiguration&) = default;
};

struct EncodingConfiguration {
  std::string key_media_type;    // "" = not said (application/x-unknown for remote clients)
  std::string value_media_type;
  friend bool operator==(const EncodingConfiguration&, const EncodingConfiguration&) = default;
};

struct ExpirationConfiguration {
  std::int64_t lifespan_ms = -1;   // -1 = immortal
  std::int64_t max_idle_ms = -1;
  std::int64_t interval_ms = 60000;  // of the reaper; -1 = no reaper
  bool touch_asynchronous = false;   // clustered caches: a read does not wait until other owners know of it
  friend bool operator==(const ExpirationConfiguration&, const ExpirationConfiguration&) = default;
};

struct MemoryConfiguration {
  std::int64_t max_count = -1;       // entries; -1 = unbounded
  std::int64_t max_size_bytes = -1;  // bytes as the allocator gives them; -1 = unbounded
  std::optional<WhenFull> when_full; // not said: remove with a bound, none without
  Storage storage = Storage::heap;
  bool bounded() const { return max_count >= 0 || max_size_bytes >= 0; }
  WhenFull effective_when_full() const { return when_full.value_or(bounded() ? WhenFull::remove : WhenFull::none); }
  friend bool operator==(const MemoryConfiguration&, const MemoryConfiguration&) = default;
};

struct LockingConfiguration {
  Isolation isolation = Isolation::repeatable_read;
  std::int64_t acquire_timeout_ms = 10000;
  std::int32_t concurrency_level = 32;
  bool striping = false;
  friend bool operator==(const LockingConfiguration&, const LockingConfiguration&) = default;
};

struct TransactionConfiguration {
  TransactionMode mode = TransactionMode::none;
  LockingMode locking = LockingMode::optimistic;
  std::int64_t stop_timeout_ms = 30000;
  std::int64_t complete_timeout_ms = 60000;
  std::int64_t reaper_interval_ms = 30000;
  bool auto_commit = true;
  bool notifications = true;
  std::string recovery_cache = "__recoveryInfoCacheName__";
  std::string manager_lookup;       // a name in the registry; "" = the built-in one
  friend bool operator==(const TransactionConfiguration&, const TransactionConfiguration&) = default;
};

struct CacheSecurityConfiguration {
  bool authorization = false;         // <security><authorization enabled>
  std::vector<std::string> roles;     // empty = every role of the container
  friend bool operator==(const CacheSecurityConfiguration&, const CacheSecurityConfiguration&) = default;
};

struct IndexingConfiguration {
  bool enabled = false;
  friend bool operator==(const IndexingConfiguration&, const IndexingConfiguration&) = default;
};

struct PersistenceConfiguration {
  bool passivation = false;
  std::int32_t connection_attempts = 10;
  std::int64_t availability_interval_ms = 30000;
  std::vector<ElementConfiguration> stores;  // in the order of reading; the name is the kind of store
  friend bool operator==(const PersistenceConfiguration&, const PersistenceConfiguration&) = default;
};

struct StateTransferConfiguration {
  bool enabled = true;
  std::int64_t timeout_ms = 240000;
  std::int32_t chunk_size = 512;  // entries
  bool await_initial_transfer = true;
  bool await_leave_transfer = false;
  friend bool operator==(const StateTransferConfiguration&, const StateTransferConfiguration&) = default;
};

struct PartitionHandlingConfiguration {
  WhenSplit when_split = WhenSplit::allow_read_writes;
  std::string merge_policy = "PREFERRED_ALWAYS";  // NONE, PREFERRED_ALWAYS, PREFERRED_NON_NULL, REMOVE_ALL or a registered name
  friend bool operator==(const PartitionHandlingConfiguration&, const PartitionHandlingConfiguration&) = default;
};

struct GroupsConfiguration {
  bool enabled = false;
  std::vector<std::string> groupers;  // registered names, in the order of calling
  friend bool operator==(const GroupsConfiguration&, const GroupsConfiguration&) = default;
};

/// What scattered caches have beyond the others.
struct ScatteredConfiguration {
  std::int32_t invalidation_batch_size = 128;
  bool bias_on_write = true;
  std::int64_t bias_lifespan_ms = 300000;
  friend bool operator==(const ScatteredConfiguration&, const ScatteredConfiguration&) = default;
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
  ReadConsistency read_consistency = ReadConsistency::linearizable;  // clustered caches
  bool invocation_batching = false;
  bool store_as_binary = false;
  bool custom_interceptors = false;
  std::int32_t owners = 2;
  std::int32_t segments = 256;
  std::int64_t remote_timeout_ms = 15000;
  double capacity_factor = 1.0;           // this node's share of the segments, relative to others
  std::int64_t l1_lifespan_ms = 0;        // 0 = no first-level cache
  std::int64_t l1_cleanup_interval_ms = 60000;
  std::string consistent_hash_factory;    // a name in the registry; "" = the built-in one
  std::string key_partitioner;
  EncodingConfiguration encoding;
  ExpirationConfiguration expiration;
  MemoryConfiguration memory;
  LockingConfiguration locking;
  TransactionConfiguration transaction;
  CacheSecurityConfiguration security;
  IndexingConfiguration indexing;
  PersistenceConfiguration persistence;
  StateTransferConfiguration state_transfer;
  PartitionHandlingConfiguration partition_handling;
  GroupsConfiguration groups;
  ScatteredConfiguration scattered;
  std::vector<ElementConfiguration> extra;  // elements without effect yet: backups, query, tracing, ...
  friend bool operator==(const CacheConfiguration&, const CacheConfiguration&) = default;
};

struct RoleConfiguration {
  std::string name;
  std::string description;
  std::vector<std::string> permissions;
  friend bool operator==(const RoleConfiguration&, const RoleConfiguration&) = default;
};

enum class RoleMapping { identity, common_name, cluster };

struct AuthorizationConfiguration {
  bool enabled = false;
  bool group_only_mapping = true;
  RoleMapping role_mapping = RoleMapping::cluster;
  std::vector<RoleConfiguration> roles;   // empty = the default roles
  std::string audit_logger{};             // a name in the registry; "" = none
  friend bool operator==(const AuthorizationConfiguration&, const AuthorizationConfiguration&) = default;
};

struct GlobalStateConfiguration {
  bool enabled = false;
  std::string persistent_location;        // absolute after reading
  std::string shared_persistent_location{};
  std::string temporary_location{};
  std::string unclean_shutdown_action = "FAIL";  // FAIL, PURGE, IGNORE
  friend bool operator==(const GlobalStateConfiguration&, const GlobalStateConfiguration&) = default;
};

/// What <transport> says beyond the names of cluster, node and stack.
struct TransportConfiguration {
  std::string machine;
  std::string rack;
  std::string site;
  std::int64_t lock_timeout_ms = 240000;
  std::int32_t initial_cluster_size = -1;        // members to wait for at start; -1 = none
  std::int64_t initial_cluster_timeout_ms = 60000;
  std::int64_t crash_timeout_ms = 300;           // a member that died is replaced within
  std::int64_t hang_timeout_ms = 4000;           // a member that is connected and silent is removed within
  std::vector<std::string> raft_members;
  friend bool operator==(const TransportConfiguration&, const TransportConfiguration&) = default;
};

/// <jgroups><stack>: the cluster's protocols from the bottom to the top, each with its attributes.
struct StackConfiguration {
  std::string name;
  std::string extends;
  std::string path;  // <stack-file>: where the stack is written; "" = here
  std::vector<ElementConfiguration> protocols;
  friend bool operator==(const StackConfiguration&, const StackConfiguration&) = default;
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
  TransportConfiguration transport;
  std::vector<StackConfiguration> stacks;
  bool zero_capacity_node = false;
  bool metrics_gauges = true;
  bool metrics_histograms = false;
  std::string metrics_prefix;
  bool metrics_names_as_tags = false;
  bool metrics_accurate_size = false;     // counts are always accurate; true: caches that do not say it count
  bool metrics_jvm = true;
  bool metrics_legacy = false;            // names as the original had them before 16
  bool jmx_enabled = false;
  std::string jmx_domain = "org.infinispan";
  std::vector<ElementConfiguration> extra;  // elements without effect yet: threads, serialization, tracing, ...
  std::map<std::string, CacheConfiguration> templates;
  std::map<std::string, CacheConfiguration> caches;
  friend bool operator==(const ContainerConfiguration&, const ContainerConfiguration&) = default;
};

}  // namespace holdfast
