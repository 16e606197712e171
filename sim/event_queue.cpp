#include "sim/event_queue.h"

#include <algorithm>

#include "base/assert.h"

namespace holdfast::sim {
namespace {
constexpr std::size_t kCompactAbove = 256;  // entries
}

EventId EventQueue::schedule(Duration at, Task task) {
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot].task = std::move(task);
  const EventId id{slot, slots_[slot].generation};
  heap_.push_back({at, order_++, id});
  std::push_heap(heap_.begin(), heap_.end());
  ++live_;
  return id;
}

Task EventQueue::release(std::uint32_t slot) {
  Slot& s = slots_[slot];
  if (++s.generation == 0) s.generation = 1;
  free_.push_back(slot);
  --live_;
  return std::move(s.task);
}

bool EventQueue::cancel(EventId id) {
  if (id.generation == 0 || id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return false;
  const Task dropped = release(id.slot);  // destroyed when the queue is whole again: it may come back here
  if (heap_.size() > kCompactAbove && heap_.size() > 2 * live_) compact();
  return true;
}

/// Deadlines that were met leave stale entries; most waits end long before theirs.
void EventQueue::compact() {
  std::erase_if(heap_, [this](const Entry& entry) { return stale(entry); });
  std::make_heap(heap_.begin(), heap_.end());
}

void EventQueue::drop_stale() {
  while (!heap_.empty() && stale(heap_.front())) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
}

Duration EventQueue::next_time() {
  drop_stale();
  return heap_.empty() ? Duration::max() : heap_.front().at;
}

Task EventQueue::take() {
  drop_stale();
  HF_ASSERT(!heap_.empty());
  const EventId id = heap_.front().id;
  std::pop_heap(heap_.begin(), heap_.end());
  heap_.pop_back();
  return release(id.slot);
}

}  // namespace holdfast::sim
