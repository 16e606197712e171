// What the tests of this folder share: a world with one cache, and what a call fails with.
//
// Owner: the test.  Threads: as the API's.  Waits: eventually(), for other threads.
#pragma once

#include <holdfast/cache_manager.h>

#include <string>

namespace holdfast {

/// A world with one cache "c".
struct LocalWorld {
  explicit LocalWorld(const CacheConfiguration& configuration = {}) { manager.define("c", configuration); }
  template <class K, class V>
  Cache<K, V> cache() const {
    return manager.cache<K, V>("c");
  }
  Cache<std::string, std::string> texts() const { return cache<std::string, std::string>(); }
  CacheManager manager;
};

template <class F>
Errc code_of(F&& f) {
  try {
    f();
  } catch (const CacheException& e) {
    return e.code();
  }
  return Errc::ok;
}

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const CacheException& e) {
    return e.what();
  }
  return {};
}

}  // namespace holdfast
