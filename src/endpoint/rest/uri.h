// Targets of requests: paths in segments, queries in parameters, percent-encoding.
//
// Owner: views borrow from the request.  Threads: as values.  Waits: never.
// Fails with: nothing for a malformed "%" (the caller answers 400).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace holdfast::rest {

inline constexpr std::size_t kSegmentsMax = 12;

struct Target {
  std::array<BytesView, kSegmentsMax> segments;  // as sent, between the slashes; a trailing slash makes none
  std::size_t count = 0;
  BytesView query;
  bool too_deep = false;
};
/// Of "/a/b?x=y", or of "http://host/a/b".
Target parse_target(BytesView target);

std::optional<Bytes> percent_decoded(BytesView text);
/// A parameter of a query, decoded ("+" is a blank there); nothing when it is absent or malformed.
std::optional<Bytes> query_parameter(BytesView query, std::string_view name);

}  // namespace holdfast::rest
