// Events of a remote cache. They carry the key and the version; what a converter of the server makes of an entry comes
// as payload().
//
// Owner: an event is valid during the call of its listener.  Threads: listeners run on a thread of the client's, one event
// at a time and those of a key in order; a listener may use the cache, but must not block the thread for long.
// Waits: a listener may; the server's events wait meanwhile.
// Fails with: what a listener throws goes to the log.
#pragma once

#include <holdfast/event_kind.h>
#include <holdfast/marshaller.h>
#include <holdfast/metadata.h>
#include <holdfast/subscription.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct RemoteListenerOptions {
  /// First hear of every entry that is there, as created; and again after the listener's server went.
  bool include_current_state = false;
  /// The listener's server went and another one tells the events now: changes in between were not told. With
  /// include_current_state the entries follow, otherwise read what you must know.
  std::function<void()> on_gap = {};
  /// Names of factories in the server that choose the events and make their payload; "" = none.
  std::string filter = {};
  std::vector<std::string> filter_parameters = {};
  std::string converter = {};
  std::vector<std::string> converter_parameters = {};
};

namespace detail {

struct RemoteEvent {
  EventKind kind = EventKind::created;
  bool current_state = false;
  bool repeated = false;
  std::string_view key;      // the program's bytes; empty when there is a payload
  std::string_view payload;
  Version version = 0;
};

}  // namespace detail

template <class K>
class RemoteCacheEvent {
 public:
  explicit RemoteCacheEvent(const detail::RemoteEvent& raw) : raw_(&raw) {}

  EventKind kind() const { return raw_->kind; }
  /// Not a change: the entry was there when the listener was registered.
  bool current_state() const { return raw_->current_state; }
  /// May have been told before.
  bool repeated() const { return raw_->repeated; }
  /// Not with a converter: its payload says what it says.
  K key() const { return Marshaller<K>::from_bytes(raw_->key); }
  /// Of the entry after created and modified.
  Version version() const { return raw_->version; }
  std::string_view payload() const { return raw_->payload; }

 private:
  const detail::RemoteEvent* raw_;
};

}  // namespace holdfast
