// AdvancedCache<K, V>: a cache's handle with what is not part of a map.
//
// Owner: as Cache.  Threads: any.  Waits: as Cache.  Fails with: CacheException; set_attribute() also
// invalid_argument and not_supported, naming the attribute.
#pragma once

#include <holdfast/cache.h>

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
};

}  // namespace holdfast
