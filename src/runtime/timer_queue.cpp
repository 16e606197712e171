#include "runtime/timer_queue.h"

#include <utility>

namespace holdfast::runtime {
namespace {

constexpr int kTimersPerTurn = 64;  // then sockets have their turn

}  // namespace

void TimerQueue::add(TimerNode& timer) {
  timer.at_ = timers_.emplace_hint(timers_.end(), timer.due_, &timer);  // most are later than all others
  timer.queued_ = true;
}

void TimerQueue::remove(TimerNode& timer) {
  if (!std::exchange(timer.queued_, false)) return;
  timers_.erase(timer.at_);
}

void TimerQueue::clear() {
  while (!timers_.empty()) take_first()->drop();
}

TimerNode* TimerQueue::take_first() {
  TimerNode* first = timers_.begin()->second;
  remove(*first);
  return first;
}

void TimerQueue::run_due(Instant now) {
  for (int i = 0; i < kTimersPerTurn && next() <= now; ++i) take_first()->fire();
}

}  // namespace holdfast::runtime
