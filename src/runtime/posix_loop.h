// One loop of the production runtime: its thread, its sockets, its timers, its fibers, its read buffers.
//
// A turn: what was posted, then the timers that are due, then the sockets that are ready, for which it waits when there is
// nothing else to do.
//
// Owner: PosixRuntime.  Threads: as runtime/scheduler.h says; members without "any thread" belong to the loop's thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "runtime/fiber.h"
#include "runtime/poller.h"
#include "runtime/scheduler.h"
#include "runtime/timer_queue.h"

namespace holdfast::runtime {

/// What a connection reads into; taken from the loop for the length of one Handler::on_data.
struct ReadBuffer {
  static constexpr std::size_t kBytes = std::size_t{64} << 10;
  std::unique_ptr<char[]> bytes{new char[kBytes]};
};

/// The steady clock as Instant. Any thread.
Instant posix_now();

class PosixLoop {
 public:
  PosixLoop(LoopId id, std::size_t fiber_stack_bytes) : id_(id), fibers_(std::in_place, fiber_stack_bytes) {}
  ~PosixLoop();
  PosixLoop(const PosixLoop&) = delete;
  PosixLoop& operator=(const PosixLoop&) = delete;

  /// The loop of the calling thread, null when it is none of ours. Any thread.
  static PosixLoop* current();

  LoopId id() const { return id_; }  // any thread
  void start();                      // any thread; once
  void stop();                       // any thread but the loop's; joins
  void post(Task task);              // any thread
  void spawn(Task body) {
    post([this, body = std::move(body)]() mutable { fibers_->run(std::move(body)); });
  }
  std::unique_ptr<Timer> at(Instant when, Task task);  // any thread
  /// While there is one, something is expected soon, and the loop does not let its core go idle at once.
  class Awake {
   public:
    explicit Awake(PosixLoop& loop) : loop_(loop) { ++loop_.expecting_; }
    ~Awake() { --loop_.expecting_; }
    Awake(const Awake&) = delete;
    Awake& operator=(const Awake&) = delete;

   private:
    PosixLoop& loop_;
  };
  TimerQueue& timers() { return timers_; }
  FiberPool& fibers() { return *fibers_; }
  Poller& poller() { return poller_; }
  std::unique_ptr<ReadBuffer> take_buffer();
  void give_buffer(std::unique_ptr<ReadBuffer> buffer);

 private:
  using Tasks = std::vector<Task>;
  void run();
  void run_tasks();
  void run_all(Tasks& posted);
  Tasks take_remote();
  void wait_for_work();
  bool linger();

  const LoopId id_;
  Poller poller_;
  TimerQueue timers_;
  Tasks local_;  // posted by the loop's own thread
  Tasks batch_;  // being run
  Mutex mutex_;
  Tasks remote_ HF_GUARDED_BY(mutex_);     // posted by other threads
  std::atomic<bool> has_remote_{false};
  std::atomic<bool> asleep_{false};        // waits, or is about to: who posts has to wake it
  std::atomic<bool> stopping_{false};
  std::size_t expecting_ = 0;  // see Awake
  int linger_credit_ = 0;      // whether staying awake has paid of late
  std::optional<FiberPool> fibers_;
  std::vector<std::unique_ptr<ReadBuffer>> buffers_;
  std::thread thread_;
};

}  // namespace holdfast::runtime
