// Values in pieces: GET_STREAM and PUT_STREAM of 2.6 to 4.0, and the six operations of 4.1.
#include <algorithm>

#include "endpoint/hotrod/handlers.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

using ops::OpId;

constexpr std::uint32_t kBatchBytesMax = 1U << 24;

/// The version of a stream says what kind of write it is.
void write_stream(Call& call, const server::CacheView& view, std::int64_t version, Mutation& m) {
  if (version == 0) return call.write_to(view, OpId::put, m, {});
  if (version < 0) {
    m.precondition = Precondition::if_absent;
    return call.write_to(view, OpId::put_if_absent, m, {ResponseStatus::not_executed, false});
  }
  m.precondition = Precondition::if_version;
  m.expected_version = static_cast<Version>(version);
  call.write_to(view, OpId::replace_if_version, m, {});
}

OpId op_of(std::int64_t version) { return version == 0 ? OpId::put : version < 0 ? OpId::put_if_absent : OpId::replace_if_version; }

/// The next piece of a stream, and the flag that says whether it is the last.
BytesView next_piece(GetStream& stream, bool& complete) {
  const BytesView piece = BytesView(stream.value).substr(stream.at, stream.batch);
  stream.at += piece.size();
  complete = stream.at == stream.value.size();
  return piece;
}

void append_piece_head(Bytes& out, std::int32_t id, bool complete) {
  append_u32(out, static_cast<std::uint32_t>(id));
  append_u8(out, complete ? 1 : 0);
}

}  // namespace

void handle_get_stream(Call& call) {
  const BytesView key = call.in.array();
  const std::uint32_t offset = call.in.vint();
  if (!call.open()) return;
  const auto found = call.view().read(OpId::get_with_metadata, key, [&](const EntryView& entry) {
    Bytes& out = call.answer(ResponseStatus::success);
    append_metadata(out, entry.metadata);
    append_array(out, entry.value.substr(std::min<std::size_t>(offset, entry.value.size())));
  });
  if (!found.ok()) return call.fail(found.error());
  if (!*found) call.answer(ResponseStatus::key_does_not_exist);
}

void handle_put_stream(Call& call) {
  Mutation m;
  m.key = call.in.array();
  const WireExpiration expiration = call.read_expiration();
  const auto version = static_cast<std::int64_t>(call.in.u64());
  const BytesView pieces = call.read_pieces();
  if (!call.open()) return;
  Bytes value;
  for (Reader in(pieces); !in.at_end();) value.append(in.array());
  m.value = value;
  m.lifespan_ms = expiration.lifespan_ms;
  m.max_idle_ms = expiration.max_idle_ms;
  write_stream(call, call.view(), version, m);
}

void handle_start_get_stream(Call& call) {
  const BytesView key = call.in.array();
  const std::uint32_t batch = call.in.vint();
  if (!call.open()) return;
  GetStream stream;
  Metadata metadata;
  const auto found = call.view().read(OpId::get_with_metadata, key, [&](const EntryView& entry) {
    stream.value = Bytes(entry.value);
    metadata = entry.metadata;
  });
  if (!found.ok()) return call.fail(found.error());
  if (!*found) {
    call.answer(ResponseStatus::key_does_not_exist);
    return;
  }
  stream.batch = std::clamp<std::uint32_t>(batch, 1, kBatchBytesMax);
  const auto id = call.session().streams().start(std::move(stream));
  if (!id.ok()) return call.fail(id.error());
  bool complete = false;
  const BytesView piece = next_piece(**call.session().streams().reading(*id), complete);
  Bytes& out = call.answer(ResponseStatus::success);
  append_piece_head(out, *id, complete);
  append_metadata(out, metadata);
  append_array(out, piece);
  if (complete) call.session().streams().finish_reading(*id);
}

void handle_next_get_stream(Call& call) {
  const auto id = static_cast<std::int32_t>(call.in.u32());
  if (!call.admitted()) return;
  const auto stream = call.session().streams().reading(id);
  if (!stream.ok()) return call.fail(stream.error());
  bool complete = false;
  const BytesView piece = next_piece(**stream, complete);
  Bytes& out = call.answer(ResponseStatus::success);
  append_piece_head(out, id, complete);
  append_array(out, piece);
  if (complete) call.session().streams().finish_reading(id);
}

void handle_end_get_stream(Call& call) {
  const auto id = static_cast<std::int32_t>(call.in.u32());
  if (!call.admitted()) return;
  call.session().streams().end_reading(id);
  call.answer(ResponseStatus::success);
}

void handle_start_put_stream(Call& call) {
  PutStream stream;
  stream.key = Bytes(call.in.array());
  stream.expiration = call.read_expiration();
  stream.version = static_cast<std::int64_t>(call.in.u64());
  stream.flags = call.header.flags;
  if (!call.open()) return;
  if (auto allowed = call.view().check(op_of(stream.version)); !allowed.ok()) return call.fail(allowed.error());
  stream.view = call.view();
  const auto id = call.session().streams().start(std::move(stream));
  if (!id.ok()) return call.fail(id.error());
  append_u32(call.answer(ResponseStatus::success), static_cast<std::uint32_t>(*id));
}

void handle_next_put_stream(Call& call) {
  const auto id = static_cast<std::int32_t>(call.in.u32());
  const bool last = call.in.u8() != 0;
  const BytesView piece = call.in.array();
  if (!call.admitted()) return;
  const auto writing = call.session().streams().writing(id);
  if (!writing.ok()) return call.fail(writing.error());
  if (auto fits = call.session().streams().append(**writing, piece); !fits.ok()) {
    call.session().streams().end_writing(id);
    return call.fail(fits.error());
  }
  if (!last) {
    call.answer(ResponseStatus::success);
    return;
  }
  const auto stream = call.session().streams().end_writing(id);
  Mutation m;
  m.key = stream->key;
  m.value = stream->value;
  m.lifespan_ms = stream->expiration.lifespan_ms;
  m.max_idle_ms = stream->expiration.max_idle_ms;
  m.flags = skip_flags(stream->flags);
  write_stream(call, stream->view, stream->version, m);
}

void handle_end_put_stream(Call& call) {
  const auto id = static_cast<std::int32_t>(call.in.u32());
  if (!call.admitted()) return;
  call.session().streams().end_writing(id);
  call.answer(ResponseStatus::success);
}

}  // namespace holdfast::hotrod
