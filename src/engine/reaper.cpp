#include "engine/reaper.h"

#include <algorithm>

#include "engine/local_cache.h"

namespace holdfast::engine {

void Reaper::rearm(TimeMs due_ms) {
  const TimeMs wake = std::max(due_ms, runtime_.clock().now_ms() + kSlackMs);
  TimeMs planned = wakes_at_ms_.load(std::memory_order_relaxed);
  while (wake < planned) {
    if (wakes_at_ms_.compare_exchange_weak(planned, wake)) {
      runtime_.scheduler().post(runtime::kControlLoop, [self = shared_from_this()] { self->arm(); });
      return;
    }
  }
}

void Reaper::arm() {
  if (stopped_) return;
  const TimeMs in_ms = std::max<TimeMs>(wakes_at_ms_ - runtime_.clock().now_ms(), 1);
  timer_ = runtime_.scheduler().at(runtime::kControlLoop, runtime_.clock().now() + std::chrono::milliseconds(in_ms),
                                   [weak = weak_from_this()] {
                                     if (const auto self = weak.lock()) self->tick();
                                   });
}

void Reaper::tick() {
  const auto cache = cache_.lock();
  if (!cache || stopped_ || cache->reaper_interval_ms() <= 0) {
    wakes_at_ms_ = kAsleep;
    return;
  }
  const auto due = cache->next_due_ms();
  if (!due || *due > runtime_.clock().now_ms()) return rest(*cache);
  if (cache->reaping_waits()) {
    // Listeners and other nodes may be waited for, so this takes a fiber.
    runtime_.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), cache] {
      while (cache->reap(kBatch)) self->runtime_.scheduler().sleep_until(self->runtime_.clock().now());
      self->rest(*cache);
    });
  } else if (cache->reap(kBatch)) {
    runtime_.scheduler().post(runtime::kControlLoop, [self = shared_from_this()] { self->tick(); });
  } else {
    rest(*cache);
  }
}

void Reaper::rest(const LocalCache& cache) {
  const TimeMs now = runtime_.clock().now_ms();
  // Forget the plan first: a writer that comes between the two steps then makes one of its own.
  wakes_at_ms_ = now + std::max<TimeMs>(cache.reaper_interval_ms(), 1);
  if (const auto due = cache.next_due_ms(); due && *due < wakes_at_ms_) wakes_at_ms_ = std::max(*due, now + kSlackMs);
  arm();
}

void Reaper::stop() {
  stopped_ = true;
  if (wakes_at_ms_ == kAsleep) return;
  runtime_.scheduler().post(runtime::kControlLoop, [self = shared_from_this()] { self->timer_.reset(); });
}

}  // namespace holdfast::engine
