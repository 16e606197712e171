#include "endpoint/rest/negotiation.h"

#include <algorithm>
#include <array>

#include "media/transcoder.h"

namespace holdfast::rest {
namespace {

using media::MediaType;

constexpr std::size_t kRangesMax = 32;

/// "0.5" -> 500; also ".5", as an old client of Java's writes it.
std::optional<int> quality_of(std::string_view text) {
  int value = 0;
  if (!text.empty() && (text[0] == '0' || text[0] == '1')) {
    value = (text[0] - '0') * 1000;
    text.remove_prefix(1);
    if (text.empty()) return value;
  }
  if (text.size() > 4 || !text.starts_with('.')) return std::nullopt;
  int weight = 100;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value += (c - '0') * weight;
    weight /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

std::string_view major(std::string_view name) { return name.substr(0, name.find('/')); }

bool takes(const MediaType& range, const MediaType& type) {
  return range.name() == "*/*" || range.matches(type) || (range.name().ends_with("/*") && major(range.name()) == major(type.name()));
}

Result<AcceptRange> range_of(std::string_view text) {
  HF_ASSIGN(const MediaType parsed, MediaType::parse(text));
  AcceptRange range;
  range.type = MediaType::parse(parsed.name()).value();
  for (const auto& [name, value] : parsed.parameters()) {
    if (name != "q") {
      range.type.add_parameter(name, value);
      continue;
    }
    const auto quality = quality_of(value);
    if (!quality) return Error(Errc::invalid_argument, "Accept: q=" + value.substr(0, 20) + " is not from 0 to 1");
    range.quality = *quality;
  }
  return range;
}

}  // namespace

Result<std::vector<AcceptRange>> parse_accept(std::string_view accept) {
  std::vector<AcceptRange> ranges;
  if (accept.empty()) accept = "*/*";
  while (!accept.empty()) {
    const std::string_view piece = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), piece.size() + 1));
    if (piece.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (ranges.size() == kRangesMax) return Error(Errc::invalid_argument, "Accept: more than " + std::to_string(kRangesMax) + " media types");
    // Java's HTTP client says "*" for everything.
    const std::string_view bare = piece.substr(piece.find_first_not_of(" \t"));
    HF_ASSIGN(AcceptRange range, range_of(bare == "*" || bare.starts_with("*;") ? "*/*" + std::string(bare.substr(1)) : std::string(bare)));
    ranges.push_back(std::move(range));
  }
  std::stable_sort(ranges.begin(), ranges.end(), [](const AcceptRange& a, const AcceptRange& b) { return a.quality > b.quality; });
  return ranges;
}

const MediaType* choose(const std::vector<AcceptRange>& ranges, std::span<const MediaType> offers) {
  for (const AcceptRange& range : ranges) {
    if (range.quality == 0) break;
    for (const MediaType& offer : offers) {
      if (takes(range.type, offer)) return &offer;
    }
  }
  return nullptr;
}

std::optional<MediaType> choose_for_value(const std::vector<AcceptRange>& ranges, const MediaType& storage) {
  static const std::array<MediaType, 4> kOffers = {MediaType::parse(media::kTextPlain).value(), MediaType::parse(media::kJson).value(),
                                                   MediaType::parse(media::kOctetStream).value(), MediaType::parse(media::kProtostream).value()};
  for (const AcceptRange& range : ranges) {
    if (range.quality == 0) break;
    if (range.type.name() == "*/*" || (!storage.empty() && range.type.parameters().empty() && takes(range.type, storage))) return MediaType();
    if (!range.type.name().ends_with("/*")) {
      if (media::can_convert(storage, range.type)) return range.type;
      continue;
    }
    for (const MediaType& offer : kOffers) {
      if (takes(range.type, offer) && media::can_convert(storage, offer)) return offer;
    }
  }
  return std::nullopt;
}

}  // namespace holdfast::rest
