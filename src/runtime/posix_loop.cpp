#include "runtime/posix_loop.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::runtime {
namespace {

thread_local PosixLoop* t_loop = nullptr;
constexpr std::size_t kSpareBuffersMax = 24;  // more than are read in one round
constexpr Duration kLingerMax = std::chrono::microseconds(50);
constexpr int kLingerPrice = 4;       // short waits in a row before lingering is tried
constexpr int kLingerCreditMax = 16;  // so many, less one price for each time in vain

/// Shared by its handle and the queue, so that either may go first.
class LoopTimer final : public TimerNode, public std::enable_shared_from_this<LoopTimer> {
 public:
  LoopTimer(Instant due, Task task) : TimerNode(due), task_(std::move(task)) {}

  void arm(TimerQueue& queue) {
    if (cancelled_) return;
    queued_ = shared_from_this();
    queue.add(*this);
  }
  void cancel(TimerQueue& queue) {
    cancelled_ = true;
    queue.remove(*this);
    const auto until_the_end = std::move(queued_);
    const Task ends_here = std::move(task_);
  }
  void fire() override {
    const auto until_the_end = std::move(queued_);
    Task task = std::move(task_);
    task();
  }
  void drop() override { const auto until_the_end = std::move(queued_); }

 private:
  Task task_;
  bool cancelled_ = false;
  std::shared_ptr<LoopTimer> queued_;  // itself, while it is in the queue
};

class PosixTimer final : public Timer {
 public:
  PosixTimer(PosixLoop& loop, std::shared_ptr<LoopTimer> timer) : loop_(loop), timer_(std::move(timer)) {}
  ~PosixTimer() override { cancel(); }
  void cancel() override {
    if (PosixLoop::current() == &loop_) {
      timer_->cancel(loop_.timers());
    } else {
      loop_.post([&loop = loop_, timer = timer_] { timer->cancel(loop.timers()); });
    }
  }

 private:
  PosixLoop& loop_;
  const std::shared_ptr<LoopTimer> timer_;
};

}  // namespace

Instant posix_now() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// What ends here may post, which nobody runs any more.
PosixLoop::~PosixLoop() {
  stop();
  poller_.clear();
  fibers_.reset();
  timers_.clear();
  for (Tasks posted = take_remote(); !posted.empty() || !local_.empty(); posted = take_remote()) std::exchange(local_, {}).clear();
}

PosixLoop* PosixLoop::current() { return t_loop; }

void PosixLoop::start() {
  // Signals are for the thread that waits for them (wait_for_signal), not for loops.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void PosixLoop::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  poller_.wake();
  thread_.join();
}

void PosixLoop::run() {
  t_loop = this;
  while (!stopping_) {
    run_tasks();
    if (timers_.next() != kNever) timers_.run_due(posix_now());
    wait_for_work();
    poller_.serve();
  }
  t_loop = nullptr;
}

void PosixLoop::wait_for_work() {
  if (!local_.empty() || poller_.has_more() || timers_.next() <= posix_now()) return poller_.wait(false);
  if (expecting_ > 0 && linger()) return;
  poller_.wake_at(timers_.next());
  const Instant from = expecting_ > 0 ? posix_now() : Instant{};
  asleep_ = true;
  poller_.wait(!has_remote_ && !stopping_);
  asleep_.store(false, std::memory_order_relaxed);
  if (expecting_ > 0 && posix_now() - from < kLingerMax) linger_credit_ = std::min(linger_credit_ + 1, kLingerCreditMax);
}

/// Waking an idle core takes longer than a peer on the same network needs for its answer. True: there is something to do. Others
/// that want the core have it meanwhile. It goes on doing so while it pays.
bool PosixLoop::linger() {
  if (linger_credit_ < kLingerPrice) return false;
  const Instant until = posix_now() + kLingerMax;
  do {
    sched_yield();
    poller_.wait(false);
    if (poller_.found() || has_remote_) return true;
  } while (posix_now() < until);
  linger_credit_ -= kLingerPrice;
  return false;
}

void PosixLoop::post(Task task) {
  if (current() == this) {
    local_.push_back(std::move(task));
    return;
  }
  {
    const Locked lock(mutex_);
    remote_.push_back(std::move(task));
  }
  has_remote_ = true;
  if (asleep_.exchange(false)) poller_.wake();
}

PosixLoop::Tasks PosixLoop::take_remote() {
  has_remote_ = false;
  const Locked lock(mutex_);
  return std::exchange(remote_, {});
}

/// What tasks post while they run is for the next turn.
void PosixLoop::run_tasks() {
  run_all(local_);
  if (!has_remote_.load(std::memory_order_relaxed)) return;
  Tasks posted = take_remote();
  run_all(posted);
}

void PosixLoop::run_all(Tasks& posted) {
  batch_.swap(posted);
  for (Task& task : batch_) {
    const Task now = std::move(task);
    now();
  }
  batch_.clear();
}

std::unique_ptr<Timer> PosixLoop::at(Instant when, Task task) {
  auto timer = std::make_shared<LoopTimer>(when, std::move(task));
  if (current() == this) {
    timer->arm(timers_);
  } else {
    post([this, timer] { timer->arm(timers_); });
  }
  return std::make_unique<PosixTimer>(*this, std::move(timer));
}

std::unique_ptr<ReadBuffer> PosixLoop::take_buffer() {
  if (buffers_.empty()) return std::make_unique<ReadBuffer>();
  auto buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void PosixLoop::give_buffer(std::unique_ptr<ReadBuffer> buffer) {
  if (buffers_.size() < kSpareBuffersMax) buffers_.push_back(std::move(buffer));
}

}  // namespace holdfast::runtime
