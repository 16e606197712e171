#include "engine/world.h"

#include <algorithm>

#include "engine/validation.h"

namespace holdfast::engine {
namespace {

constexpr Duration kHandOver = std::chrono::seconds(10);  // a stopping node's entries to the others

}  // namespace

std::unique_ptr<CacheManager> make_cache_manager(runtime::Runtime& runtime, CacheManagerOptions options) {
  return std::make_unique<World>(runtime, std::move(options));
}

World::World(runtime::Runtime& runtime, CacheManagerOptions options)
    : runtime_(runtime), options_(std::move(options)), names_(runtime.scheduler()), starts_(runtime.scheduler()) {}

World::~World() { stop(); }

Status World::start() {
  if (running_) return success();
  const auto& state = configuration().global_state;
  if (state.enabled && options_.definition_format && !definitions_) {
    if (state.persistent_location.empty()) {
      return Error(Errc::invalid_configuration, "global-state is enabled without a persistent-location; give it a path");
    }
    HF_ASSIGN(definitions_, Definitions::open(runtime_, state.persistent_location, options_.definition_format));
  }
  const Status defined = define_all();
  if (!defined.ok()) {
    definitions_.reset();
    return defined.error();
  }
  if (options_.make_cluster) HF_TRY(join_cluster());
  running_ = true;
  return success();
}

Status World::define_all() {
  Locked locked(lock_);
  caches_.clear();
  marks_.clear();
  templates_ = configuration().templates;
  for (const InternalCache& internal : options_.internal_caches) {
    HF_TRY(define(internal.name, slot_of(internal.configuration, true, false)));
  }
  for (const auto& [name, cache] : configuration().caches) HF_TRY(define(name, slot_of(cache, false, false)));
  if (definitions_) load_kept();
  const std::string& by_default = configuration().default_cache;
  if (!by_default.empty() && !caches_.contains(by_default)) {
    return Error(Errc::invalid_configuration, "the default cache '" + by_default + "' is not defined");
  }
  return success();
}

void World::load_kept() {
  std::vector<KeptDefinition> all = definitions_->load();
  for (const KeptDefinition& k : all) {
    DefinitionMark& mark = marks_[{k.definition.is_template, k.definition.name}];
    mark.removed = std::max(mark.removed, k.mark.removed);
  }
  for (KeptDefinition& k : all) {
    Definition& kept = k.definition;
    DefinitionMark& mark = marks_[{kept.is_template, kept.name}];
    if (k.gone() || (mark.removed != 0 && k.mark.made <= mark.removed)) continue;  // a removal that was not finished, too
    mark.made = k.mark.made;
    mark.request = k.mark.request;
    if (kept.is_template) {
      templates_made_at_run_time_.insert(kept.name);
      templates_.insert_or_assign(kept.name, std::move(kept.configuration));
    } else if (const Status s = define(kept.name, slot_of(kept.configuration, false, true)); !s.ok()) {
      // What the file of configuration says now wins over what was made at run time.
      runtime_.log().warn("container", "a cache made at run time is left out: " + s.error().message());
    }
  }
  for (const auto& [name, slot] : caches_) {  // the file of configuration says that it is there
    if (!slot.made_at_run_time) marks_.erase({false, name});
  }
}

World::Slot World::slot_of(const CacheConfiguration& configuration, bool internal, bool kept) {
  Slot slot;
  slot.configuration = configuration;
  slot.internal = internal;
  slot.kept = slot.made_at_run_time = kept;
  return slot;
}

Status World::define(const std::string& name, Slot slot) {
  HF_TRY(validate_cache_name(name));
  HF_TRY(validate_cache(name, slot.configuration));
  if (!caches_.emplace(name, std::move(slot)).second) return already_exists(name);
  return success();
}

void World::stop() {
  if (!running_.exchange(false)) return;
  if (cluster_) cluster_->leave(runtime_.clock().now() + kHandOver);
  std::vector<std::shared_ptr<LocalCache>> stopping;
  {
    Locked locked(lock_);
    for (auto& [name, slot] : caches_) {
      slot.clustered = nullptr;
      if (slot.cache) stopping.push_back(std::exchange(slot.cache, nullptr));
    }
  }
  for (const auto& cache : stopping) {
    cache->stop();
    tell(LifecycleEvent::cache_stopped, cache->name());
  }
  definitions_.reset();
}

// ---- Names

Error World::no_such_cache(std::string_view name) {
  return Error(Errc::cache_not_found, "Cache with name '" + std::string(name) + "' not found amongst the configured caches");
}

Error World::already_exists(const std::string& name) {
  return Error(Errc::already_exists, "ISPN000507: Cache '" + name + "' already exists");
}

Error World::not_running() { return Error(Errc::stopped, "the cache manager is not running"); }

World::Slots::iterator World::find(std::string_view name) {
  const std::string_view wanted = name.empty() ? std::string_view(configuration().default_cache) : name;
  if (const auto at = caches_.find(wanted); at != caches_.end()) return at;
  return std::find_if(caches_.begin(), caches_.end(), [&](const auto& entry) {
    const auto& aliases = current(entry.second).aliases;
    return std::find(aliases.begin(), aliases.end(), wanted) != aliases.end();
  });
}

const CacheConfiguration& World::current(const Slot& slot) {
  return slot.cache ? slot.cache->configuration() : slot.configuration;
}

Result<CachePtr> World::cache(std::string_view name) {
  if (!running_) return not_running();
  bool fresh = false;
  std::shared_ptr<LocalCache> cache;
  std::string clustered;
  {
    Locked locked(lock_);
    const auto at = find(name);
    if (at == caches_.end()) return no_such_cache(name);
    if (at->second.clustered) return at->second.clustered;
    if (is_clustered(at->second.configuration)) clustered = at->first;
    else cache = started(at->first, at->second, fresh);
  }
  if (!cache) return start_clustered(clustered);
  if (fresh) tell(LifecycleEvent::cache_started, cache->name());
  return CachePtr(std::move(cache));
}

std::shared_ptr<LocalCache> World::started(const std::string& name, Slot& slot, bool& fresh) {
  fresh = slot.cache == nullptr;
  if (fresh) {
    slot.cache = std::make_shared<LocalCache>(runtime_, name, slot.configuration, counts_by_default());
    if (slot.kept) keep_changes_of(*slot.cache);
    slot.cache->start();
  }
  return slot.cache;
}

// ---- Definitions

void World::keep_changes_of(LocalCache& cache) {
  cache.set_keep([this, name = cache.name()](const CacheConfiguration& c) { return definitions_->keep({name, false, c}, mark_of(name, false)); });
}

DefinitionMark World::mark_of(const std::string& name, bool is_template) const {
  Locked locked(lock_);
  const auto at = marks_.find({is_template, name});
  return at == marks_.end() ? DefinitionMark() : at->second;
}

/// Of a change made here and now.
Version World::next_mark() const {
  Locked locked(lock_);
  Version last = 0;
  for (const auto& [name, mark] : marks_) last = std::max({last, mark.made, mark.removed});
  return next_version(last, runtime_.clock().now_ms());
}

Result<KeyOrder::Guard> World::change_of(const std::string& name) {
  auto guard = names_.lock(hash_key(name), runtime_.clock().now() + lock_timeout());
  if (!guard.ok()) return Error(Errc::timeout, "another change of '" + name + "' did not end within lock-timeout; try again");
  return guard;
}

Result<CachePtr> World::create(const std::string& name, const CacheConfiguration& wanted, const CreateOptions& options) {
  if (!running_) return not_running();
  HF_TRY(validate_cache_name(name));
  bool known = false;
  {
    Locked locked(lock_);
    known = find(name) != caches_.end();
  }
  if (known) return existing(name, wanted, options);
  HF_TRY(validate_cache(name, wanted));
  HF_TRY(check_aliases(name, wanted.aliases));
  const Status created = cluster_ ? change_everywhere(DefinitionChange::Kind::create_cache, {name, false, wanted}, options.volatile_definition)
                                  : create_here(name, wanted, !options.volatile_definition, {next_mark(), 0, 0});
  if (created.failed_with(Errc::already_exists)) return existing(name, wanted, options);  // somebody was faster
  if (!created.ok()) return created.error();
  return cache(name);
}

Status World::create_here(const std::string& name, const CacheConfiguration& wanted, bool keep_over_restart, const DefinitionMark& mark) {
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(name));
  {
    Locked locked(lock_);
    if (find(name) != caches_.end()) return already_exists(name);
  }
  HF_TRY(validate_cache(name, wanted));
  HF_TRY(check_aliases(name, wanted.aliases));
  const bool keep = definitions_ && keep_over_restart;
  if (keep) HF_TRY(definitions_->keep({name, false, wanted}, mark));
  if (definitions_ && mark.removed != 0) definitions_->forget_removal(name, false);
  Slot slot = slot_of(wanted, false, keep);
  slot.made_at_run_time = true;
  Locked locked(lock_);
  caches_.emplace(name, std::move(slot));
  marks_[{false, name}] = mark;
  return success();
}

