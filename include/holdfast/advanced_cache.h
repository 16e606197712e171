// AdvancedCache<K, V>: a cache's handle with what is not part of a map.
//
// Owner: as Cache.  Threads: any.  Waits: as Cache.  Fails with: CacheException; set_attribute() also
// invalid_argument and not_supported, naming the attribute.
#pragma once

#include <holdfast/cache.h>
#include <holdfast/executor.h>
#include <holdfast/interceptor.h>

#include <string>
#include <string_view>

namespace holdfast {

template <class K, class V>
class AdvancedCache : public Cache<K, V> {
 public:
  explicit AdvancedCache(const Cache<K, V>& cache) : Cache<K, V>(cache) {}

  AdvancedCache with_flags(Flag flags) const { return AdvancedCache(Cache<K, V>::with_flags(flags)); }

  /// A handle whose keys and values are bytes of these media types ("text/plain", "application/json", ...), converted
  /// from and to the cache's encoding. "" = as stored.
  template <class K2 = std::string, class V2 = std::string>
  Cache<K2, V2> with_media_type(std::string_view of_keys, std::string_view of_values) const {
    return Cache<K2, V2>(this->raw_->with_media_types(of_keys, of_values), this->flags_);
  }

  /// Of now; attributes that changed at run time included.
  CacheConfiguration configuration() const { return this->raw_->configuration(); }
  /// Changes an attribute that may change at run time: set_attribute("memory.max-count", "5000").
  void set_attribute(const std::string& path, const std::string& value) const { this->raw_->set_attribute(path, value); }
  bool running() const { return this->raw_->running(); }

  /// Registered as long as the subscription lives. Not for a simple cache (not_supported).
  Subscription add_interceptor(Interceptor<K> interceptor) const {
    detail::RawInterceptor raw;
    if (interceptor.before) {
      raw.before = [before = std::move(interceptor.before)](OperationKind kind, std::string_view bytes) {
        with_operation(kind, bytes, before);
      };
    }
    if (interceptor.after) {
      raw.after = [after = std::move(interceptor.after)](OperationKind kind, std::string_view bytes, bool done) {
        with_operation(kind, bytes, [&](const Operation<K>& operation) { after(operation, done); });
      };
    }
    const std::uint64_t id = this->raw_->add_interceptor(std::move(raw));
    return Subscription([cache = this->raw_, id] { cache->remove_interceptor(id); });
  }
  /// Runs functions on the members of the cache's world. Not for a simple cache (not_supported).
  DistributedExecutor executor() const { return DistributedExecutor(this->raw_->world_of_executor()); }

  CacheStatistics statistics() const { return this->raw_->statistics(); }
  void reset_statistics() const { this->raw_->reset_statistics(); }

  /// Removes what is over now, without waiting for the reaper.
  void process_expiration() const { this->raw_->process_expiration(); }
  std::uint32_t segments() const { return this->raw_->segments(); }
  std::uint32_t segment(typename Cache<K, V>::KeyArgument key) const { return this->raw_->segment(detail::Encoded<K>(key)); }
  /// Counts as a use (eviction, max-idle) and changes nothing else. False: absent.
  bool touch(typename Cache<K, V>::KeyArgument key) const {
    const detail::Encoded<K> k(key);
    Mutation m = this->mutation(k, Precondition::always, Effect::touch);
    return this->raw_->write(m, nullptr).done();
  }

 private:
  template <class F>
  static void with_operation(OperationKind kind, std::string_view bytes, const F& f) {
    if (!has_key(kind)) return f(Operation<K>{kind, nullptr});
    const K key = Marshaller<K>::from_bytes(bytes);
    f(Operation<K>{kind, &key});
  }
};

}  // namespace holdfast
