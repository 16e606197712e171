// The few cryptographic functions that authentication needs, and the texts that their results travel in.
//
// Owner: stateless.  Threads: any.  Waits: never, but derive_key() computes for milliseconds.
// Fails with: nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "base/base64.h"
#include "base/bytes.h"

namespace holdfast::security {

enum class HashKind : std::uint8_t { md5, sha1, sha256, sha384, sha512 };

/// In bytes.
std::size_t hash_size(HashKind kind);
Bytes hash(HashKind kind, BytesView data);
Bytes hmac(HashKind kind, BytesView key, BytesView data);
/// PBKDF2 with HMAC (RFC 8018), as long as one hash: Hi() of SCRAM.
Bytes derive_key(HashKind kind, BytesView password, BytesView salt, std::uint32_t iterations);
/// Takes as long wherever the first difference lies.
bool equal_in_constant_time(BytesView a, BytesView b);

Bytes to_hex(BytesView bytes);  // lower case

}  // namespace holdfast::security