Result<CachePtr> World::existing(const std::string& name, const CacheConfiguration& wanted, const CreateOptions& options) {
  if (!options.or_update && !options.or_get) return already_exists(name);
  HF_ASSIGN(CachePtr found, cache(name));
  if (!options.or_update) return found;
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(name));
  std::shared_ptr<LocalCache> local;
  {
    Locked locked(lock_);
    if (const auto at = find(name); at != caches_.end()) local = at->second.cache;
  }
  if (!local) return no_such_cache(name);
  const CacheConfiguration before = local->configuration();
  HF_TRY(local->update(wanted));
  if (!is_clustered(before)) return found;
  for (const auto& [path, value] : changed_attributes(before, local->configuration())) HF_TRY(found->set_attribute(path, value));
  return found;
}

Result<CachePtr> World::create_from_template(const std::string& name, const std::string& template_name, const CreateOptions& options) {
  CacheConfiguration wanted;
  {
    Locked locked(lock_);
    const auto at = templates_.find(template_name);
    if (at == templates_.end()) {
      return Error(Errc::not_found, "cache '" + name + "': there is no template named '" + template_name + "'");
    }
    wanted = at->second;
  }
  wanted.parent = template_name;
  return create(name, wanted, options);
}

Status World::remove(const std::string& name) {
  if (!running_) return not_running();
  if (!cluster_) return remove_here(name, 0);
  {
    Locked locked(lock_);
    const auto at = caches_.find(name);
    if (at == caches_.end()) return no_such_cache(name);
    if (at->second.internal) return Error(Errc::invalid_argument, "cache '" + name + "' is internal and cannot be removed");
  }
  return change_everywhere(DefinitionChange::Kind::remove_cache, {name, false, {}}, false);
}

