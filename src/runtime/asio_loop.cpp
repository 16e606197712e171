#include "runtime/asio_loop.h"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "base/mutex.h"
#include "runtime/asio_io_impl.h"

namespace holdfast::runtime {
namespace {

thread_local AsioLoop* t_loop = nullptr;
constexpr std::size_t kSpareBuffersMax = 24;  // more than are read in one round
constexpr int kTurnsMax = 8;                  // before timers and tasks have their turn, a few milliseconds at most
constexpr std::size_t kBusy = 4;              // sockets in one turn

std::chrono::steady_clock::time_point to_steady(Instant when) {
  if (when == kNever) return std::chrono::steady_clock::time_point::max();
  return std::chrono::steady_clock::time_point(std::chrono::duration_cast<std::chrono::steady_clock::duration>(when.time_since_epoch()));
}

/// Shared by the handle and the pending wait, so that either may go first.
struct TimerState {
  explicit TimerState(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
  Task task;
  bool cancelled = false;
};

class AsioTimer final : public Timer {
 public:
  AsioTimer(AsioLoop& loop, std::shared_ptr<TimerState> state) : loop_(loop), state_(std::move(state)) {}
  ~AsioTimer() override { cancel(); }
  void cancel() override {
    auto stop = [state = state_] {
      state->cancelled = true;
      state->timer.cancel();
    };
    if (AsioLoop::current() == &loop_) {
      stop();
    } else {
      loop_.post(stop);
    }
  }

 private:
  AsioLoop& loop_;
  std::shared_ptr<TimerState> state_;
};

void arm(const std::shared_ptr<TimerState>& state, Instant when) {
  if (state->cancelled) return;
  state->timer.expires_at(to_steady(when));
  state->timer.async_wait([state](const boost::system::error_code& error) {
    if (error || state->cancelled) return;
    Task task = std::move(state->task);
    task();
  });
}

}  // namespace

Instant asio_now() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

AsioLoop::AsioLoop(LoopId id, std::size_t fiber_stack_bytes) : id_(id), io_(std::make_unique<Io>()), fibers_(fiber_stack_bytes) {
  io_->watch.assign(poller_.descriptor());
}

AsioLoop::~AsioLoop() {
  stop();
  io_->watch.release();
  poller_.clear();
}

AsioLoop* AsioLoop::current() { return t_loop; }

void AsioLoop::start() {
  // Signals are for the thread that waits for them (wait_for_signal), not for loops.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void AsioLoop::run() {
  t_loop = this;
  watch_poller();
  io_->context.run();
  t_loop = nullptr;
}

void AsioLoop::watch_poller() {
  io_->watch.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    turn();
    watch_poller();
  });
}

/// While many sockets are ready at a time, the next turn follows at once: going through Asio takes three system calls.
void AsioLoop::turn() {
  for (int i = 0; i < kTurnsMax && poller_.turn() >= kBusy; ++i) {}
  if (poller_.has_more()) poll_soon();
}

void AsioLoop::poll_soon() {
  if (turn_posted_) return;
  turn_posted_ = true;
  post([this] {
    turn_posted_ = false;
    turn();
  });
}

void AsioLoop::stop() {
  if (!thread_.joinable()) return;
  io_->context.stop();
  thread_.join();
}

void AsioLoop::post(Task task) {
  // Asio wants copyable or movable handlers; UniqueFunction moves.
  boost::asio::post(io_->context, [task = std::move(task)]() mutable { task(); });
}

std::unique_ptr<Timer> AsioLoop::at(Instant when, Task task) {
  auto state = std::make_shared<TimerState>(io_->context);
  state->task = std::move(task);
  if (current() == this) {
    arm(state, when);
  } else {
    post([state, when] { arm(state, when); });
  }
  return std::make_unique<AsioTimer>(*this, std::move(state));
}

std::unique_ptr<ReadBuffer> AsioLoop::take_buffer() {
  if (buffers_.empty()) return std::make_unique<ReadBuffer>();
  auto buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void AsioLoop::give_buffer(std::unique_ptr<ReadBuffer> buffer) {
  if (buffers_.size() < kSpareBuffersMax) buffers_.push_back(std::move(buffer));
}

}  // namespace holdfast::runtime
