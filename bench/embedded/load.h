// Load of the embedded benchmarks: the same keys, draws and mixes for every contender of this program; CaffeinePeer.java
// does the same.
//
// Owner: the benchmark.  Threads: run() starts its own.  Waits: run(), for its seconds.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::bench {

inline constexpr std::size_t kKeyBytes = 16;
inline constexpr std::size_t kValueBytes = 100;

/// Allocations of this thread, counted by the operator new of the program.
extern thread_local std::uint64_t allocations;

struct Load {
  std::string work = "mix";  // mix (90 % get, 10 % put), get or put
  int threads = 2;
  std::uint32_t entries = 1'000'000;
};

struct Round {
  double per_second = 0;
  double per_cpu_second = 0;  // of the process's processor time: holds on a busy machine, too
  double allocations_per_operation = 0;
};

class Keys {
 public:
  explicit Keys(std::uint32_t count) : bytes_(std::size_t{count} * kKeyBytes + 1, '\0') {
    for (std::uint32_t i = 0; i < count; ++i) std::snprintf(&bytes_[i * kKeyBytes], kKeyBytes + 1, "key:%012u", i);
  }
  std::string_view operator[](std::uint32_t i) const { return std::string_view(bytes_).substr(i * kKeyBytes, kKeyBytes); }

 private:
  std::string bytes_;
};

/// Ranks of a zipf distribution with exponent 0.99, scattered over the keys.
inline std::vector<std::uint32_t> zipf(std::uint32_t count, std::uint32_t draws) {
  std::vector<double> cumulative(count);
  double sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) cumulative[i] = sum += 1 / std::pow(i + 1.0, 0.99);
  std::vector<std::uint32_t> order(draws);
  std::uint64_t random = 42;
  for (std::uint32_t& draw : order) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const double point = static_cast<double>(random >> 11) / 9007199254740992.0 * sum;
    const auto rank = static_cast<std::uint64_t>(std::lower_bound(cumulative.begin(), cumulative.end(), point) - cumulative.begin());
    draw = static_cast<std::uint32_t>(std::min<std::uint64_t>(rank, count - 1) * 2654435761ULL % count);
  }
  return order;
}

/// Contender has bool get(std::string_view key) (true: a value of the right size was there) and put(key, value).
template <class Contender>
Round run(Contender& contender, const Keys& keys, const std::vector<std::uint32_t>& order, const Load& load, double seconds) {
  std::atomic<bool> running{true};
  std::atomic<std::uint64_t> operations{0}, allocated{0};
  const std::string value(kValueBytes, 'v');
  const unsigned put_every = load.work == "mix" ? 10 : load.work == "put" ? 1 : ~0U;
  const auto work = [&](std::uint32_t at) {
    std::uint64_t done = 0;
    const std::uint64_t before = allocations;
    for (; running.load(std::memory_order_relaxed); done += 1000) {
      for (int i = 0; i < 1000; ++i) {
        const std::string_view key = keys[order[at++ & (order.size() - 1)]];
        if (at % put_every == 0) {
          contender.put(key, value);
        } else {
          contender.get(key);
        }
      }
    }
    operations += done;
    allocated += allocations - before;
  };
  const std::clock_t cpu_start = std::clock();
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> workers;
  for (int t = 0; t < load.threads; ++t) workers.emplace_back(work, static_cast<std::uint32_t>(t) * 7919);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  running = false;
  for (std::thread& worker : workers) worker.join();
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  return {static_cast<double>(operations) / took, static_cast<double>(operations) / cpu, static_cast<double>(allocated) / static_cast<double>(operations)};
}

}  // namespace holdfast::bench
