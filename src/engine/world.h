// World: the CacheManager of one node.
//
// Owner: the program or the server.  Threads: any.  Waits: create() and remove() for the disk, where definitions are
// kept.  Fails with: see cache_manager.h.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/wildcard.h"
#include "engine/cache_manager.h"
#include "engine/cluster.h"
#include "engine/definitions.h"
#include "engine/local_cache.h"

namespace holdfast::engine {

class World final : public CacheManager {
 public:
  World(runtime::Runtime& runtime, CacheManagerOptions options);
  ~World() override;

  Status start() override;
  void stop() override;
  bool running() const override { return running_; }
  const ContainerConfiguration& configuration() const override { return options_.configuration; }
  runtime::Runtime& runtime() override { return runtime_; }
  Cluster* cluster() override { return cluster_.get(); }

  Result<CachePtr> cache(std::string_view name) override;
  Result<CachePtr> create(const std::string& name, const CacheConfiguration& configuration, const CreateOptions& options) override;
  Result<CachePtr> create_from_template(const std::string& name, const std::string& template_name, const CreateOptions& options) override;
  Status remove(const std::string& name) override;
  std::vector<std::string> cache_names(bool with_internal) const override;
  Result<CacheConfiguration> cache_configuration(const std::string& name) const override;
  Status create_template(const std::string& name, const CacheConfiguration& configuration) override;
  Status remove_template(const std::string& name) override;
  std::vector<std::string> template_names() const override;
  Result<std::optional<std::string>> template_for(std::string_view name) const override { return wildcard_template(name, template_names()); }
  Status assign_alias(const std::string& cache, const std::string& alias) override;
  Health health(const std::string& cache) const override;

  ListenerId add_lifecycle_listener(LifecycleListener listener) override;
  void remove_lifecycle_listener(ListenerId id) override;

 private:
  struct Slot {
    CacheConfiguration configuration;
    std::shared_ptr<LocalCache> cache;  // null until somebody asks for it
    CachePtr clustered;                 // what is served instead, of a clustered cache
    bool internal = false;
    bool kept = false;                  // its definition lies in the global state folder
    bool made_at_run_time = false;
  };

  using Slots = std::map<std::string, Slot, std::less<>>;

  bool is_clustered(const CacheConfiguration& c) const { return cluster_ != nullptr && (c.mode == CacheMode::replicated || c.mode == CacheMode::distributed); }
  /// Of caches that do not say it. Who asks for accurate sizes wants to see figures.
  bool counts_by_default() const { return configuration().statistics || configuration().metrics_accurate_size; }
  Result<CachePtr> start_clustered(const std::string& name);
  static Slot slot_of(const CacheConfiguration& configuration, bool internal, bool kept);
  Status create_here(const std::string& name, const CacheConfiguration& wanted, bool keep_over_restart, const DefinitionMark& mark);
  Status remove_here(const std::string& name, Version removed);
  Status change_everywhere(DefinitionChange::Kind kind, const Definition& definition, bool volatile_definition);
  Status create_template_here(const std::string& name, const CacheConfiguration& wanted, const DefinitionMark& mark);
  Status remove_template_here(const std::string& name, Version removed);
  Status apply(const DefinitionChange& change, OnConflict on_conflict);
  Status apply_creation(const DefinitionChange& change, OnConflict on_conflict);
  Status apply_removal(const DefinitionChange& change);
  struct Here {
    CacheConfiguration configuration;
    bool made_at_run_time = false;
  };
  std::optional<Here> definition_here(const std::string& name, bool is_template) const;
  Result<bool> adopt(const DefinitionChange& change, OnConflict on_conflict, const Here& here, const Definition& there);
  Status follow(const DefinitionChange& change, const CacheConfiguration& there);
  std::vector<DefinitionChange> known_definitions() const;
  DefinitionMark mark_of(const std::string& name, bool is_template) const;
  Version next_mark() const;
  void note_removal(const std::string& name, bool is_template, Version removed);
  void load_kept() HF_REQUIRES(lock_);
  void keep_changes_of(LocalCache& cache);
  Status join_cluster();
  Status define_all();
  Status define(const std::string& name, Slot slot) HF_REQUIRES(lock_);
  Result<CachePtr> existing(const std::string& name, const CacheConfiguration& wanted, const CreateOptions& options);
  Status check_aliases(const std::string& name, const std::vector<std::string>& aliases);
  std::shared_ptr<LocalCache> started(const std::string& name, Slot& slot, bool& fresh) HF_REQUIRES(lock_);
  Slots::iterator find(std::string_view name) HF_REQUIRES(lock_);
  static const CacheConfiguration& current(const Slot& slot);
  Duration lock_timeout() const { return std::chrono::milliseconds(options_.configuration.transport.lock_timeout_ms); }
  Result<KeyOrder::Guard> change_of(const std::string& name);
  static Error no_such_cache(std::string_view name);
  static Error already_exists(const std::string& name);
  static Error not_running();
  void tell(LifecycleEvent event, const std::string& cache);

  runtime::Runtime& runtime_;
  const CacheManagerOptions options_;
  std::atomic<bool> running_{false};
  /// Changes of one name follow one another, also over a write to the disk; starts of one cache too.
  KeyOrder names_;
  KeyOrder starts_;
  std::shared_ptr<Cluster> cluster_;
  mutable Mutex lock_;
  Slots caches_ HF_GUARDED_BY(lock_);
  std::map<std::string, CacheConfiguration> templates_ HF_GUARDED_BY(lock_);
  std::set<std::string> templates_made_at_run_time_ HF_GUARDED_BY(lock_);
  /// Of what was made at run time, and of what was removed; templates and caches apart.
  std::map<std::pair<bool, std::string>, DefinitionMark> marks_ HF_GUARDED_BY(lock_);
  std::unique_ptr<Definitions> definitions_;
  std::map<ListenerId, std::shared_ptr<const LifecycleListener>> lifecycle_listeners_ HF_GUARDED_BY(lock_);
  ListenerId next_listener_ HF_GUARDED_BY(lock_) = 1;
};

}  // namespace holdfast::engine
