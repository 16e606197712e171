// Dispatcher: the one door from protocols to the grid. It checks permissions by the operation's row in the catalog,
// converts media types and calls the engine. Endpoints know nothing below it.
//
// Owner: the Server.  Threads: any.  Waits: as the operation.
// Fails with: what the engine says, permission_denied, not_supported (conversion).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "engine/cache.h"
#include "engine/cache_manager.h"
#include "engine/cluster.h"
#include "media/media_type.h"
#include "ops/catalog.h"
#include "security/authorizer.h"
#include "security/subject.h"

namespace holdfast::server {

/// In which types a request's keys and values are sent and wanted; empty = as stored.
struct DataFormat {
  media::MediaType key;
  media::MediaType value;
};

/// One session's sight of one cache: who asks, in which media types. Cheap to copy; keep it per (session, cache,
/// format) so that the fast path (no conversion) does nothing but test a permission's bit and call the engine.
/// When the cache is removed its views fail with `stopped`; open() then tells whether there is a new one of the name.
class CacheView {
 public:
  CacheView() = default;
  bool valid() const { return cache_ != nullptr; }
  const std::string& name() const { return cache_->name(); }
  const CacheConfiguration& configuration() const { return cache_->configuration(); }
  std::uint32_t segments() const { return cache_->segments(); }
  /// What keys and values are stored as; empty types = unknown.
  const DataFormat& storage() const { return who_->storage; }
  const DataFormat& format() const { return who_->format; }

  /// Mutation's key, value and expected value are in the request's format; so is Outcome::previous.
  Result<Outcome> write(ops::OpId op, const Mutation& mutation) const;
  /// `visit` only copies. False: absent.
  Result<bool> read(ops::OpId op, BytesView key, FunctionRef<void(const EntryView&)> visit) const;
  /// A hint: operations on these keys are coming (see engine::Cache). Keys that are converted cannot be foreseen.
  bool can_prefetch() const { return !converts_keys_; }
  void prefetch(KeyHash hash, int round) const { cache_->prefetch(hash, round); }
  Result<bool> contains(BytesView key) const;
  Status clear() const;
  Result<std::uint64_t> size() const;
  /// One segment's entries in the request's format; for resumable iterations (op = iterate or get_keys).
  Result<std::vector<Entry>> entries_of_segment(ops::OpId op, std::uint32_t segment) const;
  Result<engine::StatisticsSnapshot> statistics() const;
  Status reset_statistics() const;
  /// What each node that answers has of the cache.
  Result<std::vector<engine::NodeShare>> distribution() const;
  /// Who owns a key, the primary first.
  Result<std::vector<engine::KeyOwner>> owners_of(BytesView key) const;
  Status set_attribute(const std::string& path, const std::string& value) const;
  /// Key, value and previous of the events are in the storage form; use key_to_request() in `deliver`.
  Result<engine::ListenerId> add_listener(engine::ListenerSpec spec) const;
  bool remove_listener(engine::ListenerId id) const;
  Status check(ops::OpId op) const;
  Result<Bytes> key_to_request(BytesView stored) const;
  Result<Bytes> value_to_request(BytesView stored) const;

 private:
  friend class Dispatcher;
  struct Who {
    security::Subject subject;
    const security::Authorizer* authorizer = nullptr;
    DataFormat storage;
    DataFormat format;
  };
  bool allows(ops::OpId op) const { return includes(granted_, ops::permission_of(op)); }
  Error refuse(ops::OpId op) const;
  Result<Bytes> to_storage(BytesView bytes, bool is_key) const;
  Result<Outcome> write_converted(const Mutation& mutation) const;
  Result<bool> read_converted(BytesView key, FunctionRef<void(const EntryView&)> visit) const;

