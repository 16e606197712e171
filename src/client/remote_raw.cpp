#include <holdfast/detail/remote_raw.h>

#include <unordered_map>

#include "client/bulk.h"
#include "client/near_cache.h"
#include "client/remote_world.h"
#include "client/requests.h"
#include "client/walk.h"
#include "media/program_conversion.h"
#include "runtime/latch.h"

namespace holdfast::detail {
namespace {

using client::Op;
using client::Request;
using client::Response;

std::uint32_t wire_flags(Flag flags, bool return_previous) {
  std::uint32_t out = return_previous ? client::kForceReturnValue : 0U;
  if (has(flags, Flag::skip_cache_load)) out |= client::kSkipCacheLoad;
  if (has(flags, Flag::skip_indexing)) out |= client::kSkipIndexing;
  if (has(flags, Flag::skip_listeners)) out |= client::kSkipListeners;
  return out;
}

client::RequestedLifetime requested(const Lifetime& lifetime) {
  const auto ms = [](std::chrono::milliseconds time) { return time == kCacheDefault ? std::optional<TimeMs>() : std::optional<TimeMs>(time.count()); };
  return {ms(lifetime.lifespan), ms(lifetime.max_idle)};
}

Op op_of(RemoteOp op) {
  switch (op) {
    case RemoteOp::get: return Op::get;
    case RemoteOp::get_with_metadata: return Op::get_with_metadata;
    case RemoteOp::contains: return Op::contains_key;
    case RemoteOp::put: return Op::put;
    case RemoteOp::put_if_absent: return Op::put_if_absent;
    case RemoteOp::replace: return Op::replace;
    case RemoteOp::replace_with_version: return Op::replace_if_unmodified;
    case RemoteOp::remove: return Op::remove;
    case RemoteOp::remove_with_version: return Op::remove_if_unmodified;
    case RemoteOp::clear: return Op::clear;
    case RemoteOp::size: break;
  }
  return Op::size;
}

/// The bits of a listener's interests on the wire.
std::uint32_t interests_of(std::uint32_t kinds) {
  const auto wire = [kinds](EventKind kind, std::uint32_t interest) { return (kinds & bit(kind)) != 0 ? interest : 0U; };
  return wire(EventKind::created, 1) | wire(EventKind::modified, 2) | wire(EventKind::removed, 4) | wire(EventKind::expired, 8);
}
constexpr std::uint32_t kNearInterests = 2 | 4 | 8;  // what makes a kept value old

EventKind kind_of(const Response& event) {
  switch (static_cast<client::EventOp>(event.op)) {
    case client::EventOp::modified: return EventKind::modified;
    case client::EventOp::removed: return EventKind::removed;
    case client::EventOp::expired: return EventKind::expired;
    case client::EventOp::created: break;
  }
  return EventKind::created;
}

bool has_value(Op op) { return op == Op::put || op == Op::put_if_absent || op == Op::replace || op == Op::replace_if_unmodified; }

}  // namespace

struct RemoteRaw::State {
  std::shared_ptr<RemoteWorld> world;
  std::shared_ptr<client::CacheRoute> route;
  media::ProgramConversion key;
  media::ProgramConversion value;
  bool converts_keys = false;
  bool converts_values = false;
  std::shared_ptr<client::NearCache> near;  // null = none
  std::shared_ptr<client::RemoteListener> near_listener;

  ~State() {
    if (near_listener) near_listener->remove();
  }

  /// Waits.
  void start_near_cache(std::size_t entries) {
    near = std::make_shared<client::NearCache>(entries);
    client::ListenerOptions options;
    options.interests = kNearInterests;
    client::ListenerCallbacks callbacks;
    callbacks.event = [kept = near](const Response& event) { kept->forget(event.event->data); };
    callbacks.lost = [kept = near] { kept->set_on(false); };
    callbacks.gap = [kept = near] { kept->set_on(true); };
    near_listener = checked_remote(client::RemoteListener::add(world->core(), route, std::move(options), std::move(callbacks)));
    world->own(near_listener);
    near->set_on(true);
  }

  /// A read through the near cache. `stored` is the key as the cache keeps it.
  void read_near(const Bytes& stored, Request request, const RemoteDone& done, const std::shared_ptr<State>& self) const {
    if (auto kept = near->find(stored)) {
      Response response;
      response.value = std::move(kept->value);
      response.metadata = kept->metadata;
      return finish(std::move(response), done);
    }
    request.op = Op::get_with_metadata;
    world->core()->start(std::move(request), route, [self, done, read = near->begin_read(stored)](Result<Response> response) {
      const bool found = response.ok() && response->value && response->metadata.expiration.immortal();
      const client::NearCache::Entry entry{found ? *response->value : Bytes(), found ? response->metadata : Metadata()};
      self->near->end_read(read, found ? &entry : nullptr);
      self->finish(std::move(response), done);
    });
  }

