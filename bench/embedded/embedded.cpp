// The embedded benchmarks: embedded CONTENDER WORK THREADS ENTRIES WARMUP_SECONDS ROUNDS SECONDS
// CONTENDER is holdfast (bounded, entries live an hour, through the public API) or map (hash maps under spin locks: no bound, no
// lifetimes). A round starts when a line arrives on standard input and prints
// "per_second N per_cpu_second N allocations N".
// WORK memory loads the entries once and prints "bytes_per_entry N", the whole process's.
#include <holdfast/cache_manager.h>

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <new>
#include <unistd.h>

#include "base/mutex.h"
#include "load.h"

namespace holdfast::bench {
thread_local std::uint64_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++holdfast::bench::allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace holdfast::bench {
namespace {

class Holdfast {
 public:
  explicit Holdfast(std::uint32_t entries) {
    CacheConfiguration c;
    c.memory.max_count = entries;
    c.expiration.lifespan_ms = 3'600'000;
    world_.define("bench", c);
    cache_ = std::make_unique<Cache<std::string, std::string>>(
        world_.cache<std::string, std::string>("bench").with_flags(Flag::ignore_return_values));
  }
  bool get(std::string_view key) {
    return cache_->get(key, [](std::string_view value) {
      if (value.size() != kValueBytes) std::abort();
    });
  }
  void put(std::string_view key, std::string_view value) { cache_->put(key, value); }
  std::size_t size() const { return cache_->size(); }

 private:
  CacheManager world_;
  std::unique_ptr<Cache<std::string, std::string>> cache_;
};

/// What a program would write without a cache library: fast hash maps of strings in shards.
class Map {
 public:
  explicit Map(std::uint32_t) {}
  bool get(std::string_view key) {
    Shard& s = shard(key);
    std::array<char, kValueBytes> copy;  // what a caller would do with the value
    Locked locked(s.lock);
    const auto at = s.map.find(key);
    if (at == s.map.end()) return false;
    if (at->second.size() != copy.size()) std::abort();
    std::memcpy(copy.data(), at->second.data(), copy.size());
    return copy[0] == 'v';
  }
  void put(std::string_view key, std::string_view value) {
    Shard& s = shard(key);
    Locked locked(s.lock);
    if (const auto at = s.map.find(key); at != s.map.end()) {
      at->second.assign(value);
    } else {
      s.map.emplace(std::string(key), std::string(value));
    }
  }
  std::size_t size() const { return 0; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  struct alignas(64) Shard {
    SpinLock lock;
    boost::unordered_flat_map<std::string, std::string, Hash, std::equal_to<>> map;
  };
  Shard& shard(std::string_view key) { return shards_[Hash()(key) * 0x9e3779b97f4a7c15ULL >> 56]; }
  std::vector<Shard> shards_ = std::vector<Shard>(256);
};

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

template <class Contender>
int memory(std::uint32_t entries) {
  Contender contender(entries);
  const std::string value(kValueBytes, 'v');
  char key[kKeyBytes + 1];
  for (std::uint32_t i = 0; i < entries; ++i) {
    std::snprintf(key, sizeof key, "key:%012u", i);
    contender.put({key, kKeyBytes}, value);
  }
  std::printf("bytes_per_entry %.1f\n", resident_bytes() / entries);
  std::fprintf(stderr, "%zu entries\n", contender.size());
  return 0;
}

template <class Contender>
int rounds(const Load& load, double warmup, int count, double seconds) {
  const Keys keys(load.entries);
  const std::vector<std::uint32_t> order = zipf(load.entries, 1U << 22);
  Contender contender(load.entries);
  const std::string value(kValueBytes, 'v');
  for (std::uint32_t i = 0; i < load.entries; ++i) contender.put(keys[i], value);
  run(contender, keys, order, load, warmup);
  for (int i = 0; i < count; ++i) {
    std::cin.get();
    const Round r = run(contender, keys, order, load, seconds);
    std::printf("per_second %.0f per_cpu_second %.0f allocations %.4f\n", r.per_second, r.per_cpu_second, r.allocations_per_operation);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int count, char** arguments) {
  using namespace holdfast::bench;
  if (count != 8) {
    std::cerr << "usage: embedded holdfast|map mix|get|put|memory THREADS ENTRIES WARMUP_SECONDS ROUNDS SECONDS\n";
    return 1;
  }
  const bool ours = std::string(arguments[1]) == "holdfast";
  const Load load{arguments[2], std::atoi(arguments[3]), static_cast<std::uint32_t>(std::atoi(arguments[4]))};
  if (load.work == "memory") return ours ? memory<Holdfast>(load.entries) : memory<Map>(load.entries);
  const double warmup = std::atof(arguments[5]), seconds = std::atof(arguments[7]);
  const int times = std::atoi(arguments[6]);
  return ours ? rounds<Holdfast>(load, warmup, times, seconds) : rounds<Map>(load, warmup, times, seconds);
}
