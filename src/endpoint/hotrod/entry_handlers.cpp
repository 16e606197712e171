// Operations on one entry.
#include "endpoint/hotrod/handlers.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

using ops::OpId;
using AppendEntry = void (*)(Bytes&, const EntryView&);

void read_entry(Call& call, OpId op, BytesView key, AppendEntry append) {
  const auto found = call.view().read(op, key, [&](const EntryView& entry) { append(call.answer(ResponseStatus::success), entry); });
  if (!found.ok()) return call.fail(found.error());
  if (!*found) call.answer(ResponseStatus::key_does_not_exist);
}

void append_value(Bytes& out, const EntryView& entry) { append_array(out, entry.value); }

void append_version_and_value(Bytes& out, const EntryView& entry) {
  append_u64(out, entry.metadata.version);
  append_array(out, entry.value);
}

void append_metadata_and_value(Bytes& out, const EntryView& entry) {
  append_metadata(out, entry.metadata);
  append_array(out, entry.value);
}

void set_expiration(Mutation& m, const WireExpiration& expiration) {
  m.lifespan_ms = expiration.lifespan_ms;
  m.max_idle_ms = expiration.max_idle_ms;
}

/// PUT, PUT_IF_ABSENT and REPLACE have the same body.
void store(Call& call, OpId op, Precondition precondition, const Call::WriteRule& rule) {
  Mutation m;
  m.key = call.in.array();
  set_expiration(m, call.read_expiration());
  m.value = call.in.array();
  m.precondition = precondition;
  if (call.open()) call.write(op, m, rule);
}

}  // namespace

void handle_get(Call& call) {
  const BytesView key = call.in.array();
  if (call.open()) read_entry(call, OpId::get, key, append_value);
}

void handle_get_with_version(Call& call) {
  const BytesView key = call.in.array();
  if (call.open()) read_entry(call, OpId::get_with_metadata, key, append_version_and_value);
}

void handle_get_with_metadata(Call& call) {
  const BytesView key = call.in.array();
  if (!call.open()) return;
  // Before the read: a write in between must not be missed by the near cache.
  if (BloomFilter* bloom = call.session().bloom_of(call.view().name())) bloom->add(key);
  read_entry(call, OpId::get_with_metadata, key, append_metadata_and_value);
}

void handle_contains_key(Call& call) {
  const BytesView key = call.in.array();
  if (!call.open()) return;
  const auto found = call.view().contains(key);
  if (!found.ok()) return call.fail(found.error());
  call.answer(*found ? ResponseStatus::success : ResponseStatus::key_does_not_exist);
}

void handle_put(Call& call) { store(call, OpId::put, Precondition::always, {}); }

void handle_put_if_absent(Call& call) {
  store(call, OpId::put_if_absent, Precondition::if_absent, {ResponseStatus::not_executed, false});
}

void handle_replace(Call& call) { store(call, OpId::replace, Precondition::if_present, {ResponseStatus::not_executed, true}); }

void handle_replace_if_unmodified(Call& call) {
  Mutation m;
  m.key = call.in.array();
  set_expiration(m, call.read_expiration());
  m.expected_version = call.in.u64();
  m.value = call.in.array();
  m.precondition = Precondition::if_version;
  if (call.open()) call.write(OpId::replace_if_version, m, {});
}

void handle_remove(Call& call) {
  Mutation m;
  m.key = call.in.array();
  m.effect = Effect::remove;
  if (call.open()) call.write(OpId::remove, m, {});
}

void handle_remove_if_unmodified(Call& call) {
  Mutation m;
  m.key = call.in.array();
  m.expected_version = call.in.u64();
  m.precondition = Precondition::if_version;
  m.effect = Effect::remove;
  if (call.open()) call.write(OpId::remove_if_version, m, {});
}

}  // namespace holdfast::hotrod
