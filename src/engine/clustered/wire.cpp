#include "engine/clustered/wire.h"

#include <bit>

namespace holdfast::engine::clustered {
namespace {

constexpr std::uint32_t kChunkEntriesMax = 1 << 20;

void append_time(Bytes& out, TimeMs t) { append_u64(out, static_cast<std::uint64_t>(t)); }
TimeMs read_time(Reader& in) { return static_cast<TimeMs>(in.u64()); }

void append_invocation(Bytes& out, const InvocationId& id) {
  append_address(out, id.originator);
  append_vlong(out, id.counter);
}
InvocationId read_invocation(Reader& in) {
  InvocationId id;
  id.originator = read_address(in);
  id.counter = in.vlong();
  return id;
}

void append_optional_time(Bytes& out, const std::optional<TimeMs>& t) {
  append_u8(out, t.has_value());
  if (t) append_time(out, *t);
}
std::optional<TimeMs> read_optional_time(Reader& in) {
  if (in.u8() == 0) return std::nullopt;
  return read_time(in);
}

void append_mutation(Bytes& out, const Mutation& m) {
  append_array(out, m.key);
  append_u8(out, static_cast<std::uint8_t>(m.precondition));
  append_u8(out, static_cast<std::uint8_t>(m.effect));
  append_u8(out, static_cast<std::uint8_t>(m.returns));
  append_u16(out, static_cast<std::uint16_t>(m.flags));
  append_array(out, m.value);
  append_optional_time(out, m.lifespan_ms);
  append_optional_time(out, m.max_idle_ms);
  append_u64(out, m.expected_version);
  append_array(out, m.expected_value);
}
bool read_mutation(Reader& in, Mutation& m) {
  m.key = in.array();
  const std::uint8_t precondition = in.u8(), effect = in.u8(), returns = in.u8();
  m.flags = static_cast<WriteFlag>(in.u16());
  m.value = in.array();
  m.lifespan_ms = read_optional_time(in);
  m.max_idle_ms = read_optional_time(in);
  m.expected_version = in.u64();
  m.expected_value = in.array();
  m.precondition = static_cast<Precondition>(precondition);
  m.effect = static_cast<Effect>(effect);
  m.returns = static_cast<ReturnMode>(returns);
  return in.ok() && m.precondition <= Precondition::if_newer && m.effect <= Effect::expire && m.effect != Effect::apply && m.returns <= ReturnMode::previous;
}

template <class T>
std::optional<T> whole(Reader& in, T value) {
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return value;
}

}  // namespace

void append_write(Bytes& out, const WriteRequest& r) {
  append_array(out, r.cache);
  append_vint(out, r.epoch);
  append_invocation(out, r.invocation);
  append_vlong(out, r.done_mark);
  append_mutation(out, r.mutation);
}
std::optional<WriteRequest> read_write(BytesView body) {
  Reader in(body);
  WriteRequest r;
  r.cache = in.array();
  r.epoch = in.vint();
  r.invocation = read_invocation(in);
  r.done_mark = in.vlong();
  if (!read_mutation(in, r.mutation)) return std::nullopt;
  return whole(in, std::move(r));
}

void append_outcome(Bytes& out, const Outcome& o) {
  append_u8(out, static_cast<std::uint8_t>(o.kind));
  append_u8(out, static_cast<std::uint8_t>(o.had_previous | (o.previous.has_value() << 1)));
  append_u64(out, o.version);
  if (o.previous) append_entry(out, o.previous->view());
  append_array(out, o.result);
}
std::optional<Outcome> read_outcome(Reader& in) {
  Outcome o;
  const std::uint8_t kind = in.u8(), bits = in.u8();
  if (kind > static_cast<std::uint8_t>(OutcomeKind::unchanged) || bits > 3) return std::nullopt;
  o.kind = static_cast<OutcomeKind>(kind);
  o.had_previous = (bits & 1) != 0;
  o.version = in.u64();
  if (bits & 2) {
    o.previous = read_entry(in);
    if (!o.previous) return std::nullopt;
  }
  o.result = in.array();
  if (!in.ok()) return std::nullopt;
  return o;
}

void append_read(Bytes& out, const ReadRequest& r) {
  append_array(out, r.cache);
  append_vint(out, r.epoch);
  append_array(out, r.key);
  append_u8(out, r.any_owner);
}
std::optional<ReadRequest> read_read(BytesView body) {
  Reader in(body);
  ReadRequest r;
  r.cache = in.array();
  r.epoch = in.vint();
  r.key = in.array();
  r.any_owner = in.u8() != 0;
  return whole(in, std::move(r));
}

void append_reserve(Bytes& out, const ReserveRequest& r) {
  append_array(out, r.cache);
  append_vint(out, r.epoch);
  append_invocation(out, r.invocation);
  append_u8(out, r.holds);
  append_array(out, r.key);
}
std::optional<ReserveRequest> read_reserve(BytesView body) {
  Reader in(body);
  ReserveRequest r;
  r.cache = in.array();
  r.epoch = in.vint();
  r.invocation = read_invocation(in);
  r.holds = in.u8() != 0;
  r.key = in.array();
  return whole(in, std::move(r));
}

void append_clear(Bytes& out, const ClearRequest& r) {
  append_array(out, r.cache);
  append_vint(out, r.epoch);
  append_vint(out, r.segment);
  append_invocation(out, r.invocation);
  append_vlong(out, r.done_mark);
  append_u8(out, r.silent);
}
std::optional<ClearRequest> read_clear(BytesView body) {
  Reader in(body);
  ClearRequest r;
  r.cache = in.array();
  r.epoch = in.vint();
  r.segment = in.vint();
  r.invocation = read_invocation(in);
  r.done_mark = in.vlong();
  r.silent = in.u8() != 0;
  return whole(in, std::move(r));
}

void append_entry(Bytes& out, const EntryView& e) {
  append_array(out, e.key);
  append_array(out, e.value);
  append_u64(out, e.metadata.version);
  append_time(out, e.metadata.created_ms);
  append_time(out, e.metadata.last_used_ms);
  append_time(out, e.metadata.expiration.lifespan_ms);
  append_time(out, e.metadata.expiration.max_idle_ms);
}
std::optional<Entry> read_entry(Reader& in) {
  Entry e;
  e.key = in.array();
  e.value = in.array();
  e.metadata.version = in.u64();
  e.metadata.created_ms = read_time(in);
  e.metadata.last_used_ms = read_time(in);
  e.metadata.expiration.lifespan_ms = read_time(in);
  e.metadata.expiration.max_idle_ms = read_time(in);
  if (!in.ok()) return std::nullopt;
  return e;
}

void append_header(Bytes& out, const ReplicaHeader& h) {
  append_array(out, h.cache);
  append_vint(out, h.epoch);
  append_vint(out, h.segment);
  append_u64(out, h.watermark);
  append_address(out, h.originator);
  append_vlong(out, h.done_mark);
}
std::optional<ReplicaHeader> read_header(Reader& in) {
  ReplicaHeader h;
  h.cache = in.array();
  h.epoch = in.vint();
  h.segment = in.vint();
  h.watermark = in.u64();
  h.originator = read_address(in);
  h.done_mark = in.vlong();
  if (!in.ok()) return std::nullopt;
  return h;
}

void append_pending(Bytes& out, const PendingWrite& w) {
  append_u64(out, w.version);
  append_u8(out, static_cast<std::uint8_t>(w.removes | (w.expires << 1) | (w.silent << 2)));
  append_array(out, w.key);
  append_array(out, w.value);
  append_time(out, w.expiration.lifespan_ms);
  append_time(out, w.expiration.max_idle_ms);
  append_time(out, w.created_ms);
  append_invocation(out, w.invocation);
  append_outcome(out, w.outcome);
}
std::optional<PendingWrite> read_pending(Reader& in) {
  PendingWrite w;
  w.version = in.u64();
  const std::uint8_t bits = in.u8();
  if (bits > 7) return std::nullopt;
  w.removes = (bits & 1) != 0;
  w.expires = (bits & 2) != 0;
  w.silent = (bits & 4) != 0;
  w.key = in.array();
  w.value = in.array();
  w.expiration.lifespan_ms = read_time(in);
  w.expiration.max_idle_ms = read_time(in);
  w.created_ms = read_time(in);
  w.invocation = read_invocation(in);
  auto outcome = read_outcome(in);
  if (!in.ok() || !outcome) return std::nullopt;
  w.outcome = std::move(*outcome);
  return w;
}

void append_watermarks(Bytes& out, const Watermarks& marks) {
  append_array(out, marks.cache);
  append_vint(out, static_cast<std::uint32_t>(marks.of_segments.size()));
  for (const auto& [segment, version] : marks.of_segments) {
    append_vint(out, segment);
    append_u64(out, version);
  }
}
std::optional<Watermarks> read_watermarks(BytesView body) {
  Reader in(body);
  Watermarks marks;
  marks.cache = in.array();
  const std::uint32_t count = in.vint();
  if (count > kSegmentsMax) return std::nullopt;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::uint32_t segment = in.vint();
    marks.of_segments.emplace_back(segment, in.u64());
  }
  return whole(in, std::move(marks));
}

