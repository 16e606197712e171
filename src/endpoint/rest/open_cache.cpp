#include "endpoint/rest/open_cache.h"

#include "endpoint/rest/negotiation.h"
#include "media/transcoder.h"

namespace holdfast::rest {
namespace {

using media::MediaType;

constexpr std::size_t kCacheSegment = 3;

/// What keys in paths are unless the request says otherwise.
const MediaType& default_key_type() {
  static const MediaType kType = MediaType::parse("text/plain; charset=utf-8").value();
  return kType;
}

struct Opened {
  server::CacheView view;
  std::string content_type;
};

std::optional<MediaType> parse_type(Exchange& x, BytesView text, std::string_view header) {
  auto type = MediaType::parse(text);
  if (type.ok()) return std::move(type).value();
  x.fail(400, std::string(header) + ": " + type.error().message());
  return std::nullopt;
}

/// Of the keys in paths, as the header says. Nothing: answered.
std::optional<MediaType> key_type_of(Exchange& x, BytesView header) {
  return header.empty() ? default_key_type() : parse_type(x, header, "Key-Content-Type");
}

/// "Accept" against what the values are. Nothing: answered.
std::optional<MediaType> negotiated(Exchange& x, BytesView accept, const MediaType& storage) {
  const auto ranges = parse_accept(accept);
  if (!ranges.ok()) {
    x.fail(ranges.error());
    return std::nullopt;
  }
  auto chosen = choose_for_value(*ranges, storage);
  if (!chosen) x.fail(406, "values of this cache are " + (storage.empty() ? std::string("of no declared type") : storage.to_string()) + " and cannot be shown as Accept wants them");
  return chosen;
}

std::optional<Opened> open_entry_view(Exchange& x, const ViewKey& key) {
  const auto stored = x.dispatcher().open(x.subject(), key.cache, {});
  if (!stored.ok()) return x.fail(stored.error()), std::nullopt;
  server::DataFormat format;
  auto key_type = key_type_of(x, key.key_type);
  if (!key_type) return std::nullopt;
  format.key = std::move(*key_type);
  const MediaType& storage = stored->storage().value;
  if (key.reads) {
    auto type = negotiated(x, key.value_type, storage);
    if (!type) return std::nullopt;
    format.value = std::move(*type);
  } else if (!key.value_type.empty()) {
    auto type = parse_type(x, key.value_type, "Content-Type");
    if (!type) return std::nullopt;
    format.value = std::move(*type);
  }
  auto view = x.dispatcher().open(x.subject(), key.cache, format);
  if (!view.ok()) {
    // The types do not convert: the request's media type is what is wrong.
    view.failed_with(Errc::not_supported) ? x.fail(415, view.error().message()) : x.fail(view.error());
    return std::nullopt;
  }
  const MediaType& shown = format.value.empty() ? storage : format.value;
  return Opened{std::move(view).value(), shown.empty() ? media::kOctetStream : shown.to_string()};
}

/// The kept or a new view of the cache in the path. Null: an answer was given.
const KeptView* open_for_entry(Exchange& x, Direction direction) {
  ViewKey key;
  key.cache = x.segment(kCacheSegment);
  key.key_type = x.request.header("Key-Content-Type");
  key.reads = direction == Direction::read;
  key.value_type = x.request.header(key.reads ? "Accept" : "Content-Type");
  if (const KeptView* kept = x.views().find(key)) return kept;
  auto opened = open_entry_view(x, key);
  if (!opened) return nullptr;
  return x.views().keep(key, std::move(opened->view), std::move(opened->content_type));
}

}  // namespace

std::optional<server::CacheView> open_cache(Exchange& x, const server::DataFormat& format) {
  auto view = x.dispatcher().open(x.subject(), x.segment(kCacheSegment), format);
  if (view.ok()) return std::move(view).value();
  view.failed_with(Errc::not_supported) ? x.fail(406, view.error().message()) : x.fail(view.error());
  return std::nullopt;
}

std::optional<server::CacheView> open_cache_for_key(Exchange& x) {
  auto type = key_type_of(x, x.request.header("Key-Content-Type"));
  if (!type) return std::nullopt;
  return open_cache(x, {std::move(*type), {}});
}

void with_entry_view(Exchange& x, Direction direction, FunctionRef<Status(const KeptView&)> body) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const KeptView* kept = open_for_entry(x, direction);
    if (kept == nullptr) return;
    const Status status = body(*kept);
    if (status.ok()) return;
    if (status.error().code() == Errc::stopped) {
      x.views().forget(kept);
      if (attempt == 0) continue;
    }
    // What is stored cannot be shown as the request wants it.
    if (direction == Direction::read && status.error().code() == Errc::not_supported) return x.fail(406, status.error().message());
    if (direction == Direction::write && status.error().code() == Errc::not_supported) return x.fail(415, status.error().message());
    return x.fail(status.error());
  }
}

}  // namespace holdfast::rest
