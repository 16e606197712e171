#include "container/block_pool.h"

#include <sys/mman.h>

#include <bit>

#include "base/assert.h"

namespace holdfast::container {

BlockPool::~BlockPool() {
  for (const auto& [address, taken] : chunks_) ::munmap(reinterpret_cast<void*>(address), kChunkBytes);
}

/// Huge pages want an aligned address, so twice as much is asked for and the rest given back.
unsigned char* BlockPool::map_chunk() {
  void* mapped = ::mmap(nullptr, 2 * kChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  HF_ASSERT(mapped != MAP_FAILED);
  auto* begin = static_cast<unsigned char*>(mapped);
  const std::size_t before = (kChunkBytes - reinterpret_cast<std::uintptr_t>(begin) % kChunkBytes) % kChunkBytes;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + kChunkBytes, kChunkBytes - before);
  return begin + before;
}

/// A chunk becomes a huge page once all of it is wanted; before that it would take memory that nobody uses. A wish: where
/// the system does not grant it all works the same, slower.
void BlockPool::make_huge(std::uintptr_t chunk) {
#ifndef MADV_COLLAPSE
  constexpr int MADV_COLLAPSE = 25;
#endif
  void* memory = reinterpret_cast<void*>(chunk);
  if (::madvise(memory, kChunkBytes, MADV_HUGEPAGE) == 0) ::madvise(memory, kChunkBytes, MADV_COLLAPSE);
}

unsigned char* BlockPool::take() {
  Locked locked(lock_);
  if (with_room_.empty()) {
    const auto fresh = reinterpret_cast<std::uintptr_t>(map_chunk());
    chunks_.emplace(fresh, 0);
    with_room_.insert(fresh);
  }
  const std::uintptr_t chunk = *with_room_.begin();
  std::uint64_t& taken = chunks_[chunk];
  const int block = std::countr_one(taken);
  taken |= std::uint64_t{1} << block;
  if (taken == ~std::uint64_t{0}) {
    with_room_.erase(chunk);
    make_huge(chunk);
  }
  return reinterpret_cast<unsigned char*>(chunk) + static_cast<std::size_t>(block) * kBlockBytes;
}

void BlockPool::give_back(unsigned char* block) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t chunk = address / kChunkBytes * kChunkBytes;
  Locked locked(lock_);
  std::uint64_t& taken = chunks_.at(chunk);
  taken &= ~(std::uint64_t{1} << ((address - chunk) / kBlockBytes));
  with_room_.insert(chunk);
  if (taken != 0) return;
  with_room_.erase(chunk);
  chunks_.erase(chunk);
  ::munmap(reinterpret_cast<void*>(chunk), kChunkBytes);
}

}  // namespace holdfast::container
