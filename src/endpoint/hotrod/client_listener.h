// Client listeners: the events of a cache, as one client asked for them.
//
// Owner: shared by the session that added it, the registry and the engine's deliveries.
// Threads: deliver() any, per key in order; the rest one at a time.
// Waits: attach() for the replay of the current state, detach() for a running delivery.
// Fails with: what the cache says.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "base/mutex.h"
#include "endpoint/hotrod/bloom_filter.h"
#include "endpoint/hotrod/converters.h"
#include "endpoint/hotrod/event_channel.h"
#include "model/hotrod_protocol.h"

namespace holdfast::hotrod {

struct ClientListenerOptions {
  Bytes id;
  std::uint64_t message_id = 0;  // of the request, for the events of the current state
  std::uint32_t interests = 0;   // 0 = all
  bool include_current_state = false;
  bool raw_data = false;
  bool custom_raw = false;       // how the payload of a converter is marked
  EventFilter filter;            // may be empty, as the converter
  EventConverter converter;
  std::shared_ptr<BloomFilter> bloom;
};

class ClientListener : public std::enable_shared_from_this<ClientListener> {
 public:
  ClientListener(server::CacheView view, std::shared_ptr<EventChannel> channel, ClientListenerOptions options)
      : view_(std::move(view)), channel_(std::move(channel)), options_(std::move(options)) {}

  const Bytes& id() const { return options_.id; }
  const std::string& cache() const { return view_.name(); }
  const std::shared_ptr<BloomFilter>& bloom() const { return options_.bloom; }
  Status attach();
  void detach();

 private:
  void deliver(const engine::Event& event);
  bool is_near(BytesView stored) const;
  Status append_body(Bytes& frame, const engine::Event& event) const;
  Result<bool> make_data(const engine::Event& event, EventData& data, Bytes (&storage)[3]) const;

  const server::CacheView view_;
  const std::shared_ptr<EventChannel> channel_;
  const ClientListenerOptions options_;
  engine::ListenerId engine_id_ = 0;
  std::atomic<bool> attached_{false};
};

/// By the id that the client made up: a pooled client removes a listener over another connection than it added it.
class ListenerRegistry {
 public:
  void add(std::shared_ptr<ClientListener> listener);
  /// Null: unknown.
  std::shared_ptr<ClientListener> remove(const Bytes& id);
  /// Only if it is still the one under its id.
  void forget(const ClientListener& listener);

 private:
  Mutex lock_;
  std::map<Bytes, std::shared_ptr<ClientListener>> listeners_ HF_GUARDED_BY(lock_);
};

}  // namespace holdfast::hotrod
