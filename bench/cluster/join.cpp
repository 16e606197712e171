// bench/run join [ENTRIES]: two nodes hold a distributed cache; a third one joins over loopback, all in one process. How many
// entries a second it receives, and what a client of the first node sees meanwhile: the 99th percentile of reads and writes,
// over that of the same load before.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/clustered/cluster_engine.h"
#include "runtime/posix_runtime.h"

namespace {

using namespace holdfast;
using namespace std::chrono_literals;
using engine::clustered::ClusterEngine;

constexpr std::uint16_t kFirstPort = 27800;
constexpr double kEntriesGoal = 1.7e6;   // a second
constexpr double kSlowdownGoal = 3;      // of the 99th percentile
constexpr auto kQuiet = 3s;

struct Node {
  std::unique_ptr<runtime::Runtime> runtime = runtime::make_posix_runtime({.loops = 1});
  std::unique_ptr<ClusterEngine> engine;
  engine::CachePtr cache;

  explicit Node(std::uint16_t number) {
    engine::clustered::ClusterEngineOptions options;
    NodeInfo& self = options.node.membership.self;
    self.address.name = std::string(1, static_cast<char>('a' + number));
    self.host = "127.0.0.1";
    self.port = static_cast<std::uint16_t>(kFirstPort + number);
    options.node.discovery = {cluster::make_static_discovery({{"127.0.0.1", kFirstPort}}, 2)};
    engine = std::make_unique<ClusterEngine>(*runtime, std::move(options));
  }
  ~Node() {
    cache = nullptr;
    engine = nullptr;
  }
  bool start() {
    CacheConfiguration configuration;
    configuration.mode = CacheMode::distributed;
    auto local = std::make_shared<engine::LocalCache>(*runtime, "c", configuration, false);
    local->start();
    if (!engine->start().ok()) return false;
    auto started = engine->start_cache(local, runtime->clock().now() + 240s);
    if (!started.ok()) {
      std::fprintf(stderr, "%s\n", started.error().message().c_str());
      return false;
    }
    cache = *started;
    return true;
  }
};

std::string key_of(std::uint64_t n) {
  std::string key = std::to_string(n);
  return "key-" + std::string(12 - key.size(), '0') + key;
}

bool put(engine::Cache& cache, std::uint64_t n) {
  const std::string key = key_of(n), value(100, 'v');
  Mutation m;
  m.key = key;
  m.value = value;
  return cache.write({}, m).ok();
}

/// Half reads, half writes of random keys until told to stop: 99th percentile in microseconds.
class Load {
 public:
  Load(engine::Cache& cache, runtime::Clock& clock, std::uint64_t entries) : thread_([this, &cache, &clock, entries] {
    std::uint64_t state = 88172645463325252ULL;
    while (!stop_) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      const std::uint64_t key = (state >> 1) % entries;
      const Instant begin = clock.now();
      if ((state & 1) != 0) put(cache, key);
      else static_cast<void>(cache.contains({}, key_of(key)));
      const auto us = std::chrono::duration_cast<std::chrono::microseconds>(clock.now() - begin).count();
      took_.push_back(static_cast<std::uint32_t>(us));
    }
  }) {}
  double p99_us() {
    stop_ = true;
    thread_.join();
    if (took_.empty()) return 0;
    const auto at = took_.begin() + static_cast<std::ptrdiff_t>(took_.size() * 99 / 100);
    std::nth_element(took_.begin(), at, took_.end());
    return *at;
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::uint32_t> took_;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  Node a(0), b(1), c(2);
  if (!a.start() || !b.start()) return 1;
  std::vector<std::thread> fill;
  for (Node* node : {&a, &b}) {
    fill.emplace_back([&, node] {
      for (std::uint64_t n = node == &a ? 0 : 1; n < entries; n += 2) put(*node->cache, n);
    });
  }
  for (std::thread& t : fill) t.join();
  runtime::Clock& clock = a.runtime->clock();

  Load before(*a.cache, clock, entries);
  std::this_thread::sleep_for(kQuiet);
  const double quiet_us = before.p99_us();

  Load during(*a.cache, clock, entries);
  const Instant begin = clock.now();
  if (!c.start()) return 1;
  const double seconds = std::chrono::duration<double>(clock.now() - begin).count();
  const double busy_us = during.p99_us();

  const engine::TransferProgress received = c.cache->share().transfer;
  const double rate = static_cast<double>(received.entries) / seconds;
  const double slowdown = quiet_us > 0 ? busy_us / quiet_us : 0;
  std::printf("%llu entries; the joiner received %llu in %.2f s, its place in the cluster included\n", static_cast<unsigned long long>(entries),
              static_cast<unsigned long long>(received.entries), seconds);
  std::printf("entries a second   %10.0f   goal %.0f\n", rate, kEntriesGoal);
  std::printf("p99 of a client    %7.0f us, %.0f us before: x %.2f, goal %.0f\n", busy_us, quiet_us, slowdown, kSlowdownGoal);
  const bool ok = rate >= kEntriesGoal && slowdown <= kSlowdownGoal;
  std::printf("%s\n", ok ? "ok" : "short");
  return ok ? 0 : 1;
}
