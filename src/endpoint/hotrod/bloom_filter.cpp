#include "endpoint/hotrod/bloom_filter.h"

#include <array>

#include "base/hash.h"
#include "endpoint/hotrod/wire.h"

namespace holdfast::hotrod {
namespace {

constexpr std::array<std::uint64_t, 3> kSeeds = {239, 1847, 2719};

std::array<std::uint32_t, kSeeds.size()> places_of(BytesView key, std::uint32_t size) {
  std::array<std::uint32_t, kSeeds.size()> places;
  for (std::size_t i = 0; i < kSeeds.size(); ++i) {
    const std::int64_t hash = hash_key(key, kSeeds[i]).wire();
    places[i] = static_cast<std::uint32_t>((hash < 0 ? -hash : hash) % size);
  }
  return places;
}

}  // namespace

void BloomFilter::add(BytesView key) {
  const auto places = places_of(key, size_);
  Locked locked(lock_);
  for (const std::uint32_t place : places) bits_[place] = true;
}

bool BloomFilter::may_contain(BytesView key) const {
  const auto places = places_of(key, size_);
  Locked locked(lock_);
  for (const std::uint32_t place : places) {
    if (!bits_[place]) return false;
  }
  return true;
}

void BloomFilter::replace(BytesView bytes) {
  std::vector<bool> bits = bits_of(bytes, size_);
  Locked locked(lock_);
  bits_.swap(bits);
}

}  // namespace holdfast::hotrod
