#include "endpoint/rest/conditions.h"

#include <charconv>

namespace holdfast::rest {
namespace {

/// The version behind `"hex"`; nothing for a weak tag or one that is not ours.
std::optional<Version> version_of(BytesView tag) {
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
  Version version = 0;
  const char* last = tag.data() + tag.size() - 1;
  const auto [end, bad] = std::from_chars(tag.data() + 1, last, version, 16);
  return bad == std::errc() && end == last ? std::optional(version) : std::nullopt;
}

/// `strong` as If-Match compares: a weak tag equals nothing.
bool lists(BytesView tags, Version version, bool strong) {
  while (!tags.empty()) {
    BytesView tag = tags.substr(0, tags.find(','));
    tags.remove_prefix(std::min(tags.size(), tag.size() + 1));
    while (!tag.empty() && (tag.front() == ' ' || tag.front() == '\t')) tag.remove_prefix(1);
    while (!tag.empty() && (tag.back() == ' ' || tag.back() == '\t')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) {
      if (strong) continue;
      tag.remove_prefix(2);
    }
    if (version_of(tag) == version) return true;
  }
  return false;
}

/// Dates have whole seconds.
TimeMs to_second(TimeMs when) { return when / 1000 * 1000; }

}  // namespace

Conditions::Conditions(const Request& request) {
  for (const Header& h : request.headers) {
    if (h.name.size() < 8 || (h.name[0] != 'I' && h.name[0] != 'i') || (h.name[2] != '-')) continue;
    if (equal_ignoring_case(h.name, "If-Match")) if_match_ = h.value;
    if (equal_ignoring_case(h.name, "If-None-Match")) if_none_match_ = h.value;
    if (equal_ignoring_case(h.name, "If-Modified-Since")) if_modified_since_ = parse_http_date(h.value);
    if (equal_ignoring_case(h.name, "If-Unmodified-Since")) if_unmodified_since_ = parse_http_date(h.value);
  }
  dates_ = if_modified_since_ >= 0 || if_unmodified_since_ >= 0;
  any_ = dates_ || !if_match_.empty() || !if_none_match_.empty();
}

Conditions::Verdict Conditions::judge(const Metadata* present, bool reads) const {
  const Verdict same = reads ? Verdict::not_modified : Verdict::failed;
  if (!if_match_.empty()) {
    if (present == nullptr || (if_match_ != "*" && !lists(if_match_, present->version, true))) return Verdict::failed;
  } else if (if_unmodified_since_ >= 0 && present != nullptr && to_second(created_ms(present->version)) > if_unmodified_since_) {
    return Verdict::failed;
  }
  if (!if_none_match_.empty()) {
    if (present != nullptr && (if_none_match_ == "*" || lists(if_none_match_, present->version, false))) return same;
  } else if (reads && if_modified_since_ >= 0 && present != nullptr && to_second(created_ms(present->version)) <= if_modified_since_) {
    return Verdict::not_modified;
  }
  return Verdict::go_on;
}

std::optional<Version> Conditions::only_version() const {
  if (!if_none_match_.empty() || dates_) return std::nullopt;
  return version_of(if_match_);
}

void append_etag(Bytes& out, Version version) {
  char text[20];
  out += '"';
  out.append(text, std::to_chars(text, text + sizeof text, version, 16).ptr);
  out += '"';
}

}  // namespace holdfast::rest
