#include "base/hash.h"

#include <bit>
#include <cstring>

namespace holdfast {
namespace {

struct State {
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
};

std::uint64_t load_le(const char* p) {
  static_assert(std::endian::native == std::endian::little, "written for little-endian machines");
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

std::uint64_t finish(std::uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdULL;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53ULL;
  k ^= k >> 33;
  return k;
}

// Tail bytes count as signed: the original shifts Java bytes.
std::uint64_t tail_word(const char* p, std::size_t n) {
  std::uint64_t word = 0;
  for (std::size_t i = n; i-- > 0;) {
    word ^= static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(p[i]))) << (8 * i);
  }
  return word;
}

}  // namespace

KeyHash hash_key(BytesView key, std::uint64_t seed) {
  State s{0x9368e53c2f6af274ULL ^ seed, 0x586dcd208f7cd3fdULL ^ seed, 0x87c37b91114253d5ULL, 0x4cf5ad432745937fULL};
  const char* p = key.data();
  std::size_t left = key.size();
  for (; left >= 16; p += 16, left -= 16) s.mix(load_le(p), load_le(p + 8));
  if (left > 0) {
    const std::size_t low = left < 8 ? left : 8;
    s.mix(tail_word(p, low), tail_word(p + low, left - low));
  }
  s.h2 ^= key.size();
  s.h1 += s.h2;
  s.h2 += s.h1;
  s.h1 = finish(s.h1);
  s.h2 = finish(s.h2);
  s.h1 += s.h2;
  s.h2 += s.h1;
  return {s.h1, s.h2};
}

}  // namespace holdfast