  void finish(Result<Response> response, const RemoteDone& done) const {
    if (!response.ok()) return done(exception_of(response.error()), {});
    auto made = answer(std::move(response).value());
    if (!made.ok()) return done(exception_of(made.error()), {});
    done(nullptr, std::move(made).value());
  }

  Result<Request> request(RemoteOp op, const RemoteArguments& a) const {
    const Op wire = op_of(op);
    if (wire == Op::clear || wire == Op::size) return Request{.op = wire, .flags = wire_flags(a.flags, false)};
    client::WriteRequest write;
    Bytes stored_key;
    Bytes stored_value;
    write.key = a.key;
    if (converts_keys) {
      HF_ASSIGN(stored_key, key.to_storage(a.key));
      write.key = stored_key;
    }
    write.flags = wire_flags(a.flags, a.return_previous);
    if (client::is_read(wire)) return client::key_request(wire, write.key, write.flags);
    write.value = a.value;
    if (converts_values && has_value(wire)) {
      HF_ASSIGN(stored_value, value.to_storage(a.value));
      write.value = stored_value;
    }
    write.lifetime = requested(a.lifetime);
    if (wire == Op::replace_if_unmodified || wire == Op::remove_if_unmodified) write.version = a.version;
    return client::write_request(wire, write);
  }

  Result<RemoteAnswer> answer(Response&& response) const {
    RemoteAnswer answer;
    answer.done = client::done(response);
    answer.number = response.number;
    answer.metadata = response.metadata;
    answer.has_value = response.value.has_value();
    if (!answer.has_value) return answer;
    answer.value = std::move(*response.value);
    if (converts_values) {
      HF_ASSIGN(answer.value, value.to_program(answer.value));
    }
    return answer;
  }

