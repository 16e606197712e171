// Conversions between media types, as the original's server makes them.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: not_supported (no such conversion), invalid_argument (the bytes are not of the type that was claimed).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "media/media_type.h"

namespace holdfast::media {

/// True when bytes of `from` can be handed out as `to` unchanged (also when either is empty or unknown).
bool is_identity(const MediaType& from, const MediaType& to);
/// False when convert() would always answer not_supported.
bool can_convert(const MediaType& from, const MediaType& to);
Result<Bytes> convert(BytesView bytes, const MediaType& from, const MediaType& to);

}  // namespace holdfast::media
