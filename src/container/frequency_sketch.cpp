#include "container/frequency_sketch.h"

#include <algorithm>

namespace holdfast::container {
namespace {

struct Counter {
  std::size_t word;
  int shift;
};

/// The counter of a row (0 to 3): five bits of the hash choose among the 32 of two words.
Counter counter(std::uint64_t spread_hash, int row) {
  const std::uint64_t bits = spread_hash >> (row * 8);
  return {static_cast<std::size_t>(row * 2) + (bits & 1), static_cast<int>((bits >> 1) & 15) * 4};
}

}  // namespace

std::uint64_t FrequencySketch::lines_for(std::uint64_t entries) {
  // Eight bytes an entry count almost exactly; a large cache makes do with one.
  constexpr std::uint64_t kLarge = 16384;
  const std::uint64_t entries_per_line = entries <= kLarge ? 8 : 64;
  constexpr std::uint64_t kFewest = 8;  // lines
  return std::max(kFewest, (entries + entries_per_line - 1) / entries_per_line);
}

void FrequencySketch::resize(std::uint64_t entries) {
  entries_ = entries;
  lines_.assign(static_cast<std::size_t>(lines_for(entries)), Line());
  uses_ = 0;
}

void FrequencySketch::note(std::uint64_t hash) {
  if (lines_.empty()) return;
  const std::uint64_t h = spread(hash);
  Line& l = line(h);
  const std::uint32_t least = frequency(hash);
  if (least < kMost) {
    // Only the smallest counters grow: they are the ones that other keys inflate least.
    for (int row = 0; row < 4; ++row) {
      const Counter c = counter(h, row);
      if (((l.words[c.word] >> c.shift) & kMost) == least) l.words[c.word] += std::uint64_t{1} << c.shift;
    }
  }
  if (++uses_ >= std::max<std::uint64_t>(entries_, 16) * kUsesPerEntry) halve();
}

std::uint32_t FrequencySketch::frequency(std::uint64_t hash) const {
  if (lines_.empty()) return 0;
  const std::uint64_t h = spread(hash);
  const Line& l = line(h);
  std::uint32_t least = kMost;
  for (int row = 0; row < 4; ++row) {
    const Counter c = counter(h, row);
    least = std::min(least, static_cast<std::uint32_t>((l.words[c.word] >> c.shift) & kMost));
  }
  return least;
}

void FrequencySketch::halve() {
  for (Line& l : lines_) {
    for (std::uint64_t& word : l.words) word = (word >> 1) & 0x7777777777777777ULL;
  }
  uses_ /= 2;
}

}  // namespace holdfast::container
