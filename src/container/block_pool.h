// BlockPool: blocks of 32 KiB for the slabs of a container, cut from chunks that the system may back with huge pages:
// a read of a large cache then misses the translation buffer far less. A chunk that is free goes back to the system.
//
// Owner: one DataContainer; must outlive its shards.  Threads: any.  Waits: for its lock only.  Fails with: nothing; no
// memory aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "base/mutex.h"

namespace holdfast::container {

class BlockPool {
 public:
  static constexpr std::size_t kBlockBytes = 32 * 1024;

  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  unsigned char* take();
  void give_back(unsigned char* block);

 private:
  static constexpr std::size_t kChunkBytes = 2 * 1024 * 1024;
  static constexpr std::size_t kBlocks = kChunkBytes / kBlockBytes;
  static_assert(kBlocks == 64, "one word has a bit for each block of a chunk");

  static unsigned char* map_chunk();
  static void make_huge(std::uintptr_t chunk);

  SpinLock lock_;
  std::map<std::uintptr_t, std::uint64_t> chunks_ HF_GUARDED_BY(lock_);  // address -> which blocks are taken
  std::set<std::uintptr_t> with_room_ HF_GUARDED_BY(lock_);
};

}  // namespace holdfast::container
