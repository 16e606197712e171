// TimerQueue: what a loop of the production runtime does later, in the order of its time.
//
// Owner: PosixLoop.  Threads: the loop's.  Waits: never.  Fails with: nothing.
#pragma once

#include <map>

#include "base/time.h"

namespace holdfast::runtime {

/// One timer; whoever has it takes it out of the queue before it ends. May lie on a fiber's stack.
class TimerNode {
 public:
  explicit TimerNode(Instant due) : due_(due) {}
  virtual ~TimerNode() = default;
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;

  /// Its time has come; it is out of the queue, and may end here.
  virtual void fire() = 0;
  /// The queue ends before its time came; it is out of the queue, and may end here.
  virtual void drop() {}

 private:
  friend class TimerQueue;
  const Instant due_;
  bool queued_ = false;
  std::multimap<Instant, TimerNode*>::iterator at_;  // while it is queued
};

class TimerQueue {
 public:
  TimerQueue() = default;
  ~TimerQueue() { clear(); }
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  void add(TimerNode& timer);
  /// Nothing if it is not in the queue.
  void remove(TimerNode& timer);
  /// When the next one is due; kNever when there is none.
  Instant next() const { return timers_.empty() ? kNever : timers_.begin()->first; }
  /// Fires what is due, a bounded number of timers.
  void run_due(Instant now);
  /// Drops all.
  void clear();

 private:
  TimerNode* take_first();

  std::multimap<Instant, TimerNode*> timers_;
};

}  // namespace holdfast::runtime
