// RawCache: a cache on bytes, as the templates of Cache<K,V> call it. Failures leave it as CacheException.
//
// Owner: shared by handles; it keeps the world's machinery alive.  Threads: any.
// Waits: writes, while listeners or compute functions are at work on the same key.
#pragma once

#include <holdfast/configuration.h>
#include <holdfast/detail/blob.h>
#include <holdfast/detail/latch.h>
#include <holdfast/detail/mutation.h>
#include <holdfast/event_kind.h>
#include <holdfast/interceptor.h>
#include <holdfast/statistics.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::engine {
class LocalCache;
}

namespace holdfast::detail {

class World;
struct Conversions;
class Interceptors;

struct RawEvent {
  EventKind kind = EventKind::created;
  bool before = false;
  bool current_state = false;
  std::string_view key;
  std::string_view value;
  bool has_old_value = false;
  std::string_view old_value;
  Metadata metadata;
};

struct RawListener {
  std::uint32_t kinds = 0;
  bool before = false;
  bool asynchronous = false;
  bool include_current_state = false;
  std::function<bool(const RawEvent&)> filter;  // empty = all
  std::function<void(const RawEvent&)> deliver;
};

struct RawInterceptor {
  std::function<void(OperationKind, std::string_view key)> before;
  std::function<void(OperationKind, std::string_view key, bool done)> after;
};

struct Written {
  OutcomeKind kind = OutcomeKind::done;
  bool had_previous = false;
  Version version = 0;
  bool done() const { return kind == OutcomeKind::done; }
};

class RawCache {
 public:
  /// The media types of the program's bytes; "" = as stored.
  RawCache(std::shared_ptr<World> world, std::shared_ptr<engine::LocalCache> cache, std::string_view key_type, std::string_view value_type);
  ~RawCache();
  RawCache(const RawCache&) = delete;
  RawCache& operator=(const RawCache&) = delete;

  /// The same cache with other media types.
  std::shared_ptr<const RawCache> with_media_types(std::string_view key_type, std::string_view value_type) const;

  const std::string& name() const;
  const CacheConfiguration& configuration() const;
  bool running() const;

  /// False: absent.
  bool get(std::string_view key, Flag flags, Blob& value) const;
  /// `metadata`, if any, receives the entry's.
  bool get_entry(std::string_view key, Flag flags, Blob& value, Metadata* metadata) const;
  bool contains(std::string_view key, Flag flags) const;
  /// `previous`, if any, receives the value that was there.
  Written write(Mutation& mutation, Blob* previous) const;
  void clear(Flag flags) const;
  std::uint64_t size() const;
  std::uint32_t segments() const;
  std::uint32_t segment(std::string_view key) const;
  /// `visit` runs outside of locks and returns false to stop. Null = all segments.
  void for_each(const std::vector<bool>* segments, FunctionRef<bool(const EntryView&)> visit) const;
  void process_expiration() const;

  CacheStatistics statistics() const;
  void reset_statistics() const;
  void set_attribute(const std::string& path, const std::string& value) const;

  std::uint64_t add_listener(RawListener listener) const;
  void remove_listener(std::uint64_t id) const;
  std::uint64_t add_interceptor(RawInterceptor interceptor) const;
  void remove_interceptor(std::uint64_t id) const;
  std::shared_ptr<World> world_of_executor() const;
  /// A write may have to wait for somebody.
  bool may_wait() const;
  /// Runs the task on a thread of the world's; never waits for it. The task must not throw.
  void run_elsewhere(std::function<void()> task) const;
  std::unique_ptr<Latch> make_latch() const;

 private:
  template <class F>
  auto intercepted(OperationKind kind, std::string_view key, F operation) const;
  bool get_converted(std::string_view key, Flag flags, Blob& value, Metadata* metadata) const;
  Written write_converted(const Mutation& mutation, Blob* previous) const;
  Written write_stored(Mutation& mutation, Blob* previous) const;
  RawListener converted(RawListener listener) const;

  const std::shared_ptr<World> world_;                // declared first: goes last
  const std::shared_ptr<engine::LocalCache> cache_;
  const std::unique_ptr<const Conversions> conversions_;  // null: the program's bytes are those that are stored
  const std::shared_ptr<Interceptors> interceptors_;      // of all handles of the cache
};

}  // namespace holdfast::detail
