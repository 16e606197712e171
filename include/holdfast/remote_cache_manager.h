// RemoteCacheManager: a program's door to a grid of servers, over Hot Rod. It has threads of its own that read answers.
//
//   holdfast::RemoteCacheManager grid("hotrod://user:password@host1:11222,host2:11222");
//   auto cache = grid.cache<std::string, std::string>("sessions");
//
// Owner: the program. The destructor ends what is under way (it fails with `closed`).  Threads: any.
// Waits: cache() and the administration, for servers; the destructor, until the answers of what is under way were told.
// Fails with: CacheException: as RemoteCache; constructors: invalid_configuration, not_supported.
#pragma once

#include <holdfast/remote_cache.h>
#include <holdfast/remote_configuration.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct RemoteCacheOptions {
  /// So many entries are kept near; 0 = none are.
  std::size_t near_cache_entries = 0;
};

class RemoteCacheManager {
 public:
  /// Connects with the first operation.
  explicit RemoteCacheManager(std::string_view uri);
  explicit RemoteCacheManager(const RemoteConfiguration& configuration);
  RemoteCacheManager(RemoteCacheManager&&) noexcept;
  RemoteCacheManager& operator=(RemoteCacheManager&&) noexcept;
  ~RemoteCacheManager();

  const RemoteConfiguration& configuration() const;

  /// "" is the default cache. Asks the server for the cache's encoding, to which keys and values are converted. A near
  /// cache belongs to the handle that is given, and to its copies.
  template <class K, class V>
  RemoteCache<K, V> cache(const std::string& name = {}, const RemoteCacheOptions& options = {}) const {
    return handle<K, V>(raw_cache(name, detail::media_type<K>(), detail::media_type<V>(), options));
  }
  /// A cache on bytes of these media types ("text/plain", "application/json", ...), converted from and to the cache's
  /// encoding. "" = as stored.
  template <class K = std::string, class V = std::string>
  RemoteCache<K, V> cache_with_media_type(const std::string& name, std::string_view of_keys, std::string_view of_values) const {
    return handle<K, V>(raw_cache(name, of_keys, of_values, {}));
  }

  /// The configuration is that of one cache, in XML, JSON or YAML; the grid keeps it. Fails with already_exists.
  void create_cache(const std::string& name, std::string_view configuration);
  /// An existing cache is no error, whatever its configuration.
  void get_or_create_cache(const std::string& name, std::string_view configuration);
  void create_cache_from_template(const std::string& name, const std::string& template_name);
  /// Also when there is none.
  void remove_cache(const std::string& name);
  std::vector<std::string> cache_names() const;
  /// Runs a task of the server's by its name; what it answers.
  std::string execute(const std::string& task, const std::map<std::string, std::string>& parameters = {}) const;

 private:
  class Client;
  template <class K, class V>
  RemoteCache<K, V> handle(std::shared_ptr<const detail::RemoteRaw> raw) const {
    return RemoteCache<K, V>(AsyncRemoteCache<K, V>(std::move(raw), Flag::none, configuration().return_previous));
  }
  std::shared_ptr<const detail::RemoteRaw> raw_cache(const std::string& name, std::string_view key_type, std::string_view value_type, const RemoteCacheOptions& options) const;
  std::unique_ptr<Client> client_;
};

}  // namespace holdfast
