#include "endpoint/hotrod/call.h"

#include "endpoint/hotrod/errors.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

constexpr std::string_view kSchemaCache = "___protobuf_metadata";
constexpr std::uint8_t kLegacyFrom = 24, kLegacyUntil = 28;

/// Before 2.8 requests name no types: bytes are as stored, but for the schemas, which are protostream.
server::DataFormat format_of(const Header& header) {
  server::DataFormat format;
  if (header.version >= 28) {
    std::tie(format.key, format.value) = media_types_of(header.media);
  } else if (header.cache == kSchemaCache) {
    format.key = format.value = *media::MediaType::parse(media::kProtostream);
  }
  return format;
}

}  // namespace

WriteFlag skip_flags(std::uint32_t flags) {
  WriteFlag out = WriteFlag::none;
  if (flags & kSkipCacheLoad) out = out | WriteFlag::skip_cache_load;
  if (flags & kSkipIndexing) out = out | WriteFlag::skip_indexing;
  if (flags & kSkipListeners) out = out | WriteFlag::skip_listeners;
  return out;
}

WireExpiration Call::read_expiration() {
  return hotrod::read_expiration(in, header, [this] { return session_.state().context.runtime->clock().now_ms(); });
}

BytesView Call::read_arrays(std::uint64_t count) {
  ListProgress& progress = session_.list_progress();
  const std::size_t from = in.position();
  in.bytes(progress.bytes);
  for (std::uint64_t i = progress.items; i < count; ++i) {
    in.array();
    if (!in.ok()) return {};
    progress = {in.position() - from, i + 1};
  }
  return input_.substr(from, in.position() - from);
}

BytesView Call::read_pieces() {
  ListProgress& progress = session_.list_progress();
  const std::size_t from = in.position();
  in.bytes(progress.bytes);
  for (bool last = false; !last;) {
    last = in.array().empty();
    if (!in.ok()) return {};
    if (!last) progress.bytes = in.position() - from;
  }
  return input_.substr(from, in.position() - from);
}

bool Call::admitted() {
  if (!in.ok()) return false;
  const std::size_t bytes_max = session_.state().context.settings.max_content_length;
  if (in.position() > bytes_max) {
    session_.break_off(connection_, header.message_id, ResponseStatus::parse_error,
                       "java.io.IOException: a request of " + std::to_string(in.position()) + " bytes is longer than max-content-length, " + std::to_string(bytes_max));
    return false;
  }
  if (session_.may_run(operation_)) return true;
  fail(Error(Errc::unauthenticated, "ISPN006017: Operation '" + std::string(operation_.name) + "' requires authentication"));
  return false;
}

const server::CacheView* Call::open() {
  if (!admitted()) return nullptr;
  if (view_) return view_;
  view_ = session_.views().find(header);
  if (view_) {
    view_is_kept_ = true;
    return view_;
  }
  auto opened = session_.state().context.dispatcher->open(session_.subject(), header.cache, format_of(header));
  if (!opened.ok()) {
    fail(opened.error());
    return nullptr;
  }
  return view_ = session_.views().keep(header, std::move(*opened));
}

/// Clients of these versions want to know whether the cache keeps Java's objects.
ResponseStatus Call::as_legacy(ResponseStatus status) const {
  if (!view_ || view_->storage().key.name() != media::kJavaObject) return status;
  switch (status) {
    case ResponseStatus::success: return ResponseStatus::success_legacy;
    case ResponseStatus::success_with_previous: return ResponseStatus::success_with_previous_legacy;
    case ResponseStatus::not_executed_with_previous: return ResponseStatus::not_executed_with_previous_legacy;
    default: return status;
  }
}

Bytes& Call::answer(ResponseStatus status) {
  Bytes& out = connection_.output();
  if (header.version >= kLegacyFrom && header.version <= kLegacyUntil) status = as_legacy(status);
  if (header.intelligence > Intelligence::basic && append_topology_news(out, status)) return out;
  append_response_head(out, header.message_id, response_of(operation_.op), status);
  return out;
}

/// The head of an answer to a client that does not know the newest topology; false = nothing is new to it.
bool Call::append_topology_news(Bytes& out, ResponseStatus status) const {
  const auto& provider = session_.state().extensions.topology;
  const auto topology = provider ? provider->topology_of(header.cache) : nullptr;
  if (!topology || topology->id == header.topology_id) return false;
  append_response_head(out, header.message_id, response_of(operation_.op), status, true);
  append_topology(out, *topology, header.intelligence);
  return true;
}

void Call::fail(const Error& error) {
  if (error.code() == Errc::stopped && view_is_kept_) {
    session_.views().forget(view_);
    view_ = nullptr;
    view_is_kept_ = false;
    stale_ = true;
    return;
  }
  fail(status_of(error.code()), text_of(error));
}

void Call::fail(ResponseStatus status, std::string_view text) {
  Bytes& out = connection_.output();
  append_response_head(out, header.message_id, kErrorResponse, status);
  append_array(out, text);
}

void Call::write(ops::OpId op, Mutation& mutation, const WriteRule& rule) { write_to(*view_, op, mutation, rule); }

void Call::write_to(const server::CacheView& view, ops::OpId op, Mutation& mutation, const WriteRule& rule) {
  mutation.flags = mutation.flags | skip_flags(header.flags);
  mutation.repeat = header.repeat;
  if (has(kForceReturnValue)) {
    mutation.returns = ReturnMode::previous;
  } else {
    mutation.flags = mutation.flags | WriteFlag::ignore_return_values;
  }
  const auto outcome = view.write(op, mutation);
  if (!outcome.ok()) return fail(outcome.error());
  answer_outcome(*outcome, rule);
}

void Call::answer_outcome(const Outcome& outcome, const WriteRule& rule) {
  const Entry* previous = outcome.previous ? &*outcome.previous : nullptr;
  switch (outcome.kind) {
    case OutcomeKind::done:
      if (!has(kForceReturnValue) || !rule.done_shows_previous) {
        answer(ResponseStatus::success);
      } else {
        append_previous(answer(ResponseStatus::success_with_previous), header.version, previous);
      }
      return;
    case OutcomeKind::present:
    case OutcomeKind::mismatch:
      if (!has(kForceReturnValue)) {
        answer(ResponseStatus::not_executed);
      } else {
        append_previous(answer(ResponseStatus::not_executed_with_previous), header.version, previous);
      }
      return;
    case OutcomeKind::absent:
    case OutcomeKind::unchanged:
      answer(rule.absent);
      return;
  }
}

}  // namespace holdfast::hotrod
