// Events of a cache as a program hears them.
//
// Owner: an event is valid during the call of its listener.  Threads: a synchronous listener runs on the writer's
// thread after (or before) the change, in the order of the changes of its key; an asynchronous one on a thread of the
// world's, in the same order.  No lock is held but that order: a listener may use the cache, but writing to the key of
// its own event times out.  Waits: a synchronous listener may; its writer waits with it.
// Fails with: what a listener throws goes to the log; the change stays.
#pragma once

#include <holdfast/detail/raw_cache.h>
#include <holdfast/marshaller.h>
#include <holdfast/metadata.h>
#include <holdfast/subscription.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <utility>

namespace holdfast {

template <class K, class V>
class CacheEntryEvent {
 public:
  explicit CacheEntryEvent(const detail::RawEvent& raw) : raw_(&raw) {}

  EventKind kind() const { return raw_->kind; }
  /// Before the change; only listeners that asked for it hear such events.
  bool before() const { return raw_->before; }
  /// Not a change: the entry was there when the listener was registered.
  bool current_state() const { return raw_->current_state; }
  K key() const { return Marshaller<K>::from_bytes(raw_->key); }
  /// The new value (created, modified, visited) or the last one (removed, expired, evicted, invalidated).
  V value() const { return Marshaller<V>::from_bytes(raw_->value); }
  /// What was there before (modified, removed).
  std::optional<V> old_value() const {
    return raw_->has_old_value ? std::optional<V>(Marshaller<V>::from_bytes(raw_->old_value)) : std::nullopt;
  }
  ValueWithMetadata<V> value_with_metadata() const { return detail::with_metadata(value(), raw_->metadata); }

 private:
  const detail::RawEvent* raw_;
};

template <class K, class V>
struct ListenerOptions {
  bool before = false;                 // also before the change (created, modified, removed, visited)
  bool asynchronous = false;
  bool include_current_state = false;  // first hear of every entry that is there, as created
  std::function<bool(const CacheEntryEvent<K, V>&)> filter = {};  // empty = all
};

/// Which events: any_of({EventKind::created, EventKind::modified}).
using EventKinds = std::initializer_list<EventKind>;

namespace detail {

template <class K, class V, class Listener>
RawListener raw_listener(EventKinds kinds, Listener listener, ListenerOptions<K, V> options) {
  RawListener raw;
  for (const EventKind kind : kinds) raw.kinds |= bit(kind);
  raw.before = options.before;
  raw.asynchronous = options.asynchronous;
  raw.include_current_state = options.include_current_state;
  if (options.filter) {
    raw.filter = [filter = std::move(options.filter)](const RawEvent& event) { return filter(CacheEntryEvent<K, V>(event)); };
  }
  raw.deliver = [listener = std::move(listener)](const RawEvent& event) mutable { listener(CacheEntryEvent<K, V>(event)); };
  return raw;
}

}  // namespace detail
}  // namespace holdfast
