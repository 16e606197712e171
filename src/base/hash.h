// The key hash. One pass over the key gives 128 bits: the upper half of the first word is the hash that
// Hot Rod clients compute (hot-rod.md 1.7: the original's early MurmurHash3 x64 variant, seed 9001),
// the rest serves the index inside a segment.
//
// Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace holdfast {

struct KeyHash {
  std::uint64_t h1 = 0;
  std::uint64_t h2 = 0;
  /// The 32 bits on the wire; segments are cut from these.
  std::int32_t wire() const { return static_cast<std::int32_t>(h1 >> 32); }
  /// Bits for an index or a sketch; independent of the segment.
  std::uint64_t local() const { return h2; }
};

KeyHash hash_key(BytesView key, std::uint64_t seed = 9001);

/// Hot Rod's rule: equal slices of the 31-bit hash space. `segments` must be positive.
inline std::uint32_t segment_of(KeyHash hash, std::uint32_t segments) {
  const std::uint32_t slice = static_cast<std::uint32_t>(((std::uint64_t{1} << 31) + segments - 1) / segments);
  return (static_cast<std::uint32_t>(hash.wire()) & 0x7fffffffU) / slice;
}

}  // namespace holdfast
