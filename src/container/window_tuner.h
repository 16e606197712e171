// WindowTuner: finds out how large the window of a bounded cache should be. It simulates the cache in small with
// several windows at once, LRU among them, on a sample of the keys (their hashes, no values), and has the cache follow the
// simulation that hits most. So the cache is about as good as the best of them, and never much worse than LRU.
//
// Owner: one DataContainer.  Threads: any.  Waits: never; a use that comes while another one is noted is left out.
// Fails with: nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/hash.h"
#include "base/mutex.h"
#include "container/eviction_policy.h"
#include "container/frequency_sketch.h"

namespace holdfast::container {

/// A cache of hashes under the policy that the entries have.
class ShadowCache {
 public:
  ShadowCache(std::uint32_t capacity, double share);
  ShadowCache(const ShadowCache&) = delete;
  ShadowCache& operator=(const ShadowCache&) = delete;

  /// True: the hash was there. It is afterwards.
  bool use(std::uint64_t hash, const FrequencySketch& sketch);
  double share() const { return share_; }

 private:
  struct Node {
    unsigned char links[8] = {};
    std::uint64_t hash = 0;
  };
  struct Nodes {
    std::vector<Node> all;
    unsigned char* at(EntryId id) const { return const_cast<unsigned char*>(all[id].links); }
    std::size_t slot_bytes(EntryId) const { return 1; }
    std::uint64_t hash_of(EntryId id) const { return all[id].hash; }
  };
  static constexpr std::uint16_t kFree = 0xffff;

  std::size_t find(std::uint64_t hash) const;
  void erase(std::size_t at);

  const double share_;
  Nodes nodes_;
  EvictionPolicy<Nodes> policy_;
  std::vector<std::uint16_t> index_;  // open addressing
  EntryId used_ = 0;
};

class WindowTuner {
 public:
  /// Begins anew for a cache that holds so many entries.
  void start(std::uint64_t capacity);
  void stop();
  bool running() const { return mask_.load(std::memory_order_relaxed) != kNobody; }

  /// An entry was used or written.
  void note(KeyHash hash) {
    const std::uint64_t mask = mask_.load(std::memory_order_relaxed);
    if ((hash.h1 & mask) == 0 && mask != kNobody) simulate(hash.local());
  }
  /// The window's share to use now.
  double share() const { return share_.load(std::memory_order_relaxed); }
  static constexpr double kFirstShare = 0.01;

 private:
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  static constexpr std::uint64_t kNodesMost = 512;  // of a simulation
  static constexpr std::array<double, 4> kShares = {kFirstShare, 0.15, 0.6, 1.0};

  void simulate(std::uint64_t hash);
  void choose() HF_REQUIRES(lock_);

  std::atomic<std::uint64_t> mask_{kNobody};
  std::atomic<double> share_{kFirstShare};
  SpinLock lock_;
  FrequencySketch sketch_ HF_GUARDED_BY(lock_);
  std::vector<std::unique_ptr<ShadowCache>> shadows_ HF_GUARDED_BY(lock_);
  std::array<double, kShares.size()> hits_ HF_GUARDED_BY(lock_) = {};  // lately, with fading weight
  std::size_t current_ HF_GUARDED_BY(lock_) = 0;
  std::uint64_t round_ HF_GUARDED_BY(lock_) = 0;  // uses between two choices
  std::uint64_t uses_ HF_GUARDED_BY(lock_) = 0;   // since the last choice
};

}  // namespace holdfast::container
