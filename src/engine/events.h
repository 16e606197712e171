// Events of a cache and who hears them.
//
// Owner: a listener belongs to whoever registered it.  Threads: a synchronous listener runs on the writer's thread or
// fiber after the commit, in commit order per key, with no lock of ours held but the key's order; an asynchronous one
// on the control loop.  Waits: a listener may wait only if it is synchronous and its writer may.
#pragma once

#include <holdfast/event_kind.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "model/entry.h"

namespace holdfast::engine {

using holdfast::EventKind;
using holdfast::bit;

struct Event {
  EventKind kind = EventKind::created;
  bool pre = false;             // before the change (only for listeners that asked)
  bool retried = false;         // the command was retried: may be a duplicate
  bool current_state = false;   // replayed at registration
  BytesView key;                // storage form
  BytesView value;              // new value (created, modified), last value (removed, expired, evicted)
  const Entry* previous = nullptr;  // what was there (modified, removed); null when unknown
  Metadata metadata;
};

struct ListenerSpec {
  std::uint32_t kinds = bit(EventKind::created) | bit(EventKind::modified) | bit(EventKind::removed) | bit(EventKind::expired);
  bool pre = false;
  bool asynchronous = false;
  bool include_current_state = false;
  std::function<bool(const Event&)> filter;  // empty = all
  std::function<void(const Event&)> deliver;
  /// Events may have been lost (this node was cut off from its cluster and has come back). May be empty.
  std::function<void()> missed;
};
using ListenerId = std::uint64_t;

enum class LifecycleEvent : std::uint8_t { cache_started, cache_stopped };

}  // namespace holdfast::engine
