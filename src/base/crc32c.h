// CRC-32C (Castagnoli), the checksum of frames between nodes and of stored records: RFC 3720, appendix B.4.
//
// Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace holdfast {

/// Continue with the result of the bytes before as `seed`. Uses the processor's instruction where there is one.
std::uint32_t crc32c(BytesView bytes, std::uint32_t seed = 0);

}  // namespace holdfast
