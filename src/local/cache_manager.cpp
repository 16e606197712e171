#include <holdfast/cache_manager.h>

#include <algorithm>
#include <utility>

#include "engine/local_cache.h"
#include "local/world.h"
#include "runtime/latch.h"

namespace holdfast {

using detail::check;
using detail::checked;

namespace {

/// What code asks for and nothing does yet. (A file's reader says so itself, with the place.)
void warn_of_unbuilt(detail::World& world, const std::string& name, const CacheConfiguration& c) {
  const auto warn = [&](bool asked, const char* what) {
    if (asked) world.runtime().log().warn("config", "cache '" + name + "': " + what);
  };
  warn(c.mode != CacheMode::local, "clusters are not built yet: its entries live in this process alone");
  warn(c.transaction.mode != TransactionMode::none || c.invocation_batching, "transactions are not built yet: each write stands alone");
  warn(!c.persistence.stores.empty(), "stores are not built yet: entries live in memory only");
  warn(c.indexing.enabled, "indexes are not built yet");
  warn(c.security.authorization, "authorization concerns clients of a server: what this program does is not checked");
}

}  // namespace

CacheManager::CacheManager() : CacheManager(ContainerConfiguration()) {}

CacheManager::CacheManager(const ContainerConfiguration& configuration, CacheManagerOptions options)
    : CacheManager(std::make_shared<detail::World>(configuration, options)) {
  for (const auto& [name, cache] : configuration.caches) warn_of_unbuilt(*world_, name, cache);
}

CacheManager::CacheManager(std::shared_ptr<detail::World> world) : world_(std::move(world)) { world_->start(); }

CacheManager::CacheManager(std::shared_ptr<detail::World> world, Borrowed) : world_(std::move(world)), borrowed_(true) {}

CacheManager::CacheManager(CacheManager&&) noexcept = default;

CacheManager& CacheManager::operator=(CacheManager&& other) noexcept {
  std::swap(world_, other.world_);  // the other one stops ours
  std::swap(borrowed_, other.borrowed_);
  return *this;
}

CacheManager::~CacheManager() {
  if (world_ && !borrowed_) world_->stop();
}

detail::World& CacheManager::world() const {
  if (!world_) throw CacheException(Errc::stopped, "this CacheManager was moved from");
  return *world_;
}

detail::World& CacheManager::own_world() const {
  if (borrowed_) {
    throw CacheException(Errc::invalid_argument, "a function of an executor may not start or stop the world that runs it; leave that to its owner");
  }
  return world();
}

namespace {

/// A name that nobody defined may match the wildcard of a template; the cache made so ends with the world.
Result<engine::CachePtr> cache_or_from_wildcard(engine::CacheManager& manager, const std::string& name) {
  auto cache = manager.cache(name);
  if (!cache.failed_with(Errc::cache_not_found) || name.empty()) return cache;
  HF_ASSIGN(const std::optional<std::string> matching, manager.template_for(name));
  if (!matching) return cache;
  return manager.create_from_template(name, *matching, {.volatile_definition = true, .or_get = true});
}

}  // namespace

void CacheManager::start() { own_world().start(); }
void CacheManager::stop() { own_world().stop(); }
bool CacheManager::running() const { return world_ && world_->manager().running(); }
const ContainerConfiguration& CacheManager::configuration() const { return world().manager().configuration(); }

std::shared_ptr<const detail::RawCache> CacheManager::raw_cache(std::string_view name, std::string_view key_type, std::string_view value_type) const {
  auto cache = std::static_pointer_cast<engine::LocalCache>(checked(cache_or_from_wildcard(world().manager(), std::string(name))));
  return std::make_shared<const detail::RawCache>(world_, std::move(cache), key_type, value_type);
}

namespace {

engine::CreateOptions create_options(const DefineOptions& options) {
  return {.volatile_definition = options.volatile_definition, .or_get = options.or_get, .or_update = options.or_update};
}

}  // namespace

void CacheManager::define(const std::string& name, const CacheConfiguration& configuration, const DefineOptions& options) {
  checked(world().manager().create(name, configuration, create_options(options)));
  warn_of_unbuilt(*world_, name, configuration);
}

void CacheManager::define_from_template(const std::string& name, const std::string& template_name, const DefineOptions& options) {
  checked(world().manager().create_from_template(name, template_name, create_options(options)));
}

void CacheManager::remove(const std::string& name) { check(world().manager().remove(name)); }

bool CacheManager::has_cache(const std::string& name) const {
  const auto names = cache_names();
  return std::binary_search(names.begin(), names.end(), name);
}

std::vector<std::string> CacheManager::cache_names() const { return world().manager().cache_names(false); }

CacheConfiguration CacheManager::cache_configuration(const std::string& name) const {
  return checked(world().manager().cache_configuration(name));
}

void CacheManager::assign_alias(const std::string& cache, const std::string& alias) {
  check(world().manager().assign_alias(cache, alias));
}

void CacheManager::define_template(const std::string& name, const CacheConfiguration& configuration) {
  check(world().manager().create_template(name, configuration));
}

void CacheManager::remove_template(const std::string& name) { check(world().manager().remove_template(name)); }
std::vector<std::string> CacheManager::template_names() const { return world().manager().template_names(); }

namespace {

Subscription on_lifecycle(const std::shared_ptr<detail::World>& world, engine::LifecycleEvent wanted,
                          std::function<void(const std::string&)> listener) {
  Logger& log = world->runtime().log();
  const auto id = world->manager().add_lifecycle_listener(
      [&log, wanted, listener = std::move(listener)](engine::LifecycleEvent event, const std::string& cache) {
        if (event == wanted) detail::guarded(log, "a listener of the caches' lifecycle", [&] { listener(cache); });
      });
  return Subscription([world, id] { world->manager().remove_lifecycle_listener(id); });
}

}  // namespace

Subscription CacheManager::on_cache_started(std::function<void(const std::string&)> listener) {
  world();
  return on_lifecycle(world_, engine::LifecycleEvent::cache_started, std::move(listener));
}

Subscription CacheManager::on_cache_stopped(std::function<void(const std::string&)> listener) {
  world();
  return on_lifecycle(world_, engine::LifecycleEvent::cache_stopped, std::move(listener));
}

DistributedExecutor CacheManager::executor() const {
  world();
  return DistributedExecutor(world_);
}

void DistributedExecutor::run(std::function<void(CacheManager&)> task) const {
  world_->run_elsewhere([world = world_, task = std::move(task)] {
    CacheManager manager(world, CacheManager::Borrowed{});
    task(manager);
  });
}

std::unique_ptr<detail::Latch> DistributedExecutor::make_latch() const { return runtime::make_latch(world_->runtime()); }

CacheStatistics CacheManager::statistics() const {
  CacheStatistics sum;
  sum.entries = sum.approximate_entries = sum.memory_bytes = 0;
  std::int64_t read_ns = 0, write_ns = 0, remove_ns = 0;
  for (const std::string& name : cache_names()) {
    const CacheStatistics s = checked(world().manager().cache(name))->statistics();
    sum.entries += s.entries;
    sum.approximate_entries += s.approximate_entries;
    sum.memory_bytes += s.memory_bytes;
    if (!s.enabled) continue;
    if (!sum.enabled) sum.hits = sum.misses = sum.stores = sum.remove_hits = sum.remove_misses = sum.evictions = 0;
    sum.enabled = true;
    sum.hits += s.hits;
    sum.misses += s.misses;
    sum.stores += s.stores;
    sum.remove_hits += s.remove_hits;
    sum.remove_misses += s.remove_misses;
    sum.evictions += s.evictions;
    sum.time_since_start_s = std::max(sum.time_since_start_s, s.time_since_start_s);
    sum.time_since_reset_s = std::max(sum.time_since_reset_s, s.time_since_reset_s);
    read_ns += s.average_read_ns * s.retrievals();
    write_ns += s.average_write_ns * s.stores;
    remove_ns += s.average_remove_ns * s.remove_hits;
  }
  const auto average = [](std::int64_t total, std::int64_t n) { return n > 0 ? total / n : 0; };
  if (sum.enabled) {
    sum.average_read_ns = average(read_ns, sum.retrievals());
    sum.average_write_ns = average(write_ns, sum.stores);
    sum.average_remove_ns = average(remove_ns, sum.remove_hits);
  }
  return sum;
}

}  // namespace holdfast
