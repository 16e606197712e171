#include "client/codec.h"

#include <algorithm>

#include "base/varint.h"
#include "media/media_type.h"

namespace holdfast::client {
namespace {

constexpr std::uint8_t kVersion40 = 40;
constexpr TimeMs kMsPerSecond = 1000;

/// Kinds of media types and of metadata flags on the wire.
constexpr std::uint8_t kMediaNone = 0, kMediaPredefined = 1, kMediaCustom = 2;
constexpr std::uint8_t kInfiniteLifespan = 1, kInfiniteMaxIdle = 2;
constexpr std::uint8_t kUnitMs = 1, kUnitDefault = 7, kUnitInfinite = 8;

Metadata read_metadata(Reader& in) {
  Metadata m;
  const std::uint8_t flags = in.u8();
  if ((flags & kInfiniteLifespan) == 0) {
    m.created_ms = static_cast<TimeMs>(in.u64());
    m.expiration.lifespan_ms = TimeMs{in.vint()} * kMsPerSecond;
  }
  if ((flags & kInfiniteMaxIdle) == 0) {
    m.last_used_ms = static_cast<TimeMs>(in.u64());
    m.expiration.max_idle_ms = TimeMs{in.vint()} * kMsPerSecond;
  }
  m.version = in.u64();
  return m;
}

std::string read_media_type(Reader& in) {
  const std::uint8_t kind = in.u8();
  if (kind == kMediaNone) return "";
  media::MediaType type;
  if (kind == kMediaPredefined) {
    type = media::MediaType::from_hotrod_id(in.vint());
  } else if (kind == kMediaCustom) {
    if (auto parsed = media::MediaType::parse(in.array()); parsed.ok()) type = std::move(parsed).value();
  } else {
    in.fail();
  }
  for (std::uint32_t n = in.vint(); n > 0 && in.ok(); --n) {
    std::string name(in.array());
    type.add_parameter(std::move(name), std::string(in.array()));
  }
  return type.empty() ? "" : type.to_string();
}

Topology read_topology(Reader& in, Intelligence intelligence) {
  Topology topology;
  topology.id = in.vint();
  for (std::uint32_t n = in.vint(); n > 0 && in.ok(); --n) {
    runtime::Endpoint server;
    server.host = std::string(in.array());
    server.port = in.u16();
    topology.servers.push_back(std::move(server));
  }
  if (intelligence != Intelligence::hash_aware) return topology;
  in.u8();  // the hash function's version; there is one
  for (std::uint32_t n = in.vint(); n > 0 && in.ok(); --n) {
    std::vector<std::uint32_t> owners;
    for (std::uint8_t m = in.u8(); m > 0 && in.ok(); --m) {
      owners.push_back(in.vint());
      if (in.ok() && owners.back() >= topology.servers.size()) in.fail();
    }
    topology.owners.push_back(std::move(owners));
  }
  return topology;
}

/// The value before a write: 4.0 sends metadata in front of it, version -1 when there was none.
void read_previous(Reader& in, std::uint8_t version, Response& response) {
  if (version >= kVersion40) response.metadata = read_metadata(in);
  const BytesView value = in.array();
  const bool none = version >= kVersion40 ? response.metadata.version == ~Version{0} : value.empty();
  if (!none) response.value = Bytes(value);
}

void read_ping(Reader& in, Response& response) {
  response.names.push_back(read_media_type(in));
  response.names.push_back(read_media_type(in));
  response.server_version = in.u8();
  for (std::uint32_t n = in.vint(); n > 0 && in.ok(); --n) response.knows_repeats |= in.u16() == kKnowsRepeats;
}

void read_pairs(Reader& in, Response& response) {
  for (std::uint32_t n = in.vint(); n > 0 && in.ok(); --n) {
    const BytesView key = in.array();
    const BytesView value = in.array();
    response.pairs.emplace_back(Bytes(key), Bytes(value));
  }
}

void read_names(Reader& in, Response& response) {
  for (std::uint32_t n = in.vint(); n > 0 && in.ok(); --n) response.names.emplace_back(in.array());
}

void read_batch(Reader& in, Response& response) {
  response.batch = std::make_unique<IterationBatch>();
  response.batch->finished = Bytes(in.array());
  std::uint32_t n = in.vint();
  const std::uint32_t values = n > 0 ? in.vint() : 0;
  if (n > 0 && values != 1 && in.ok()) in.fail();  // projections are asked for by nobody here
  for (; n > 0 && in.ok(); --n) {
    if (in.u8() != 0) response.batch->metadata.push_back(read_metadata(in));
    const BytesView key = in.array();
    response.pairs.emplace_back(Bytes(key), Bytes(in.array()));
  }
}

void read_event(Reader& in, Response& response) {
  response.event = std::make_unique<EventBody>();
  response.event->listener = Bytes(in.array());
  response.event->custom = in.u8() != 0;
  response.event->repeated = in.u8() != 0;
  response.event->data = Bytes(in.array());
  const bool leaves_a_value = response.op == static_cast<std::uint8_t>(EventOp::created) || response.op == static_cast<std::uint8_t>(EventOp::modified);
  if (!response.event->custom && leaves_a_value) response.event->version = in.u64();
}

/// The body behind a success; false = there is no such operation.
bool read_success(Reader& in, Op op, Response& response) {
  switch (op) {
    case Op::put: case Op::put_if_absent: case Op::replace: case Op::replace_if_unmodified: case Op::remove:
    case Op::remove_if_unmodified: case Op::contains_key: case Op::clear: case Op::put_all:
    case Op::add_listener: case Op::remove_listener: case Op::add_bloom_listener: case Op::update_bloom: case Op::iteration_end:
      return true;
    case Op::iteration_next:
      read_batch(in, response);
      return true;
    case Op::get: case Op::exec: case Op::iteration_start:
      response.value = Bytes(in.array());
      return true;
    case Op::get_with_metadata:
      response.metadata = read_metadata(in);
      response.value = Bytes(in.array());
      return true;
    case Op::size:
      response.number = in.vlong();
      return true;
    case Op::stats: case Op::get_all:
      read_pairs(in, response);
      return true;
    case Op::ping:
      read_ping(in, response);
      return true;
    case Op::auth_mech_list:
      read_names(in, response);
      return true;
    case Op::auth:
      response.complete = in.u8() != 0;
      response.value = Bytes(in.array());
      return true;
    default: return false;  // this client never asks for it
  }
}

bool read_body(Reader& in, std::uint8_t version, Response& response) {
  if (response.is_event()) {
    read_event(in, response);
    return true;
  }
  if (response.is_error()) {
    response.value = Bytes(in.array());
    return true;
  }
  switch (response.status) {
    case ResponseStatus::success: return read_success(in, static_cast<Op>(response.op - 1), response);
    case ResponseStatus::not_executed: case ResponseStatus::key_does_not_exist: return true;
    case ResponseStatus::invalid_iteration:
      if (response.op == static_cast<std::uint8_t>(Op::iteration_next) + 1) read_batch(in, response);
      return true;
    case ResponseStatus::success_with_previous: case ResponseStatus::not_executed_with_previous:
      read_previous(in, version, response);
      return true;
    default: return false;
  }
}

}  // namespace

void append_head(Bytes& out, const RequestHead& head) {
  append_u8(out, kRequestMagic);
  append_vlong(out, head.message_id);
  append_u8(out, head.version);
  append_u8(out, static_cast<std::uint8_t>(head.op));
  append_array(out, head.cache);
  append_vint(out, head.flags);
  append_u8(out, static_cast<std::uint8_t>(head.intelligence));
  append_vint(out, head.topology_id);
  append_u8(out, kMediaNone);  // keys and values are bytes, as the cache keeps them
  append_u8(out, kMediaNone);
  if (head.version < kVersion40) return;
  append_vint(out, head.repeat.number != 0 ? 1 : 0);
  if (head.repeat.number == 0) return;
  Bytes repeat;
  append_repeat(repeat, head.repeat);
  append_array(out, kRepeatParameter);
  append_array(out, repeat);
}

void append_lifetime(Bytes& out, const RequestedLifetime& lifetime) {
  const auto unit = [](const std::optional<TimeMs>& ms) { return !ms ? kUnitDefault : *ms < 0 ? kUnitInfinite : kUnitMs; };
  const std::uint8_t lives = unit(lifetime.lifespan_ms);
  const std::uint8_t idles = unit(lifetime.max_idle_ms);
  append_u8(out, static_cast<std::uint8_t>(lives << 4 | idles));
  if (lives == kUnitMs) append_vlong(out, static_cast<std::uint64_t>(*lifetime.lifespan_ms));
  if (idles == kUnitMs) append_vlong(out, static_cast<std::uint64_t>(*lifetime.max_idle_ms));
}

void append_parameters(Bytes& out, const Parameters& parameters) {
  append_vint(out, static_cast<std::uint32_t>(parameters.size()));
  for (const auto& [name, value] : parameters) {
    append_array(out, name);
    append_array(out, value);
  }
}

DecodeResult decode(BytesView input, std::uint8_t version, Intelligence intelligence, Response& response) {
  Reader in(input);
  response = Response{};
  if (in.u8() != kResponseMagic && in.ok()) in.fail();
  response.message_id = in.vlong();
  response.op = in.u8();
  response.status = static_cast<ResponseStatus>(in.u8());
  const std::uint8_t has_topology = in.u8();
  if (has_topology > 1) in.fail();
  if (in.ok() && has_topology == 1) response.topology = read_topology(in, intelligence);
  if (in.ok() && !read_body(in, version, response)) in.fail();
  if (in.ok()) return {Decoded::whole, in.position()};
  if (in.needs_more()) return {Decoded::incomplete, std::max(in.wanted(), input.size() + 1)};
  return {Decoded::malformed, 0};
}

}  // namespace holdfast::client
