// The World as a member of a cluster: joining it, starting clustered caches, definitions that take place on every node.
#include <algorithm>

#include "engine/validation.h"
#include "engine/world.h"

namespace holdfast::engine {
namespace {

constexpr Duration kStartOrder = std::chrono::minutes(10);
constexpr std::size_t kRemovalsMax = 1000;  // that are remembered, so that what was removed does not come back with a node

}  // namespace

Status World::join_cluster() {
  cluster_ = options_.make_cluster(runtime_);
  cluster_->serve_definitions([this](const DefinitionChange& change, OnConflict on_conflict) { return apply(change, on_conflict); }, [this] { return known_definitions(); });
  if (definitions_) {
    const auto keep = [this](BytesView switches) {
      if (const Status kept = definitions_->keep_switches(switches); !kept.ok()) runtime_.log().error("container", "what is switched off could not be kept: " + kept.error().message());
    };
    cluster_->serve_switches(keep, definitions_->kept_switches());
  }
  HF_TRY(cluster_->start());
  return cluster_->reconcile(runtime_.clock().now() + lock_timeout());
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
    local = std::make_shared<LocalCache>(runtime_, name, at->second.configuration, counts_by_default());
    if (at->second.kept) keep_changes_of(*local);
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
  change.mark.request = std::max<std::uint64_t>(runtime_.random().next(), 1);
  if (change.creates()) change.text = options_.definition_format.write(definition);
  return cluster_->change(change, runtime_.clock().now() + lock_timeout());
}

/// What the cluster decided, here.
Status World::apply(const DefinitionChange& change, OnConflict on_conflict) {
  return change.creates() ? apply_creation(change, on_conflict) : apply_removal(change);
}

Status World::apply_creation(const DefinitionChange& change, OnConflict on_conflict) {
  HF_ASSIGN(Definition there, options_.definition_format.read(change.text));
  there.name = change.name;
  there.is_template = change.is_template();
  if (const auto here = definition_here(change.name, there.is_template)) {
    HF_ASSIGN(const bool makes_room, adopt(change, on_conflict, *here, there));
    if (!makes_room) return success();
  }
  DefinitionMark mark = change.mark;
  mark.removed = std::max(mark.removed, mark_of(change.name, there.is_template).removed);
  if (mark.removed != 0 && mark.made <= mark.removed) return success();  // it was removed since
  if (there.is_template) return create_template_here(change.name, there.configuration, mark);
  HF_TRY(create_here(change.name, there.configuration, !change.volatile_definition, mark));
  if (!running_) return success();  // start() will begin it with the others
  const auto started = cache(change.name);
  if (started.ok()) return success();
  static_cast<void>(remove_here(change.name, mark.removed));  // a failed creation leaves nothing
  return started.error();
}

/// What is here under the name becomes what the cluster has; true: it is no more, and the cluster's can be made.
Result<bool> World::adopt(const DefinitionChange& change, OnConflict on_conflict, const Here& here, const Definition& there) {
  const std::string what = (there.is_template ? "template '" : "cache '") + change.name + "'";
  if (!here.made_at_run_time) return already_exists(change.name);
  const DefinitionMark mine = mark_of(change.name, there.is_template);
  const bool removed = change.mark.removed != 0 && change.mark.removed >= mine.made;
  if (!removed || change.mark.made == mine.made) {
    const std::string_view difference = immutable_difference(here.configuration, there.configuration);
    if (difference.empty()) {
      if (mine.made != change.mark.made || here.configuration != there.configuration) HF_TRY(follow(change, there.configuration));
      return false;
    }
    const std::string differs = what + " differs from the cluster's: " + std::string(difference);
    if (on_conflict == OnConflict::refuse) return Error(Errc::invalid_configuration, differs + "; remove it on one side, or start this node without its state folder");
    runtime_.log().warn("container", differs + "; the cluster's definition takes the place of this node's");
  } else {
    runtime_.log().info("container", what + " was removed and made anew by the cluster while this node was away");
  }
  HF_TRY(there.is_template ? remove_template_here(change.name, change.mark.removed) : remove_here(change.name, change.mark.removed));
  return true;
}

/// The same definition but for what may change while it exists: that is as the cluster has it.
Status World::follow(const DefinitionChange& change, const CacheConfiguration& there) {
  HF_ASSIGN(const KeyOrder::Guard changing, change_of(change.name));
  std::shared_ptr<LocalCache> running;
  bool kept = change.is_template() && definitions_ != nullptr;
  {
    Locked locked(lock_);
    marks_[{change.is_template(), change.name}] = change.mark;
    if (change.is_template()) {
      templates_[change.name] = there;
    } else if (const auto at = caches_.find(change.name); at != caches_.end()) {
      at->second.configuration = there;
      running = at->second.cache;
      kept = at->second.kept;
    }
  }
  if (running) HF_TRY(running->update(there));
  return kept ? definitions_->keep({change.name, change.is_template(), there}, change.mark) : success();
}

Status World::apply_removal(const DefinitionChange& change) {
  const bool is_template = change.is_template();
  const DefinitionMark mine = mark_of(change.name, is_template);
  if (const auto here = definition_here(change.name, is_template)) {
    // A node that starts brings what its file of configuration says.
    if (mine.made > change.mark.removed || (!here->made_at_run_time && !running_)) return success();
    return is_template ? remove_template_here(change.name, change.mark.removed) : remove_here(change.name, change.mark.removed);
  }
  if (change.mark.removed <= mine.removed) return success();
  if (definitions_) HF_TRY(definitions_->forget(change.name, is_template, {0, change.mark.removed, 0}));
  note_removal(change.name, is_template, change.mark.removed);
  return success();
}

std::optional<World::Here> World::definition_here(const std::string& name, bool is_template) const {
  Locked locked(lock_);
  if (is_template) {
    const auto at = templates_.find(name);
    return at == templates_.end() ? std::nullopt : std::optional(Here{at->second, templates_made_at_run_time_.contains(name)});
  }
  const auto at = caches_.find(name);
  return at == caches_.end() ? std::nullopt : std::optional(Here{current(at->second), at->second.made_at_run_time});
}

/// Remembered, but not for ever: the oldest gives way.
void World::note_removal(const std::string& name, bool is_template, Version removed) {
  std::optional<std::pair<bool, std::string>> too_old;
  {
    Locked locked(lock_);
    marks_.erase({is_template, name});
    if (removed == 0) return;
    std::size_t removals = 1;
    Version oldest = removed;
    for (const auto& [key, mark] : marks_) {
      if (mark.made != 0) continue;
      ++removals;
      if (mark.removed < oldest) oldest = mark.removed, too_old = key;
    }
    marks_[{is_template, name}] = {0, removed, 0};
    if (removals <= kRemovalsMax || !too_old) return;
    marks_.erase(*too_old);
  }
  if (definitions_) definitions_->forget_removal(too_old->second, too_old->first);
}

std::vector<DefinitionChange> World::known_definitions() const {
  std::vector<DefinitionChange> changes;
  if (!options_.definition_format) return changes;
  using Kind = DefinitionChange::Kind;
  Locked locked(lock_);
  const auto add = [&](Kind kind, const std::string& name, const CacheConfiguration* configuration, bool kept) HF_REQUIRES(lock_) {
    DefinitionChange change;
    change.kind = kind;
    change.name = name;
    if (configuration) change.text = options_.definition_format.write({name, change.is_template(), *configuration});
    change.volatile_definition = !kept;
    if (const auto at = marks_.find({change.is_template(), name}); at != marks_.end()) change.mark = at->second;
    changes.push_back(std::move(change));
  };
  for (const std::string& name : templates_made_at_run_time_) add(Kind::create_template, name, &templates_.at(name), true);
  for (const auto& [name, slot] : caches_) {
    if (slot.made_at_run_time) add(Kind::create_cache, name, &current(slot), slot.kept);
  }
  for (const auto& [key, mark] : marks_) {
    if (mark.made == 0 && mark.removed != 0) add(key.first ? Kind::remove_template : Kind::remove_cache, key.second, nullptr, true);
  }
  return changes;
}

}  // namespace holdfast::engine
