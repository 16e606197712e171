// What is in a cache: keys, entries, size, clear, statistics.
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "endpoint/rest/handlers.h"
#include "endpoint/rest/json_answers.h"
#include "endpoint/rest/open_cache.h"
#include "media/transcoder.h"
#include "security/crypto.h"

namespace holdfast::rest {
namespace {

using media::MediaType;
using Json = nlohmann::ordered_json;

/// A parameter that is a count; `fallback` when it is absent or empty. Nothing: answered.
std::optional<std::int64_t> count_parameter(Exchange& x, std::string_view name, std::int64_t fallback) {
  const auto text = x.parameter(name);
  if (!text || text->empty()) return fallback;
  std::int64_t count = 0;
  const auto [end, bad] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (bad != std::errc() || end != text->data() + text->size()) {
    x.fail(400, "the parameter '" + std::string(name) + "' must be a number");
    return std::nullopt;
  }
  return count < 0 ? fallback : count;
}

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// The common part of keys and entries: each segment's entries as pieces of one JSON array.
void stream_entries(Exchange& x, const server::CacheView& view, ops::OpId op, StreamedBody& body, FunctionRef<std::string(const Entry&)> text_of) {
  auto limit = count_parameter(x, "limit", kNoLimit);
  // How many at a time is our own matter, but a bad figure is the caller's mistake.
  if (!limit || !count_parameter(x, "batch", 0)) return;
  if (const Status allowed = view.check(op); !allowed.ok()) return x.fail(allowed.error());
  bool first = true;
  body.add("[");
  for (std::uint32_t segment = 0; segment < view.segments() && *limit > 0; ++segment) {
    const auto entries = view.entries_of_segment(op, segment);
    if (!entries.ok()) return body.may_fail() ? x.fail(entries.error()) : body.abort();
    for (const Entry& entry : *entries) {
      if ((*limit)-- == 0) break;
      if (!body.add((first ? "" : ",") + text_of(entry))) return;
      first = false;
    }
    if (*limit < 0) break;
  }
  body.add("]");
  body.finish();
}

/// How entries are shown when the request leaves it to the server: text, JSON, or hexadecimal digits.
MediaType readable(const MediaType& storage) {
  const MediaType text = MediaType::parse(media::kTextPlain).value();
  if (!storage.empty() && media::can_convert(storage, text)) return text;
  const MediaType json = MediaType::parse(media::kJson).value();
  if (!storage.empty() && media::can_convert(storage, json)) return json;
  return MediaType();
}

std::string shown_type(const MediaType& type, const MediaType& storage) {
  if (!type.empty()) return type.to_string();
  return (storage.empty() ? std::string(media::kOctetStream) : storage.to_string()) + "; encoding=hex";
}

std::string shown(BytesView bytes, const MediaType& type) {
  if (type.empty()) return "\"" + security::to_hex(bytes) + "\"";
  if (type.name() == media::kJson) return bytes.empty() ? "null" : std::string(bytes);
  return json_text(Json(bytes));
}

void append_metadata(std::string& out, const Metadata& m) {
  const auto seconds = [](TimeMs ms) { return ms < 0 ? ms : (ms + 999) / 1000; };
  const auto field = [&](const char* name, std::int64_t value) { out.append(",\"").append(name).append("\":").append(std::to_string(value)); };
  const bool mortal = m.expiration.lifespan_ms >= 0;
  field("timeToLiveSeconds", seconds(m.expiration.lifespan_ms));
  field("maxIdleTimeSeconds", seconds(m.expiration.max_idle_ms));
  field("created", m.expiration.immortal() ? -1 : m.created_ms);
  field("lastUsed", m.expiration.max_idle_ms < 0 ? -1 : m.last_used_ms);
  field("expireTime", mortal ? m.created_ms + m.expiration.lifespan_ms : -1);
}

}  // namespace

void cache_keys(Exchange& x) {
  const MediaType text = MediaType::parse(media::kTextPlain).value();
  const auto view = open_cache(x, {text, {}});
  if (!view) return;
  StreamedBody body(x, media::kJson);
  stream_entries(x, *view, ops::OpId::get_keys, body, [](const Entry& entry) { return json_text(Json(entry.key)); });
}

void cache_entries(Exchange& x) {
  const auto stored = open_cache(x);
  if (!stored) return;
  const MediaType text = MediaType::parse(media::kTextPlain).value();
  server::DataFormat format{text, text};
  if (x.parameter("content-negotiation") == "true") format = {readable(stored->storage().key), readable(stored->storage().value)};
  const auto view = open_cache(x, format);
  if (!view) return;
  const bool metadata = x.parameter("metadata") == "true";
  StreamedBody body(x, media::kJson,
                    {{"key-content-type", shown_type(format.key, stored->storage().key)}, {"value-content-type", shown_type(format.value, stored->storage().value)}});
  stream_entries(x, *view, ops::OpId::iterate, body, [&](const Entry& entry) {
    std::string out = "{\"key\":" + shown(entry.key, format.key) + ",\"value\":" + shown(entry.value, format.value);
    if (metadata) append_metadata(out, entry.metadata);
    return out + "}";
  });
}

void cache_size(Exchange& x) {
  const auto view = open_cache(x);
  if (!view) return;
  const auto size = view->size();
  if (!size.ok()) return x.fail(size.error());
  x.answer(200, media::kJson, std::to_string(*size));
}

void clear_cache(Exchange& x) {
  if (const auto view = open_cache(x)) x.finish(view->clear());
}

void cache_stats(Exchange& x) {
  const auto view = open_cache(x);
  if (!view) return;
  const auto statistics = view->statistics();
  if (!statistics.ok()) return x.fail(statistics.error());
  answer_json(x, statistics_json(*statistics));
}

void reset_cache_stats(Exchange& x) {
  if (const auto view = open_cache(x)) x.finish(view->reset_statistics());
}

}  // namespace holdfast::rest
