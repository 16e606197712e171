// How long an entry lives, and what is known about one that is there.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <holdfast/detail/entry_view.h>
#include <holdfast/detail/mutation.h>

#include <chrono>
#include <optional>
#include <utility>

namespace holdfast {

inline constexpr std::chrono::milliseconds kForever{-1};
/// What the cache's configuration says.
inline constexpr std::chrono::milliseconds kCacheDefault = std::chrono::milliseconds::min();

/// For one entry: put(key, value, {.lifespan = 5min, .max_idle = 30s}).
struct Lifetime {
  std::chrono::milliseconds lifespan = kCacheDefault;
  std::chrono::milliseconds max_idle = kCacheDefault;
};

/// A value with what is known about its entry.
template <class V>
struct ValueWithMetadata {
  V value;
  Version version = 0;  // of this write of the key; replace_with_version() and remove_with_version() take it
  std::chrono::system_clock::time_point created;
  std::chrono::system_clock::time_point last_used;
  std::chrono::milliseconds lifespan = kForever;
  std::chrono::milliseconds max_idle = kForever;
};

namespace detail {

inline void set_lifetime(Mutation& m, const Lifetime& lifetime) {
  if (lifetime.lifespan != kCacheDefault) m.lifespan_ms = lifetime.lifespan.count();
  if (lifetime.max_idle != kCacheDefault) m.max_idle_ms = lifetime.max_idle.count();
}

template <class V>
ValueWithMetadata<V> with_metadata(V value, const Metadata& m) {
  const auto at = [](TimeMs ms) { return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms)); };
  const auto length = [](TimeMs ms) { return ms < 0 ? kForever : std::chrono::milliseconds(ms); };
  return {std::move(value), m.version, at(m.created_ms), at(m.last_used_ms), length(m.expiration.lifespan_ms), length(m.expiration.max_idle_ms)};
}

}  // namespace detail
}  // namespace holdfast
