// Character sets of texts: everything goes through UTF-8.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: not_supported (an unknown set), invalid_argument (bytes that are no text of the set, a character that the
// wanted set lacks).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace holdfast::media {

enum class Charset : std::uint8_t { utf8, latin1, ascii };

/// By its name or a common alias, in any case; "" is UTF-8.
Result<Charset> charset_from_name(std::string_view name);
bool is_utf8(BytesView text);
Result<Bytes> recode(BytesView text, Charset from, Charset to);

}  // namespace holdfast::media
