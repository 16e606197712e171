#include "base/hash.h"

namespace holdfast::detail {
namespace {

// Tail bytes count as signed: the original shifts Java bytes.
std::uint64_t tail_word(const char* p, std::size_t n) {
  std::uint64_t word = 0;
  for (std::size_t i = n; i-- > 0;) {
    word ^= static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(p[i]))) << (8 * i);
  }
  return word;
}

}  // namespace

void HashState::mix_tail(const char* p, std::size_t bytes) {
  const std::size_t low = bytes < 8 ? bytes : 8;
  mix(tail_word(p, low), tail_word(p + low, bytes - low));
}

}  // namespace holdfast::detail
