// The key hash. One pass over the key gives 128 bits: the upper half of the first word is the hash that
// Hot Rod clients compute (hot-rod.md 1.7: the original's early MurmurHash3 x64 variant, seed 9001),
// the rest serves the index inside a segment.
//
// Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

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

namespace detail {

struct HashState {
  std::uint64_t h1, h2, c1, c2;

  void mix(std::uint64_t k1, std::uint64_t k2) {
    k1 *= c1;
    k1 = std::rotl(k1, 23);
    k1 *= c2;
    h1 ^= k1;
    h1 += h2;
    h2 = std::rotl(h2, 41);
    k2 *= c2;
    k2 = std::rotl(k2, 23);
    k2 *= c1;
    h2 ^= k2;
    h2 += h1;
    h1 = h1 * 3 + 0x52dce729;
    h2 = h2 * 3 + 0x38495ab5;
    c1 = c1 * 5 + 0x7b7d159c;
    c2 = c2 * 5 + 0x6bce6396;
  }
  /// The last 1 to 15 bytes.
  void mix_tail(const char* p, std::size_t bytes);
  static std::uint64_t finish(std::uint64_t k) {
    k ^= k >> 33;
    k *= 0xff51afd7ed558ccdULL;
    k ^= k >> 33;
    k *= 0xc4ceb9fe1a85ec53ULL;
    k ^= k >> 33;
    return k;
  }
};

inline std::uint64_t load_le(const char* p) {
  static_assert(std::endian::native == std::endian::little, "written for little-endian machines");
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

}  // namespace detail

inline KeyHash hash_key(BytesView key, std::uint64_t seed = 9001) {
  detail::HashState s{0x9368e53c2f6af274ULL ^ seed, 0x586dcd208f7cd3fdULL ^ seed, 0x87c37b91114253d5ULL, 0x4cf5ad432745937fULL};
  const char* p = key.data();
  std::size_t left = key.size();
  for (; left >= 16; p += 16, left -= 16) s.mix(detail::load_le(p), detail::load_le(p + 8));
  if (left > 0) s.mix_tail(p, left);
  s.h2 ^= key.size();
  s.h1 += s.h2;
  s.h2 += s.h1;
  s.h1 = detail::HashState::finish(s.h1);
  s.h2 = detail::HashState::finish(s.h2);
  s.h1 += s.h2;
  s.h2 += s.h1;
  return {s.h1, s.h2};
}

/// Hot Rod's rule: equal slices of the 31-bit hash space. `segments` must be positive.
inline std::uint32_t segment_of(KeyHash hash, std::uint32_t segments) {
  const std::uint32_t slice = static_cast<std::uint32_t>(((std::uint64_t{1} << 31) + segments - 1) / segments);
  return (static_cast<std::uint32_t>(hash.wire()) & 0x7fffffffU) / slice;
}

}  // namespace holdfast
