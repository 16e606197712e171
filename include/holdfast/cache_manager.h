// CacheManager: a world of caches inside this process. Several may live side by side and know nothing of each other.
//
// Owner: the program. The destructor stops the caches; handles that outlive it fail with `stopped`.
// Threads: any. A world starts threads of its own only when something needs them: entries with a lifetime (the reaper),
// asynchronous listeners and operations.  Waits: stop() and the destructor, for operations under way; definitions that
// are kept over a restart, for the disk.
// Fails with: CacheException (cache_not_found, already_exists, invalid_configuration, stopped, io_error).
#pragma once

#include <holdfast/cache.h>
#include <holdfast/configuration.h>
#include <holdfast/executor.h>
#include <holdfast/log.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

namespace detail {
struct Definitions;
}

struct CacheManagerOptions {
  /// Receives the log, on any thread; must not wait. Empty = no log.
  std::function<void(LogLevel level, std::string_view category, std::string_view message)> log;
  LogLevel log_least = LogLevel::info;
  /// How caches made at run time are written down where global-state is enabled; see configuration_file.h.
  std::shared_ptr<const detail::Definitions> definitions;
};

struct DefineOptions {
  bool or_get = false;               // an existing cache is no error
  bool or_update = false;            // changes the attributes of an existing cache that may change at run time
  bool volatile_definition = false;  // not kept over a restart, where others are
};

class CacheManager {
 public:
  /// Started, without caches.
  CacheManager();
  /// Started, with the caches and templates of the configuration.
  explicit CacheManager(const ContainerConfiguration& configuration, CacheManagerOptions options = {});
  /// From a file, or from text, in XML, JSON or YAML. These two need the component Holdfast::holdfast.
  static CacheManager from_file(const std::string& path, CacheManagerOptions options = {});
  static CacheManager from_text(std::string_view text, CacheManagerOptions options = {});
  CacheManager(CacheManager&&) noexcept;
  CacheManager& operator=(CacheManager&&) noexcept;
  ~CacheManager();

  /// Starts again after stop(); entries are gone, definitions that are not kept on a disk as well.
  void start();
  void stop();
  bool running() const;
  const ContainerConfiguration& configuration() const;

  /// By name or alias; "" is the default cache. The cache starts when it is first asked for; a name that nobody defined and
  /// that matches the wildcard of a template ("session*") makes a cache of it, until the world ends. Keys and values are
  /// converted to the cache's encoding, if it declares one.
  template <class K, class V>
  Cache<K, V> cache(std::string_view name = {}) const {
    return Cache<K, V>(raw_cache(name, detail::media_type<K>(), detail::media_type<V>()));
  }
  void define(const std::string& name, const CacheConfiguration& configuration = {}, const DefineOptions& options = {});
  void define_from_template(const std::string& name, const std::string& template_name, const DefineOptions& options = {});
  void remove(const std::string& name);
  bool has_cache(const std::string& name) const;
  std::vector<std::string> cache_names() const;
  /// Of a cache, or of a template when no cache has the name.
  CacheConfiguration cache_configuration(const std::string& name) const;
  /// From now on the alias means this cache.
  void assign_alias(const std::string& cache, const std::string& alias);

  void define_template(const std::string& name, const CacheConfiguration& configuration);
  void remove_template(const std::string& name);
  std::vector<std::string> template_names() const;

  /// listener(const std::string& cache_name), on the thread that starts or stops the cache.
  Subscription on_cache_started(std::function<void(const std::string&)> listener);
  Subscription on_cache_stopped(std::function<void(const std::string&)> listener);
  /// Runs functions on the members of this world.
  DistributedExecutor executor() const;
  /// The sum over all caches that are running and have statistics.
  CacheStatistics statistics() const;

 private:
  friend class DistributedExecutor;
  struct Borrowed {};
  explicit CacheManager(std::shared_ptr<detail::World> world);
  /// Somebody else starts and stops the world.
  CacheManager(std::shared_ptr<detail::World> world, Borrowed);
  detail::World& own_world() const;
  std::shared_ptr<const detail::RawCache> raw_cache(std::string_view name, std::string_view key_type, std::string_view value_type) const;
  detail::World& world() const;

  std::shared_ptr<detail::World> world_;
  bool borrowed_ = false;
};

}  // namespace holdfast
