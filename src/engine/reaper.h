// Reaper: removes the entries of one cache that are over, a timer on the control loop. It sleeps until something may
// be due, wakes at most ten times a second, and owns no timer while no entry carries a limit.
//
// Owner: its cache; a pending timer keeps it alive, never the cache.  Threads: any for wake_by() and stop(); the work
// runs on the control loop.  Waits: never, except in a fiber of its own when listeners want to hear.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/mutex.h"
#include "runtime/runtime.h"

namespace holdfast::engine {

class LocalCache;

class Reaper : public std::enable_shared_from_this<Reaper> {
 public:
  Reaper(runtime::Runtime& runtime, std::weak_ptr<LocalCache> cache) : runtime_(runtime), cache_(std::move(cache)) {}

  /// Something may be due at `due_ms`. One relaxed load when the reaper is up by then anyway.
  void wake_by(TimeMs due_ms) {
    if (due_ms + kSlackMs < wakes_at_ms_.load(std::memory_order_relaxed)) rearm(due_ms);
  }
  void stop();

 private:
  static constexpr TimeMs kSlackMs = 100;  // shortest time between two wakes, milliseconds
  static constexpr std::size_t kBatch = 1024;  // entries per turn of the loop
  static constexpr TimeMs kAsleep = INT64_MAX;

  void rearm(TimeMs due_ms);
  void arm();
  void tick();
  void rest(const LocalCache& cache);

  runtime::Runtime& runtime_;
  const std::weak_ptr<LocalCache> cache_;
  std::atomic<TimeMs> wakes_at_ms_{kAsleep};
  std::atomic<bool> stopped_{false};
  std::unique_ptr<runtime::Timer> timer_;  // touched on the control loop only
};

}  // namespace holdfast::engine