  engine::CachePtr cache_;
  std::shared_ptr<const Who> who_;
  Permission granted_ = Permission::none;  // of this subject on this cache
  bool converts_keys_ = false;
  bool converts_values_ = false;
};

class SchemaCache;

class Dispatcher {
 public:
  Dispatcher(engine::CacheManager& manager, const security::Authorizer& authorizer);
  ~Dispatcher();

  /// "" = the default cache. Fails with cache_not_found, not_supported (the format cannot be converted).
  Result<CacheView> open(const security::Subject& subject, std::string_view cache, const DataFormat& format) const;

  /// Protobuf schemas are kept in the folder, and those that are there already come back. Before the endpoints open only.
  Status keep_schemas(const std::string& folder);

  /// Container-level permission by the catalog.
  Status check(const security::Subject& subject, ops::OpId op) const;

  // Administration. Configurations are text in XML, JSON or YAML (told apart by their first character), a whole
  // document or one cache. A cache with an empty text is configured as the template whose wildcard its name matches, else
  // as the default cache, else it is a local cache with the defaults.
  Status create_cache(const security::Subject& subject, const std::string& name, std::string_view configuration, const engine::CreateOptions& options);
  Status create_cache_from_template(const security::Subject& subject, const std::string& name, const std::string& template_name, const engine::CreateOptions& options);
  Status remove_cache(const security::Subject& subject, const std::string& name);
  Status create_template(const security::Subject& subject, const std::string& name, std::string_view configuration);
  Status remove_template(const security::Subject& subject, const std::string& name);
  Status assign_alias(const security::Subject& subject, const std::string& cache, const std::string& alias);
  /// Sorted, those that the subject may see, internal ones included.
  std::vector<std::string> cache_names(const security::Subject& subject, bool with_internal) const;
  std::vector<std::string> template_names(const security::Subject& subject) const;
  /// The configuration text of a cache or template; format "xml", "json" or "yaml".
  Result<std::string> cache_configuration(const security::Subject& subject, const std::string& name, std::string_view format) const;

  /// Tasks by name ("@@cache@create", ...); the admin tasks are registered at start. Parameters and answer are bytes.
  /// A task that checks permissions itself is for everybody; the others need exec_task's.
  using TaskParameters = std::vector<std::pair<std::string, Bytes>>;
  using TaskFunction = std::function<Result<Bytes>(const security::Subject&, const TaskParameters&)>;
  enum class TaskAccess : std::uint8_t { exec_permission, checked_by_task };
  /// Before the endpoints open only.
  void register_task(std::string name, TaskFunction task, TaskAccess access = TaskAccess::exec_permission);
  Result<Bytes> execute(const security::Subject& subject, const std::string& task, const TaskParameters& parameters);

  engine::CacheManager& manager() const { return manager_; }
  /// Where clients find the owners of a cache ("" = the default cache); null = nothing to tell them.
  std::shared_ptr<const engine::ClientTopology> client_topology(std::string_view cache) const;
  const security::Authorizer& authorizer() const { return authorizer_; }

 private:
  struct Task {
    TaskFunction function;
    TaskAccess access;
  };
  Permission granted(const security::Subject& subject, const engine::Cache& cache) const;
  Result<CacheConfiguration> parse(const std::string& name, std::string_view text) const;
  /// What a cache gets whose creator says nothing of its configuration.
  Result<CacheConfiguration> unconfigured(const std::string& name) const;
  /// The cache, or what stands before it (___protobuf_metadata is validated).
  Result<engine::CachePtr> find(std::string_view name) const;
  std::shared_ptr<SchemaCache> schemas(engine::CachePtr inner) const;

  engine::CacheManager& manager_;
  const security::Authorizer& authorizer_;
  std::string schema_folder_;  // "" = schemas end with the world
  mutable Mutex schemas_lock_;
  mutable std::shared_ptr<SchemaCache> schemas_ HF_GUARDED_BY(schemas_lock_);  // made when first asked for
  std::map<std::string, Task> tasks_;
};

}  // namespace holdfast::server
