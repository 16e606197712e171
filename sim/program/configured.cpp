#include "sim/program/configured.h"

#include "config/config.h"
#include "runtime/posix_runtime.h"

namespace holdfast::sim {
namespace {

constexpr std::int64_t kRemoteTimeoutMaxMs = 15'000;  // the end of a story waits a little longer

/// What of it a story cannot have, because its checkers would be wrong about it or nothing does it yet; null = nothing.
const char* not_for_stories(const CacheConfiguration& c) {
  static const CacheConfiguration usual;
  if (c.mode != CacheMode::replicated && c.mode != CacheMode::distributed) return "its mode: stories are about replicated and distributed caches";
  if (c.transaction.mode != TransactionMode::none) return "transactions";
  if (c.persistence != usual.persistence) return "stores";
  if (c.expiration.lifespan_ms >= 0 || c.expiration.max_idle_ms >= 0) return "expiration: entries that end by themselves look like lost ones";
  if (c.memory.bounded()) return "a bound on its memory: evicted entries look like lost ones";
  if (c.read_consistency != ReadConsistency::linearizable) return "regular reads: what is checked is that reads are linearizable";
  if (c.unreliable_return_values) return "unreliable return values: what is checked is that they are right";
  if (c.partition_handling != usual.partition_handling) return "partition handling other than ALLOW_READ_WRITES with the usual merge policy";
  if (!c.state_transfer.enabled) return "no state transfer: what is not moved looks like lost";
  if (c.capacity_factor <= 0) return "a capacity factor of 0: every node of a story has it, so none would own anything";
  if (c.l1_lifespan_ms > 0) return "a first-level cache";
  if (c.remote_timeout_ms > kRemoteTimeoutMaxMs) return "a remote timeout of more than 15 s";
  return nullptr;
}

}  // namespace

Result<std::vector<std::pair<std::string, CacheConfiguration>>> caches_of(const std::string& file) {
  const std::unique_ptr<runtime::Runtime> runtime = runtime::make_posix_runtime();
  config::ReadOptions options;
  options.read_file = [&](const std::string& path) -> Result<std::string> { return runtime->disk().read(path); };
  HF_ASSIGN(const config::Document document, config::read_files({file}, options));
  std::vector<std::pair<std::string, CacheConfiguration>> caches;
  for (const auto& [name, cache] : document.container.caches) {
    if (cache.mode == CacheMode::local) continue;
    if (const char* what = not_for_stories(cache)) return Error(Errc::invalid_configuration, file + ": cache '" + name + "' has what a story cannot have: " + what);
    caches.emplace_back(name, cache);
  }
  if (caches.empty()) return Error(Errc::invalid_configuration, file + " has no replicated or distributed cache to tell of");
  return caches;
}

}  // namespace holdfast::sim