/// `removed` is remembered, so that the cache does not come back with a node that was away; 0 = there are no others.
Status World::remove_here(const std::string& name, Version removed) {
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(name));
  {
    Locked locked(lock_);
    const auto at = caches_.find(name);
    if (at != caches_.end() && at->second.internal) return Error(Errc::invalid_argument, "cache '" + name + "' is internal and cannot be removed");
  }
  // First the disk: a definition that cannot be forgotten would come back after a restart. Also that of a cache that is not
  // here: it may have been left out at the start because the disk could not read it then.
  if (definitions_) HF_TRY(definitions_->forget(name, false, {0, removed, 0}));
  note_removal(name, false, removed);
  std::shared_ptr<LocalCache> stopping;
  {
    Locked locked(lock_);
    const auto at = caches_.find(name);
    if (at == caches_.end()) return no_such_cache(name);
    stopping = at->second.cache;
    caches_.erase(at);
  }
  if (stopping) {
    if (cluster_) cluster_->stop_cache(name);
    stopping->stop();
    tell(LifecycleEvent::cache_stopped, name);
  }
  return success();
}

std::vector<std::string> World::cache_names(bool with_internal) const {
  Locked locked(lock_);
  std::vector<std::string> names;
  for (const auto& [name, slot] : caches_) {
    if (with_internal || !slot.internal) names.push_back(name);
  }
  return names;
}

Result<CacheConfiguration> World::cache_configuration(const std::string& name) const {
  Locked locked(lock_);
  if (const auto at = const_cast<World*>(this)->find(name); at != caches_.end()) return current(at->second);
  if (const auto at = templates_.find(name); at != templates_.end()) return at->second;
  return no_such_cache(name);
}

