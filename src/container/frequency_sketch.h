// FrequencySketch: about how often a key was used lately, in 4-bit counters. All four counters of a key lie in one
// cache line. After as many uses as ten times the entries, every counter is halved: old popularity fades.
//
// Owner: one eviction policy.  Threads: under its owner's lock.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <vector>

namespace holdfast::container {

class FrequencySketch {
 public:
  static constexpr std::uint32_t kMost = 15;

  /// Makes room for so many entries; what was counted is forgotten when the size changes.
  void resize(std::uint64_t entries);
  /// What resize() would make bytes().
  static std::uint64_t bytes_for(std::uint64_t entries) { return lines_for(entries) * sizeof(Line); }
  void note(std::uint64_t hash);
  std::uint32_t frequency(std::uint64_t hash) const;
  /// Fetches the counters of a key that will be noted soon.
  void prefetch(std::uint64_t hash) const {
    if (!lines_.empty()) __builtin_prefetch(&line(spread(hash)), 1);
  }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t bytes() const { return lines_.size() * sizeof(Line); }

 private:
  struct alignas(64) Line {
    std::uint64_t words[8] = {};  // 16 counters each; a key has one counter in each of four pairs of words
  };
  static constexpr std::uint64_t kUsesPerEntry = 10;

  static std::uint64_t spread(std::uint64_t hash) {
    hash *= 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
    return hash * 0xd6e8feb86659fd93ULL;
  }
  Line& line(std::uint64_t spread_hash) { return lines_[static_cast<std::size_t>(((spread_hash >> 32) * lines_.size()) >> 32)]; }
  const Line& line(std::uint64_t spread_hash) const { return const_cast<FrequencySketch*>(this)->line(spread_hash); }
  static std::uint64_t lines_for(std::uint64_t entries);
  void halve();

  std::vector<Line> lines_;
  std::uint64_t entries_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace holdfast::container
