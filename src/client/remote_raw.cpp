#include <holdfast/detail/remote_raw.h>

#include <unordered_map>

#include "client/bulk.h"
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

bool has_value(Op op) { return op == Op::put || op == Op::put_if_absent || op == Op::replace || op == Op::replace_if_unmodified; }

}  // namespace

struct RemoteRaw::State {
  std::shared_ptr<RemoteWorld> world;
  std::shared_ptr<client::CacheRoute> route;
  media::ProgramConversion key;
  media::ProgramConversion value;
  bool converts_keys = false;
  bool converts_values = false;

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

RemoteRaw::RemoteRaw(std::shared_ptr<RemoteWorld> world, const std::string& name, std::string_view key_type, std::string_view value_type)
    : state_(std::make_shared<State>()) {
  state_->world = std::move(world);
  state_->route = state_->world->core()->route(name);
  const Response pong = checked_remote(state_->world->core()->call(Request{.op = Op::ping}, state_->route));
  state_->key = checked_remote(media::ProgramConversion::make(key_type, pong.names.at(0)));
  state_->value = checked_remote(media::ProgramConversion::make(value_type, pong.names.at(1)));
  state_->converts_keys = !state_->key.identity();
  state_->converts_values = !state_->value.identity();
}
RemoteRaw::~RemoteRaw() = default;

const std::string& RemoteRaw::name() const { return state_->route->name(); }
std::unique_ptr<Latch> RemoteRaw::make_latch() const { return runtime::make_latch(state_->world->runtime()); }

void RemoteRaw::start(RemoteOp op, const RemoteArguments& arguments, RemoteDone done) const {
  auto request = state_->request(op, arguments);
  if (!request.ok()) return done(exception_of(request.error()), {});
  state_->world->core()->start(std::move(request).value(), state_->route, [state = state_, done = std::move(done)](Result<Response> response) {
    if (!response.ok()) return done(exception_of(response.error()), {});
    auto answer = state->answer(std::move(response).value());
    if (!answer.ok()) return done(exception_of(answer.error()), {});
    done(nullptr, std::move(answer).value());
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
  client::put_all(state_->world->core(), state_->route, std::move(entries), requested(lifetime), wire_flags(flags, false), [done = std::move(done)](Result<client::Pairs> result) {
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

std::map<std::string, std::string> RemoteRaw::statistics() const {
  const Response response = checked_remote(state_->world->core()->call(Request{.op = Op::stats}, state_->route));
  return {response.pairs.begin(), response.pairs.end()};
}

}  // namespace holdfast::detail
