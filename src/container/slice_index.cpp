#include "container/slice_index.h"

#include <algorithm>

#include "base/assert.h"

namespace holdfast::container {

void SliceIndex::place(SlicePosition at, EntryId id) {
  for (std::uint32_t b = home(at.position);; b = b + 1 == buckets_count_ ? 0 : b + 1) {
    Bucket& bucket = buckets_[b];
    const std::uint32_t free = bucket.slots_with(0);
    if (free == 0) {
      ++bucket.passed;
      continue;
    }
    const auto slot = static_cast<std::uint32_t>(std::countr_zero(free));
    bucket.tags[slot] = at.tag;
    bucket.set_id(slot, id);
    return;
  }
}

void SliceIndex::erase(const Found& found, std::uint32_t position) {
  for (std::uint32_t b = home(position); b != found.bucket; b = b + 1 == buckets_count_ ? 0 : b + 1) --buckets_[b].passed;
  buckets_[found.bucket].tags[found.slot] = 0;
  --count_;
}

void SliceIndex::clear() {
  buckets_.reset();
  buckets_count_ = count_ = 0;
}

void SliceIndex::expect(std::uint32_t entries) {
  // Slices differ by a few percent; a table that is 88 % full leaves room for that.
  constexpr std::uint64_t kFullPercent = 88;
  expected_ = static_cast<std::uint32_t>((std::uint64_t{entries} * 100 + kFullPercent * kSlots - 1) / (kFullPercent * kSlots));
}

/// On the way to the expected size the table grows in few steps, so that little is left behind in the allocator, and
/// arrives there exactly; beyond it grows by a little.
std::uint32_t SliceIndex::larger() const {
  if (buckets_count_ == 0) return 1;
  if (buckets_count_ >= expected_) return buckets_count_ + std::max<std::uint32_t>(1, expected_ != 0 ? buckets_count_ / 10 : buckets_count_ / 2);
  constexpr std::uint32_t kStep = 6;
  std::uint32_t next = expected_;
  while (next / kStep > buckets_count_) next = (next + kStep - 1) / kStep;
  return std::max(next, buckets_count_ + 1);
}

}  // namespace holdfast::container
