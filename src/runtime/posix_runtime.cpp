#include "runtime/posix_runtime.h"

#include <sched.h>
#include <signal.h>
#include <sys/random.h>
#include <time.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "runtime/posix_event.h"
#include "runtime/posix_net.h"
#include "runtime/posix_disk.h"

namespace holdfast::runtime {
namespace {

std::int64_t read_clock_ns(clockid_t id) {
  timespec t;
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// now_ms() is the wall clock at start plus monotonic time: a wall clock that is set moves no entry's end.
class PosixClock final : public Clock {
 public:
  PosixClock() : anchor_ns_(read_clock_ns(CLOCK_REALTIME) - read_clock_ns(CLOCK_MONOTONIC)) {}
  Instant now() override { return Instant(Duration(read_clock_ns(CLOCK_MONOTONIC))); }
  TimeMs now_ms() override { return (anchor_ns_ + read_clock_ns(CLOCK_MONOTONIC_COARSE)) / 1'000'000; }
  TimeMs wall_ms() override { return read_clock_ns(CLOCK_REALTIME) / 1'000'000; }

 private:
  const std::int64_t anchor_ns_;
};

class PosixRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t number;
    fill(reinterpret_cast<char*>(&number), sizeof number);
    return number;
  }
  Bytes secret(std::size_t count) override {
    Bytes bytes(count, '\0');
    fill(bytes.data(), count);
    return bytes;
  }

 private:
  static void fill(char* to, std::size_t count) {
    while (count > 0) {
      const ssize_t n = getrandom(to, count, 0);
      if (n < 0) continue;  // interrupted
      to += n;
      count -= static_cast<std::size_t>(n);
    }
  }
};

/// Threads for work that blocks; made when needed, at most `threads_max`.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads_max) : threads_max_(threads_max) {}
  ~BlockingPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void start(Task work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
      if (idle_ < queue_.size() && threads_.size() < threads_max_) threads_.emplace_back([this] { serve(); });
    }
    changed_.notify_one();
  }

  void run(FunctionRef<void()> work) {
    const std::shared_ptr<Event> done = make_posix_event();
    start([work, done] {
      work();
      done->set();
    });
    done->wait(kNever);
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (queue_.empty()) return;
      Task task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

class PosixScheduler final : public Scheduler {
 public:
  explicit PosixScheduler(const PosixRuntimeOptions& options)
      : loops_n_(options.loops != 0 ? options.loops : usable_cores()), stack_bytes_(options.fiber_stack_bytes), pool_(options.blocking_threads_max) {}
  ~PosixScheduler() override {
    for (auto& loop : loops_) loop->stop();
  }

  std::vector<std::unique_ptr<PosixLoop>>& loops_started() {
    std::call_once(started_, [this] {
      for (LoopId id = 0; id < loops_n_; ++id) loops_.push_back(std::make_unique<PosixLoop>(id, stack_bytes_));
      for (auto& loop : loops_) loop->start();
    });
    return loops_;
  }

  LoopId loops() const override { return loops_n_; }
  LoopId current_loop() const override {
    const PosixLoop* loop = PosixLoop::current();
    return loop == nullptr ? kNoLoop : loop->id();
  }
  bool in_fiber() const override {
    PosixLoop* loop = PosixLoop::current();
    return loop != nullptr && loop->fibers().current() != nullptr;
  }
  void post(LoopId loop, Task task) override { at_loop(loop).post(std::move(task)); }
  void spawn(LoopId loop, Task body) override { at_loop(loop).spawn(std::move(body)); }
  std::unique_ptr<Timer> at(LoopId loop, Instant when, Task task) override { return at_loop(loop).at(when, std::move(task)); }
  std::unique_ptr<Event> make_event() override { return make_posix_event(); }
  void sleep_until(Instant when) override { make_posix_event()->wait(when); }
  void run_blocking(FunctionRef<void()> work) override { pool_.run(work); }
  void start_blocking(Task work) { pool_.start(std::move(work)); }

 private:
  static LoopId usable_cores() {
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? static_cast<LoopId>(CPU_COUNT(&cores)) : 1;
  }
  PosixLoop& at_loop(LoopId loop) {
    auto& loops = loops_started();
    HF_ASSERT(loop < loops.size());
    return *loops[loop];
  }

  const LoopId loops_n_;
  const std::size_t stack_bytes_;
  std::once_flag started_;
  std::vector<std::unique_ptr<PosixLoop>> loops_;
  BlockingPool pool_;
};

class PosixRuntime final : public Runtime {
 public:
  explicit PosixRuntime(const PosixRuntimeOptions& options)
      : scheduler_(options),
        net_(make_posix_net({[this]() -> auto& { return scheduler_.loops_started(); }, [this](Task work) { scheduler_.start_blocking(std::move(work)); }}, log_)),
        disk_(make_posix_disk()) {}
  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }
  Scheduler& scheduler() override { return scheduler_; }
  Net& net() override { return *net_; }
  Disk& disk() override { return *disk_; }
  Logger& log() override { return log_; }

 private:
  Logger log_;
  PosixClock clock_;
  PosixRandom random_;
  PosixScheduler scheduler_;
  std::unique_ptr<Net> net_;
  std::unique_ptr<Disk> disk_;
};

}  // namespace

std::unique_ptr<Runtime> make_posix_runtime(const PosixRuntimeOptions& options) { return std::make_unique<PosixRuntime>(options); }

void destroy(std::unique_ptr<Runtime> runtime) {
  if (runtime->scheduler().current_loop() == kNoLoop) return;  // the caller's thread may join
  std::thread([runtime = std::move(runtime)] {}).detach();
}

int wait_for_signal(std::initializer_list<int> signals) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : signals) sigaddset(&wanted, signal);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  int got = 0;
  sigwait(&wanted, &got);
  return got;
}

}  // namespace holdfast::runtime
