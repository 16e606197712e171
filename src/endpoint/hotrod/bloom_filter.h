// The filter of a near cache: which keys a client may hold. It may say yes for others, never no for one that was added.
//
// Owner: the session's listener.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"

namespace holdfast::hotrod {

class BloomFilter {
 public:
  /// As the client said; more than this makes nothing better.
  static constexpr std::uint32_t kBitsMax = 1U << 27;

  explicit BloomFilter(std::uint32_t bits) : size_(bits), bits_(bits) {}
  void add(BytesView key);
  bool may_contain(BytesView key) const;
  /// Replaces everything; `bytes` are java.util.BitSet's.
  void replace(BytesView bytes);

 private:
  const std::uint32_t size_;
  mutable SpinLock lock_;
  std::vector<bool> bits_ HF_GUARDED_BY(lock_);
};

}  // namespace holdfast::hotrod
