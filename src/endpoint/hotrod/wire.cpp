#include "endpoint/hotrod/wire.h"

#include <algorithm>

namespace holdfast::hotrod {
namespace {

constexpr std::uint32_t kMediaTypeParametersMax = 32;
constexpr std::uint32_t kHeaderParametersMax = 128;
constexpr std::uint32_t kUnknownMediaTypeId = 17;
constexpr TimeMs kThirtyDaysMs = TimeMs{30} * 24 * 3600 * 1000;
/// Longer is for ever; keeps sums of times far from the limits of 64 bits.
constexpr std::uint64_t kDurationMsMax = 10'000'000'000'000'000;
constexpr std::size_t kLongestVarint = 10;

void skip_media_type(Reader& in) {
  const std::uint8_t kind = in.u8();
  if (kind == 0) return;
  if (kind == 1) {
    in.vint();
  } else if (kind == 2) {
    in.array();
  } else {
    in.fail();
    return;
  }
  const std::uint32_t parameters = in.vint();
  if (parameters > kMediaTypeParametersMax) in.fail();
  for (std::uint32_t i = 0; i < 2 * parameters && in.ok(); ++i) in.array();
}

media::MediaType read_media_type(Reader& in) {
  const std::uint8_t kind = in.u8();
  if (kind == 0) return {};
  media::MediaType type;
  if (kind == 1) {
    type = media::MediaType::from_hotrod_id(in.vint());
  } else {
    auto parsed = media::MediaType::parse(in.array());
    if (parsed.ok()) type = std::move(*parsed);
  }
  const std::uint32_t parameters = in.vint();
  for (std::uint32_t i = 0; i < parameters && in.ok(); ++i) {
    std::string name(in.array());
    type.add_parameter(std::move(name), std::string(in.array()));
  }
  return type;
}

/// In milliseconds; a duration that is not zero is at least one.
TimeMs duration_ms(std::uint64_t value, unsigned unit) {
  struct Unit {
    std::uint64_t times, per;
  };
  static constexpr Unit kUnits[] = {{1000, 1}, {1, 1}, {1, 1'000'000}, {1, 1000}, {60'000, 1}, {3'600'000, 1}, {86'400'000, 1}};
  const Unit u = kUnits[unit];
  if (value > kDurationMsMax / u.times * u.per) return kImmortal;
  const std::uint64_t ms = value * u.times / u.per;
  return static_cast<TimeMs>(ms == 0 && value != 0 ? 1 : ms);
}

/// Zero means for ever; before 3.0 more than thirty days is a point in time.
TimeMs limit_of(TimeMs ms, std::uint8_t version, FunctionRef<TimeMs()> now_ms) {
  if (ms <= 0) return kImmortal;
  if (version >= 30 || ms <= kThirtyDaysMs) return ms;
  return std::max<TimeMs>(ms - now_ms(), 0);
}

constexpr unsigned kUnitDefault = 7;
constexpr unsigned kUnitInfinite = 8;

std::optional<TimeMs> read_limit(Reader& in, unsigned unit, bool cache_default, const Header& header, FunctionRef<TimeMs()> now_ms) {
  const std::uint64_t value = unit < kUnitDefault ? in.vlong() : 0;
  if (cache_default || unit == kUnitDefault) return std::nullopt;
  if (unit == kUnitInfinite) return kImmortal;
  return limit_of(duration_ms(value, unit), header.version, now_ms);
}

std::int32_t whole_seconds(TimeMs ms) {
  constexpr TimeMs kMax = 0x7fffffff;
  return static_cast<std::int32_t>(ms / 1000 < kMax ? ms / 1000 : kMax);
}

}  // namespace

HeadFault read_head(Reader& in, Header& header) {
  if (in.u8() != kRequestMagic && in.ok()) return HeadFault::magic;
  header.message_id = in.vlong();
  header.version = in.u8();
  if (in.ok() && !is_known_version(header.version)) return HeadFault::version;
  header.op = in.u8();
  if (in.ok()) return HeadFault::none;
  return in.malformed() ? HeadFault::malformed : HeadFault::incomplete;
}

void read_addressee(Reader& in, BytesView input, Header& header) {
  const std::size_t start = in.position();
  header.cache = in.array();
  header.flags = in.vint();
  header.intelligence = static_cast<Intelligence>(in.u8());
  header.topology_id = in.vint();
  if (header.version >= 28) {
    const std::size_t from = in.position();
    skip_media_type(in);
    skip_media_type(in);
    header.media = input.substr(from, in.position() - from);
  }
  header.addressee = input.substr(start, in.position() - start);
}

void read_parameters(Reader& in, Header& header) {
  if (header.version < 40) return;
  const std::uint32_t parameters = in.vint();
  if (parameters > kHeaderParametersMax) in.fail();
  for (std::uint32_t i = 0; i < parameters && in.ok(); ++i) {
    const BytesView name = in.array(), value = in.array();
    if (name != kRepeatParameter || !in.ok()) continue;
    if (const auto repeat = read_repeat(value)) header.repeat = *repeat;
  }
}

std::pair<media::MediaType, media::MediaType> media_types_of(BytesView media) {
  if (media.empty()) return {};
  Reader in(media);
  auto key = read_media_type(in);
  auto value = read_media_type(in);
  return {std::move(key), std::move(value)};
}

void append_media_type(Bytes& out, const media::MediaType& type) {
  const std::uint32_t id = type.empty() ? kUnknownMediaTypeId : type.hotrod_id();
  append_u8(out, id != 0 ? 1 : 2);
  if (id != 0) {
    append_vint(out, id);
  } else {
    append_array(out, type.name());
  }
  append_vint(out, static_cast<std::uint32_t>(type.parameters().size()));
  for (const auto& [name, value] : type.parameters()) {
    append_array(out, name);
    append_array(out, value);
  }
}

WireExpiration read_expiration(Reader& in, const Header& header, FunctionRef<TimeMs()> now_ms) {
  unsigned lifespan_unit = 0, max_idle_unit = 0;
  if (header.version >= 22) {
    const std::uint8_t units = in.u8();
    lifespan_unit = units >> 4;
    max_idle_unit = units & 0x0f;
    if (lifespan_unit > kUnitInfinite || max_idle_unit > kUnitInfinite) in.fail();
  }
  if (!in.ok()) return {};
  WireExpiration e;
  e.lifespan_ms = read_limit(in, lifespan_unit, (header.flags & kDefaultLifespan) != 0, header, now_ms);
  e.max_idle_ms = read_limit(in, max_idle_unit, (header.flags & kDefaultMaxIdle) != 0, header, now_ms);
  return e;
}

void append_response_head(Bytes& out, std::uint64_t message_id, std::uint8_t op, ResponseStatus status, bool with_topology) {
  char head[kLongestVarint + 4];
  std::size_t n = 0;
  head[n++] = static_cast<char>(kResponseMagic);
  for (; message_id >= 0x80; message_id >>= 7) head[n++] = static_cast<char>(message_id | 0x80);
  head[n++] = static_cast<char>(message_id);
  head[n++] = static_cast<char>(op);
  head[n++] = static_cast<char>(status);
  head[n++] = with_topology ? 1 : 0;
  out.append(head, n);
}

void append_metadata(Bytes& out, const Metadata& m) {
  const bool lives_for_ever = m.expiration.lifespan_ms < 0;
  const bool idles_for_ever = m.expiration.max_idle_ms < 0;
  append_u8(out, static_cast<std::uint8_t>((lives_for_ever ? 1 : 0) | (idles_for_ever ? 2 : 0)));
  if (!lives_for_ever) {
    append_u64(out, static_cast<std::uint64_t>(m.created_ms));
    append_vint(out, static_cast<std::uint32_t>(whole_seconds(m.expiration.lifespan_ms)));
  }
  if (!idles_for_ever) {
    append_u64(out, static_cast<std::uint64_t>(m.last_used_ms));
    append_vint(out, static_cast<std::uint32_t>(whole_seconds(m.expiration.max_idle_ms)));
  }
  append_u64(out, m.version);
}

void append_previous(Bytes& out, std::uint8_t version, const Entry* previous) {
  if (version >= 40) {
    Metadata none;
    none.version = ~Version{0};
    append_metadata(out, previous ? previous->metadata : none);
  }
  append_array(out, previous ? BytesView(previous->value) : BytesView());
}

std::vector<bool> bits_of(BytesView bytes, std::size_t size) {
  std::vector<bool> bits(size);
  for (std::size_t i = 0; i < size && i / 8 < bytes.size(); ++i) bits[i] = (static_cast<unsigned char>(bytes[i / 8]) >> (i % 8) & 1) != 0;
  return bits;
}

Bytes bytes_of(const std::vector<bool>& bits) {
  Bytes bytes((bits.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) bytes[i / 8] = static_cast<char>(bytes[i / 8] | (1 << (i % 8)));
  }
  while (!bytes.empty() && bytes.back() == '\0') bytes.pop_back();
  return bytes;
}

}  // namespace holdfast::hotrod
