#include "cli/latencies.h"

#include <algorithm>
#include <bit>

namespace holdfast::cli {

std::size_t Latencies::bucket_of(std::uint64_t ns) {
  if (ns < (1U << kSubBits)) return ns;
  const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kSubBits;
  return (std::size_t{shift + 1} << kSubBits) + ((ns >> shift) & ((1U << kSubBits) - 1));
}

std::uint64_t Latencies::upper_end_of(std::size_t bucket) {
  if (bucket < (1U << kSubBits)) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
  const std::uint64_t within = (bucket & ((1U << kSubBits) - 1)) | 1U << kSubBits;
  return ((within + 1) << shift) - 1;
}

void Latencies::add(Duration took) {
  const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(took.count(), 0));
  ++buckets_[bucket_of(ns)];
  ++count_;
  longest_ = std::max(longest_, took);
}

void Latencies::add(const Latencies& others) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) buckets_[bucket] += others.buckets_[bucket];
  count_ += others.count_;
  longest_ = std::max(longest_, others.longest_);
}

Duration Latencies::per_mille(std::uint32_t share) const {
  const std::uint64_t wanted = (count_ * share + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted && seen > 0) return std::min(Duration(static_cast<Duration::rep>(upper_end_of(bucket))), longest_);
  }
  return Duration(0);
}

}  // namespace holdfast::cli
