#include "engine/counters.h"

namespace holdfast::engine {

std::size_t Counters::stripe_of_thread() {
  // The address of a thread's own variable tells threads apart without a counter that they would share.
  thread_local const char mine = 0;
  return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(&mine) >> 6) * 0x9e3779b97f4a7c15ULL >> 60);
}

std::int64_t Counters::sum(Counter counter) const {
  std::int64_t total = 0;
  for (const Stripe& s : stripes_) total += s.values[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  return total;
}

void Counters::reset() {
  for (Stripe& s : stripes_) {
    for (auto& value : s.values) value.store(0, std::memory_order_relaxed);
  }
}

StatisticsSnapshot Counters::snapshot() const {
  const auto average = [](std::int64_t total, std::int64_t count) { return count > 0 ? total / count : 0; };
  StatisticsSnapshot s;
  s.enabled = true;
  s.hits = sum(Counter::hits);
  s.misses = sum(Counter::misses);
  s.stores = sum(Counter::stores);
  s.remove_hits = sum(Counter::remove_hits);
  s.remove_misses = sum(Counter::remove_misses);
  s.evictions = sum(Counter::evictions);
  s.average_read_ns = average(sum(Counter::read_ns), sum(Counter::timed_reads));
  s.average_write_ns = average(sum(Counter::write_ns), sum(Counter::timed_writes));
  s.average_remove_ns = average(sum(Counter::remove_ns), sum(Counter::timed_removes));
  return s;
}

}  // namespace holdfast::engine
