// Base64 (RFC 4648, section 4).
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: from_base64() gives nothing for malformed text.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace holdfast {

Bytes to_base64(BytesView bytes);
/// With or without the padding; nothing else is forgiven.
std::optional<Bytes> from_base64(BytesView text);

}  // namespace holdfast
