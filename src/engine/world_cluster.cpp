// The World as a member of a cluster: joining it, starting clustered caches, definitions that take place on every node.
#include "engine/world.h"

namespace holdfast::engine {
namespace {

constexpr Duration kStartOrder = std::chrono::minutes(10);

}  // namespace

Status World::join_cluster() {
  cluster_ = options_.make_cluster(runtime_);
  cluster_->serve_definitions([this](const DefinitionChange& change) { return apply(change); }, [this] { return made_at_run_time(); });
  HF_TRY(cluster_->start());
  HF_ASSIGN(const std::vector<DefinitionChange> known, cluster_->learn_definitions(runtime_.clock().now() + lock_timeout()));
  for (const DefinitionChange& change : known) {
    const Status applied = apply(change);
    if (!applied.ok() && !applied.failed_with(Errc::already_exists)) {
      return applied.error().in("'" + change.name + "', which the cluster made at run time");
    }
  }
  return success();
}

Result<CachePtr> World::start_clustered(const std::string& name) {
  HF_ASSIGN(const KeyOrder::Guard starting, starts_.lock(hash_key(name), runtime_.clock().now() + kStartOrder));
  std::shared_ptr<LocalCache> local;
  std::int64_t patience_ms = 0;
  {
    Locked locked(lock_);
    const auto at = caches_.find(name);
    if (at == caches_.end()) return no_such_cache(name);
    if (at->second.clustered) return at->second.clustered;
    patience_ms = at->second.configuration.state_transfer.timeout_ms;
    local = std::make_shared<LocalCache>(runtime_, name, at->second.configuration, configuration().statistics);
    if (at->second.kept) local->set_keep([this, name](const CacheConfiguration& c) { return definitions_->keep({name, false, c}); });
  }
  local->start();
  auto served = cluster_->start_cache(local, runtime_.clock().now() + std::chrono::milliseconds(patience_ms));
  if (!served.ok()) {
    local->stop();
    return served.error();
  }
  {
    Locked locked(lock_);
    const auto at = caches_.find(name);
    if (at == caches_.end()) return no_such_cache(name);
    at->second.cache = local;
    at->second.clustered = *served;
  }
  tell(LifecycleEvent::cache_started, name);
  return served;
}

Status World::change_everywhere(DefinitionChange::Kind kind, const Definition& definition, bool volatile_definition) {
  if (!options_.definition_format) {
    return Error(Errc::not_supported, "definitions cannot be changed at run time here: this world has no form to tell them to the other nodes in");
  }
  DefinitionChange change;
  change.kind = kind;
  change.name = definition.name;
  change.volatile_definition = volatile_definition;
  const bool creates = kind == DefinitionChange::Kind::create_cache || kind == DefinitionChange::Kind::create_template;
  if (creates) change.text = options_.definition_format.write(definition);
  return cluster_->change(change, runtime_.clock().now() + lock_timeout());
}

/// What the cluster decided, here.
Status World::apply(const DefinitionChange& change) {
  using Kind = DefinitionChange::Kind;
  if (change.kind == Kind::remove_cache) return remove_here(change.name);
  if (change.kind == Kind::remove_template) return remove_template_here(change.name);
  HF_ASSIGN(const Definition definition, options_.definition_format.read(change.text));
  if (change.kind == Kind::create_template) return create_template_here(change.name, definition.configuration);
  HF_TRY(create_here(change.name, definition.configuration, !change.volatile_definition));
  if (!running_) return success();  // start() will begin it with the others
  const auto started = cache(change.name);
  if (started.ok()) return success();
  static_cast<void>(remove_here(change.name));  // a failed creation leaves nothing
  return started.error();
}

std::vector<DefinitionChange> World::made_at_run_time() const {
  std::vector<DefinitionChange> changes;
  if (!options_.definition_format) return changes;
  const auto add = [&](DefinitionChange::Kind kind, const Definition& definition, bool kept) {
    DefinitionChange change;
    change.kind = kind;
    change.name = definition.name;
    change.text = options_.definition_format.write(definition);
    change.volatile_definition = !kept;
    changes.push_back(std::move(change));
  };
  Locked locked(lock_);
  for (const std::string& name : templates_made_at_run_time_) add(DefinitionChange::Kind::create_template, {name, true, templates_.at(name)}, true);
  for (const auto& [name, slot] : caches_) {
    if (slot.made_at_run_time) add(DefinitionChange::Kind::create_cache, {name, false, current(slot)}, slot.kept);
  }
  return changes;
}

}  // namespace holdfast::engine
