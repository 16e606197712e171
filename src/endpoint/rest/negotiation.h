// What a client accepts, and which of the media types that there are suits it best (RFC 9110, section 12).
//
// Owner: values.  Threads: any.  Waits: never.
// Fails with: invalid_argument (a malformed Accept).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "media/media_type.h"

namespace holdfast::rest {

struct AcceptRange {
  media::MediaType type;  // "text/plain", "text/*" or "*/*", without its q
  int quality = 1000;     // thousandths
};
/// Best first, as the client gave them where they are equal. An empty Accept is "*/*".
Result<std::vector<AcceptRange>> parse_accept(std::string_view accept);

/// The first of `offers` that the best range takes; null when none does.
const media::MediaType* choose(const std::vector<AcceptRange>& ranges, std::span<const media::MediaType> offers);

/// How a value that is stored as `storage` (empty = unknown) is shown: empty type = as stored. Nothing: not acceptable.
std::optional<media::MediaType> choose_for_value(const std::vector<AcceptRange>& ranges, const media::MediaType& storage);

}  // namespace holdfast::rest