void append_collected(Bytes& out, const Collected& c) {
  append_u64(out, c.last);
  append_vint(out, static_cast<std::uint32_t>(c.pending.size()));
  for (const PendingWrite& w : c.pending) append_pending(out, w);
}
std::optional<Collected> read_collected(BytesView body) {
  Reader in(body);
  Collected c;
  c.last = in.u64();
  const std::uint32_t count = in.vint();
  for (std::uint32_t i = 0; i < count; ++i) {
    auto w = read_pending(in);
    if (!w) return std::nullopt;
    c.pending.push_back(std::move(*w));
  }
  return whole(in, std::move(c));
}

void append_fetch(Bytes& out, const FetchRequest& r) {
  append_array(out, r.cache);
  append_vint(out, r.epoch);
  append_vint(out, r.segment);
  append_vlong(out, r.session);
}
std::optional<FetchRequest> read_fetch(BytesView body) {
  Reader in(body);
  FetchRequest r;
  r.cache = in.array();
  r.epoch = in.vint();
  r.segment = in.vint();
  r.session = in.vlong();
  return whole(in, std::move(r));
}

void append_chunk(Bytes& out, const FetchChunk& c) {
  append_vlong(out, c.session);
  append_u64(out, c.last);
  append_vint(out, static_cast<std::uint32_t>(c.entries.size()));
  for (const Entry& e : c.entries) append_entry(out, e.view());
  append_vint(out, static_cast<std::uint32_t>(c.results.size()));
  for (const auto& [id, outcome] : c.results) {
    append_invocation(out, id);
    append_outcome(out, outcome);
  }
  append_vint(out, static_cast<std::uint32_t>(c.done_marks.size()));
  for (const auto& [originator, mark] : c.done_marks) {
    append_address(out, originator);
    append_vlong(out, mark);
  }
  append_vint(out, static_cast<std::uint32_t>(c.removals.size()));
  for (const Removal& r : c.removals) {
    append_array(out, r.key);
    append_u64(out, r.version);
  }
}
std::optional<FetchChunk> read_chunk(BytesView body) {
  Reader in(body);
  FetchChunk c;
  c.session = in.vlong();
  c.last = in.u64();
  const std::uint32_t count = in.vint();
  if (count > kChunkEntriesMax) return std::nullopt;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto e = read_entry(in);
    if (!e) return std::nullopt;
    c.entries.push_back(std::move(*e));
  }
  const std::uint32_t results = in.vint();
  for (std::uint32_t i = 0; i < results; ++i) {
    InvocationId id = read_invocation(in);
    auto outcome = read_outcome(in);
    if (!outcome) return std::nullopt;
    c.results.emplace_back(std::move(id), std::move(*outcome));
  }
  const std::uint32_t marks = in.vint();
  for (std::uint32_t i = 0; i < marks && in.ok(); ++i) {
    Address originator = read_address(in);
    c.done_marks.emplace_back(std::move(originator), in.vlong());
  }
  const std::uint32_t removals = in.vint();
  for (std::uint32_t i = 0; i < removals && in.ok(); ++i) {
    Bytes key(in.array());
    c.removals.push_back({std::move(key), in.u64()});
  }
  return whole(in, std::move(c));
}

