// hit_ratio SIZE...: reads a trace (64-bit keys, as this machine has them) from standard input and prints for each size of the cache
// "SIZE OPT LRU OURS", hit ratios in percent. OPT knows the future (Belady); LRU and ours are the container itself.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>
#include <unordered_map>
#include <vector>

#include "container/data_container.h"

namespace holdfast::bench {
namespace {

using Trace = std::vector<std::uint64_t>;

Trace read_trace() {
  Trace trace;
  std::uint64_t buffer[4096];
  while (const std::size_t count = std::fread(buffer, sizeof buffer[0], std::size(buffer), stdin)) {
    trace.insert(trace.end(), buffer, buffer + count);
  }
  return trace;
}

double percent(std::size_t hits, const Trace& trace) { return 100.0 * static_cast<double>(hits) / static_cast<double>(trace.size()); }

/// Whoever is used again last goes; the one just asked for always gets in.
double optimum(const Trace& trace, std::size_t size) {
  std::vector<std::size_t> next(trace.size());
  std::unordered_map<std::uint64_t, std::size_t> following;
  for (std::size_t i = trace.size(); i-- > 0;) {
    const auto [at, fresh] = following.try_emplace(trace[i], i);
    next[i] = fresh ? std::numeric_limits<std::size_t>::max() - i : at->second;
    at->second = i;
  }
  std::set<std::pair<std::size_t, std::uint64_t>> by_next_use;
  std::unordered_map<std::uint64_t, std::size_t> present;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (const auto at = present.find(trace[i]); at != present.end()) {
      ++hits;
      by_next_use.erase({at->second, trace[i]});
    } else if (present.size() == size) {
      const auto last = std::prev(by_next_use.end());
      present.erase(last->second);
      by_next_use.erase(last);
    }
    present[trace[i]] = next[i];
    by_next_use.emplace(next[i], trace[i]);
  }
  return percent(hits, trace);
}

double container(const Trace& trace, std::size_t size, container::EvictionPolicyKind policy) {
  container::ContainerOptions options;
  options.max_count = static_cast<std::int64_t>(size);
  options.policy = policy;
  container::DataContainer cache(options);
  container::Change change;
  change.kind = container::Change::Kind::put;
  change.now_ms = kVersionEpochMs;
  std::size_t hits = 0;
  for (const std::uint64_t key : trace) {
    const BytesView bytes(reinterpret_cast<const char*>(&key), sizeof key);
    const KeyHash hash = hash_key(bytes);
    if (cache.read(bytes, hash, 0, [](const EntryView&) {})) {
      ++hits;
    } else {
      cache.update(bytes, hash, [&](const EntryView*) { return change; });
    }
  }
  return percent(hits, trace);
}

}  // namespace
}  // namespace holdfast::bench

int main(int count, char** arguments) {
  using namespace holdfast::bench;
  const Trace trace = read_trace();
  for (int i = 1; i < count; ++i) {
    const std::size_t size = std::strtoull(arguments[i], nullptr, 10);
    const double opt = optimum(trace, size);
    const double lru = container(trace, size, holdfast::container::EvictionPolicyKind::lru);
    std::printf("%zu %.2f %.2f %.2f\n", size, opt, lru, container(trace, size, holdfast::container::EvictionPolicyKind::tiny_lfu));
  }
}
