#include "container/slice_index.h"

#include <algorithm>

#include "base/assert.h"

namespace holdfast::container {

void SliceIndex::Table::place(SlicePosition at, EntryId id) const {
  for (std::uint32_t b = home(at.position);; b = after(b)) {
    Bucket& bucket = buckets[b];
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

void SliceIndex::set_table(Table fresh, Limbo& limbo) {
  const Table old = table();
  const auto address = reinterpret_cast<std::uint64_t>(fresh.buckets);
  HF_ASSERT(fresh.count < 1U << kCountBits && address >> (64 - kCountBits + kLineBits) == 0);
  table_.store(address >> kLineBits << kCountBits | fresh.count, std::memory_order_release);
  if (old.count != 0) limbo.retire(old.count * sizeof(Bucket), [old] { delete[] old.buckets; });
}

void SliceIndex::erase(const Found& found, std::uint32_t position) {
  const Table t = table();
  for (std::uint32_t b = t.home(position); b != found.bucket; b = t.after(b)) --t.buckets[b].passed;
  t.buckets[found.bucket].tags[found.slot] = 0;
  --count_;
}

void SliceIndex::clear(Limbo& limbo) {
  set_table({nullptr, 0}, limbo);
  count_ = 0;
}

void SliceIndex::expect(std::uint32_t entries) {
  // Slices differ by a few percent; a table that is 88 % full leaves room for that.
  constexpr std::uint64_t kFullPercent = 88;
  expected_ = static_cast<std::uint32_t>((std::uint64_t{entries} * 100 + kFullPercent * kSlots - 1) / (kFullPercent * kSlots));
}

/// On the way to the expected size the table grows in few steps, so that little is left behind in the allocator, and
/// arrives there exactly; beyond it grows by a little.
std::uint32_t SliceIndex::larger() const {
  const std::uint32_t now = table().count;
  if (now == 0) return 1;
  if (now >= expected_) return now + std::max<std::uint32_t>(1, expected_ != 0 ? now / 10 : now / 2);
  constexpr std::uint32_t kStep = 6;
  std::uint32_t next = expected_;
  while (next / kStep > now) next = (next + kStep - 1) / kStep;
  return std::max(next, now + 1);
}

}  // namespace holdfast::container