Status World::create_template(const std::string& name, const CacheConfiguration& wanted) {
  if (!running_) return not_running();
  HF_TRY(validate_cache_name(name));
  HF_TRY(validate_cache(name, wanted));
  if (cluster_) return change_everywhere(DefinitionChange::Kind::create_template, {name, true, wanted}, false);
  return create_template_here(name, wanted, {next_mark(), 0, 0});
}

Status World::create_template_here(const std::string& name, const CacheConfiguration& wanted, const DefinitionMark& mark) {
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(name));
  {
    Locked locked(lock_);
    if (templates_.contains(name)) return Error(Errc::already_exists, "ISPN000507: Template '" + name + "' already exists");
  }
  if (definitions_) HF_TRY(definitions_->keep({name, true, wanted}, mark));
  if (definitions_ && mark.removed != 0) definitions_->forget_removal(name, true);
  Locked locked(lock_);
  templates_.emplace(name, wanted);
  templates_made_at_run_time_.insert(name);
  marks_[{true, name}] = mark;
  return success();
}

Status World::remove_template(const std::string& name) {
  if (!running_) return not_running();
  if (cluster_) return change_everywhere(DefinitionChange::Kind::remove_template, {name, true, {}}, false);
  return remove_template_here(name, 0);
}

Status World::remove_template_here(const std::string& name, Version removed) {
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(name));
  {
    Locked locked(lock_);
    if (!templates_.contains(name)) return Error(Errc::not_found, "there is no template named '" + name + "'");
  }
  if (definitions_) HF_TRY(definitions_->forget(name, true, {0, removed, 0}));
  note_removal(name, true, removed);
  Locked locked(lock_);
  templates_.erase(name);
  templates_made_at_run_time_.erase(name);
  return success();
}

std::vector<std::string> World::template_names() const {
  Locked locked(lock_);
  std::vector<std::string> names;
  for (const auto& [name, configuration] : templates_) names.push_back(name);
  return names;
}

Status World::check_aliases(const std::string& name, const std::vector<std::string>& aliases) {
  Locked locked(lock_);
  for (const std::string& alias : aliases) {
    const auto at = find(alias);
    if (alias == name || (at != caches_.end() && at->first != name)) {
      return Error(Errc::already_exists, "the alias '" + alias + "' is the name or an alias of cache '" + (alias == name ? name : at->first) + "'");
    }
  }
  return success();
}

/// The alias may have pointed to another cache; then it points to this one from now on.
Status World::assign_alias(const std::string& name, const std::string& alias) {
  if (!running_) return not_running();
  HF_TRY(validate_cache_name(alias));
  if (const auto target = cache(name); !target.ok()) return target.error();
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(alias));
  std::shared_ptr<LocalCache> from, to;
  {
    Locked locked(lock_);
    bool fresh = false;
    if (caches_.contains(alias)) return Error(Errc::already_exists, "'" + alias + "' is the name of a cache; choose another alias");
    const auto target = caches_.find(name);
    if (target == caches_.end()) return no_such_cache(name);
    to = started(name, target->second, fresh);
    if (const auto at = find(alias); at != caches_.end()) from = started(at->first, at->second, fresh);
  }
  if (from == to) return success();
  if (from) HF_TRY(from->set_alias(alias, false));
  return to->set_alias(alias, true);
}

Health World::health(const std::string& name) const {
  Locked locked(lock_);
  const auto at = const_cast<World&>(*this).find(name);
  if (!running_ || at == caches_.end()) return Health::failed;
  return cluster_ && cluster_->rebalancing(at->first) ? Health::healthy_rebalancing : Health::healthy;
}

// ---- Lifecycle listeners

ListenerId World::add_lifecycle_listener(LifecycleListener listener) {
  Locked locked(lock_);
  lifecycle_listeners_.emplace(next_listener_, std::make_shared<const LifecycleListener>(std::move(listener)));
  return next_listener_++;
}

void World::remove_lifecycle_listener(ListenerId id) {
  Locked locked(lock_);
  lifecycle_listeners_.erase(id);
}

void World::tell(LifecycleEvent event, const std::string& cache) {
  std::vector<std::shared_ptr<const LifecycleListener>> told;
  {
    Locked locked(lock_);
    for (const auto& [id, listener] : lifecycle_listeners_) told.push_back(listener);
  }
  for (const auto& listener : told) (*listener)(event, cache);
}

}  // namespace holdfast::engine
