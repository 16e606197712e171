// Latencies: how long operations took, counted in buckets that are never wider than 1/64 of their value.
//
// Owner: values.  Threads: one at a time.  Waits: never.  Fails with: nothing.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace holdfast::cli {

class Latencies {
 public:
  void add(Duration took);
  void add(const Latencies& others);
  std::uint64_t count() const { return count_; }
  Duration longest() const { return longest_; }
  /// That many of a thousand took no longer (to the bucket's width); 0 without any.
  Duration per_mille(std::uint32_t share) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;
  static std::size_t bucket_of(std::uint64_t ns);
  static std::uint64_t upper_end_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  Duration longest_{};
};

}  // namespace holdfast::cli