  Result<RemotePairs> to_program(RemotePairs stored) const {
    for (auto& [k, v] : stored) {
      if (converts_keys) {
        HF_ASSIGN(k, key.to_program(k));
      }
      if (converts_values) {
        HF_ASSIGN(v, value.to_program(v));
      }
    }
    return stored;
  }
};

RemoteRaw::RemoteRaw(std::shared_ptr<RemoteWorld> world, const std::string& name, std::string_view key_type, std::string_view value_type, std::size_t near_entries)
    : state_(std::make_shared<State>()) {
  state_->world = std::move(world);
  state_->route = state_->world->core()->route(name);
  const Response pong = checked_remote(state_->world->core()->call(Request{.op = Op::ping}, state_->route));
  state_->key = checked_remote(media::ProgramConversion::make(key_type, pong.names.at(0)));
  state_->value = checked_remote(media::ProgramConversion::make(value_type, pong.names.at(1)));
  state_->converts_keys = !state_->key.identity();
  state_->converts_values = !state_->value.identity();
  if (near_entries > 0) state_->start_near_cache(near_entries);
}
RemoteRaw::~RemoteRaw() = default;

const std::string& RemoteRaw::name() const { return state_->route->name(); }
std::unique_ptr<Latch> RemoteRaw::make_latch() const { return runtime::make_latch(state_->world->runtime()); }

void RemoteRaw::start(RemoteOp op, const RemoteArguments& arguments, RemoteDone done) const {
  auto request = state_->request(op, arguments);
  if (!request.ok()) return done(exception_of(request.error()), {});
  if (!state_->near) {
    return state_->world->core()->start(std::move(request).value(), state_->route, [state = state_, done = std::move(done)](Result<Response> response) {
      state->finish(std::move(response), done);
    });
  }
  const Bytes stored = state_->key.to_storage(arguments.key).value();  // it was converted a moment ago
  if (op == RemoteOp::get || op == RemoteOp::get_with_metadata) return state_->read_near(stored, std::move(request).value(), done, state_);
  // Our own writes are seen at once: a read that begins before the write's answer is not kept.
  const bool writes = !client::is_read(request->op);
  const auto forget = [writes, op, stored](client::NearCache& near) {
    if (op == RemoteOp::clear) return near.forget_all();
    if (writes) near.forget(stored);
  };
  forget(*state_->near);
  state_->world->core()->start(std::move(request).value(), state_->route, [state = state_, forget, done = std::move(done)](Result<Response> response) {
    forget(*state->near);
    state->finish(std::move(response), done);
  });
}

void RemoteRaw::start_get_all(const std::vector<std::string>& keys, Flag flags, RemotePairsDone done) const {
  std::vector<Bytes> stored;
  for (const std::string& key : keys) {
    auto converted = state_->key.to_storage(key);
    if (!converted.ok()) return done(exception_of(converted.error()), {});
    stored.push_back(std::move(converted).value());
  }
  client::get_all(state_->world->core(), state_->route, stored, wire_flags(flags, false), [state = state_, order = stored, done = std::move(done)](Result<client::Pairs> found) {
    if (!found.ok()) return done(exception_of(found.error()), {});
    std::unordered_map<Bytes, Bytes> by_key;
    for (auto& [key, value] : *found) by_key.emplace(std::move(key), std::move(value));
    RemotePairs ordered;
    for (const Bytes& key : order) {
      if (auto at = by_key.find(key); at != by_key.end()) ordered.emplace_back(key, at->second);
    }
    auto pairs = state->to_program(std::move(ordered));
    if (!pairs.ok()) return done(exception_of(pairs.error()), {});
    done(nullptr, std::move(pairs).value());
  });
}

void RemoteRaw::start_put_all(RemotePairs entries, const Lifetime& lifetime, Flag flags, RemotePairsDone done) const {
  for (auto& [key, value] : entries) {
    auto stored_key = state_->key.to_storage(key);
    auto stored_value = state_->value.to_storage(value);
    if (!stored_key.ok() || !stored_value.ok()) return done(exception_of(stored_key.ok() ? stored_value.error() : stored_key.error()), {});
    key = std::move(stored_key).value();
    value = std::move(stored_value).value();
  }
  client::put_all(state_->world->core(), state_->route, std::move(entries), requested(lifetime), wire_flags(flags, false), [state = state_, done = std::move(done)](Result<client::Pairs> result) {
    if (state->near) state->near->forget_all();
    done(result.ok() ? nullptr : exception_of(result.error()), {});
  });
}

std::unique_ptr<RemoteWalk> RemoteRaw::walk(std::size_t batch, bool with_metadata) const {
  class ProgramWalk final : public RemoteWalk {
   public:
    ProgramWalk(std::shared_ptr<State> state, std::uint32_t entries, bool metadata)
        : state_(std::move(state)), walk_(state_->world->core(), state_->route, entries, metadata) {}
    bool next(RemotePairs& entries, std::vector<Metadata>& metadata) override {
      if (!checked_remote(walk_.next(entries, metadata))) return false;
      entries = checked_remote(state_->to_program(std::move(entries)));
      return true;
    }

   private:
    const std::shared_ptr<State> state_;
    client::Walk walk_;
  };
  return std::make_unique<ProgramWalk>(state_, static_cast<std::uint32_t>(batch), with_metadata);
}

std::uint64_t RemoteRaw::near_hits() const { return state_->near ? state_->near->hits() : 0; }

std::function<void()> RemoteRaw::add_listener(std::uint32_t kinds, RemoteListenerOptions options, std::function<void(const RemoteEvent&)> listener) const {
  client::ListenerOptions wanted;
  wanted.interests = interests_of(kinds);
  wanted.include_current_state = options.include_current_state;
  wanted.filter = std::move(options.filter);
  wanted.filter_parameters = std::move(options.filter_parameters);
  wanted.converter = std::move(options.converter);
  wanted.converter_parameters = std::move(options.converter_parameters);
  // The callbacks may keep nothing alive that owns the listener.
  Logger& log = state_->world->runtime().log();
  const auto guarded = [&log, cache = name()](const auto& f) {
    try {
      f();
    } catch (const std::exception& e) {
      log.error("listener", "a listener of cache '" + cache + "' threw: " + e.what());
    } catch (...) {
      log.error("listener", "a listener of cache '" + cache + "' threw something that is no std::exception");
    }
  };
  client::ListenerCallbacks callbacks;
  callbacks.event = [guarded, key = state_->key, listener = std::move(listener)](const Response& response) {
    guarded([&] {
      RemoteEvent event;
      event.kind = kind_of(response);
      event.current_state = response.message_id != 0;
      event.repeated = response.event->repeated;
      event.version = response.event->version;
      const Bytes program = response.event->custom ? Bytes() : checked_remote(key.to_program(response.event->data));
      event.key = program;
      if (response.event->custom) event.payload = response.event->data;
      listener(event);
    });
  };
  if (options.on_gap) callbacks.gap = [guarded, on_gap = std::move(options.on_gap)] { guarded(on_gap); };
  const auto added = checked_remote(client::RemoteListener::add(state_->world->core(), state_->route, std::move(wanted), std::move(callbacks)));
  state_->world->own(added);
  return [world = state_->world, added] { added->remove(); };
}

std::map<std::string, std::string> RemoteRaw::statistics() const {
  const Response response = checked_remote(state_->world->core()->call(Request{.op = Op::stats}, state_->route));
  return {response.pairs.begin(), response.pairs.end()};
}

}  // namespace holdfast::detail