void append_interest(Bytes& out, const Interest& i) {
  append_array(out, i.cache);
  append_vlong(out, i.generation);
  append_vint(out, i.kinds);
  append_vint(out, i.pre_kinds);
}
std::optional<Interest> read_interest(BytesView body) {
  Reader in(body);
  Interest i;
  i.cache = in.array();
  i.generation = in.vlong();
  i.kinds = in.vint();
  i.pre_kinds = in.vint();
  return whole(in, std::move(i));
}

void append_event(Bytes& out, const std::string& cache, const Event& e, bool retried) {
  append_array(out, cache);
  append_u8(out, static_cast<std::uint8_t>(e.kind));
  append_u8(out, static_cast<std::uint8_t>(e.pre | (retried << 1) | ((e.previous != nullptr) << 2)));
  append_entry(out, {e.key, e.value, e.metadata});
  if (e.previous) append_entry(out, e.previous->view());
}
std::optional<EventMessage> read_event(BytesView body) {
  Reader in(body);
  EventMessage m;
  m.cache = in.array();
  const std::uint8_t kind = in.u8(), bits = in.u8();
  if (kind > static_cast<std::uint8_t>(EventKind::visited) || bits > 7) return std::nullopt;
  m.kind = static_cast<EventKind>(kind);
  m.pre = (bits & 1) != 0;
  m.retried = (bits & 2) != 0;
  auto entry = read_entry(in);
  if (!entry) return std::nullopt;
  m.key = std::move(entry->key);
  m.value = std::move(entry->value);
  m.metadata = entry->metadata;
  if (bits & 4) {
    m.previous = read_entry(in);
    if (!m.previous) return std::nullopt;
  }
  return whole(in, std::move(m));
}
Event EventMessage::event() const {
  Event e;
  e.kind = kind;
  e.pre = pre;
  e.retried = retried;
  e.key = key;
  e.value = value;
  e.metadata = metadata;
  e.previous = previous ? &*previous : nullptr;
  return e;
}

void append_touch(Bytes& out, const TouchRequest& t) {
  append_array(out, t.cache);
  append_vint(out, t.epoch);
  append_array(out, t.key);
  append_time(out, t.used_ms);
}
std::optional<TouchRequest> read_touch(BytesView body) {
  Reader in(body);
  TouchRequest t;
  t.cache = in.array();
  t.epoch = in.vint();
  t.key = in.array();
  t.used_ms = read_time(in);
  return whole(in, std::move(t));
}

namespace {

using Figure = std::int64_t StatisticsSnapshot::*;
constexpr Figure kFigures[] = {
    &StatisticsSnapshot::time_since_start_s, &StatisticsSnapshot::time_since_reset_s, &StatisticsSnapshot::hits, &StatisticsSnapshot::misses,
    &StatisticsSnapshot::stores, &StatisticsSnapshot::remove_hits, &StatisticsSnapshot::remove_misses, &StatisticsSnapshot::evictions,
    &StatisticsSnapshot::average_read_ns, &StatisticsSnapshot::average_write_ns, &StatisticsSnapshot::average_remove_ns,
    &StatisticsSnapshot::entries, &StatisticsSnapshot::approximate_entries, &StatisticsSnapshot::memory_bytes,
};

}  // namespace

void append_statistics(Bytes& out, const StatisticsSnapshot& s) {
  append_u8(out, s.enabled);
  for (const Figure figure : kFigures) append_time(out, s.*figure);
}
std::optional<StatisticsSnapshot> read_statistics(BytesView body) {
  Reader in(body);
  StatisticsSnapshot s;
  s.enabled = in.u8() != 0;
  for (const Figure figure : kFigures) s.*figure = read_time(in);
  return whole(in, s);
}

void append_change(Bytes& out, const DefinitionChange& c) {
  append_u8(out, static_cast<std::uint8_t>(c.kind));
  append_array(out, c.name);
  append_array(out, c.text);
  append_u8(out, c.volatile_definition);
  for (const std::uint64_t number : {c.mark.made, c.mark.removed, c.mark.request}) append_u64(out, number);
}
std::optional<DefinitionChange> read_change(Reader& in) {
  DefinitionChange c;
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(DefinitionChange::Kind::remove_template)) return std::nullopt;
  c.kind = static_cast<DefinitionChange::Kind>(kind);
  c.name = in.array();
  c.text = in.array();
  c.volatile_definition = in.u8() != 0;
  for (std::uint64_t* number : {&c.mark.made, &c.mark.removed, &c.mark.request}) *number = in.u64();
  if (!in.ok()) return std::nullopt;
  return c;
}

void append_join(Bytes& out, const JoinRequest& j) {
  append_array(out, j.cache);
  append_vint(out, j.segments);
  append_vint(out, j.owners);
  append_u8(out, j.replicated);
  append_array(out, j.factory);
  append_u64(out, std::bit_cast<std::uint64_t>(j.capacity_factor));
  append_vint(out, static_cast<std::uint32_t>(j.settings.size()));
  for (const auto& [name, value] : j.settings) {
    append_array(out, name);
    append_array(out, value);
  }
}
std::optional<JoinRequest> read_join(Reader& in) {
  JoinRequest j;
  j.cache = in.array();
  j.segments = in.vint();
  j.owners = in.vint();
  j.replicated = in.u8() != 0;
  j.factory = in.array();
  j.capacity_factor = std::bit_cast<double>(in.u64());
  const std::uint32_t count = in.vint();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    std::string name(in.array());
    j.settings.emplace_back(std::move(name), in.array());
  }
  if (!in.ok() || j.segments == 0 || j.segments > kSegmentsMax || !(j.capacity_factor >= 0)) return std::nullopt;
  return j;
}

}  // namespace holdfast::engine::clustered
