#include "sim/sim_scheduler.h"

#include <algorithm>
#include <exception>

#include "base/assert.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

/// Code of a killed process that tries again and again is thrown out after so many calls that fail.
constexpr int kVainCallsMax = 100;

}  // namespace

class SimEvent final : public runtime::Event {
 public:
  explicit SimEvent(SimScheduler& scheduler) : scheduler_(scheduler) {}
  void set() override {
    set_ = true;
    // wake() only marks and posts, so nobody joins or leaves while this runs.
    for (SimScheduler::Parked* parked : parked_) scheduler_.wake(*parked);
    parked_.clear();
  }
  void reset() override { set_ = false; }
  bool is_set() const override { return set_; }
  bool wait(Instant deadline) override { return set_ || scheduler_.wait(*this, deadline); }

 private:
  friend class SimScheduler;
  SimScheduler& scheduler_;
  bool set_ = false;
  std::vector<SimScheduler::Parked*> parked_;
};

class SimTimer final : public runtime::Timer {
 public:
  SimTimer(SimScheduler& scheduler, std::uint32_t slot, std::uint32_t generation) : scheduler_(scheduler), slot_(slot), generation_(generation) {}
  ~SimTimer() override { cancel(); }
  void cancel() override { scheduler_.cancel_timer(slot_, generation_); }

 private:
  SimScheduler& scheduler_;
  const std::uint32_t slot_;
  const std::uint32_t generation_;  // 0 = never armed
};

SimScheduler::SimScheduler(Simulation& simulation, SimHost& host, runtime::LoopId loops) : simulation_(simulation), host_(host) {
  HF_ASSERT(loops > 0);
  for (runtime::LoopId id = 0; id < loops; ++id) loops_.push_back(std::make_unique<Loop>());
}

SimScheduler::~SimScheduler() = default;

runtime::LoopId SimScheduler::current_loop() const { return simulation_.current_host() == &host_ ? simulation_.current_loop() : runtime::kNoLoop; }

bool SimScheduler::in_fiber() const { return simulation_.current_host() == &host_ && simulation_.fibers().current() != nullptr; }

// Loops.

void SimScheduler::give(runtime::LoopId loop, Item item) {
  HF_ASSERT(loop < loops_.size());
  if (!host_.running()) return;
  loops_[loop]->given.push_back(std::move(item));
  schedule_turn(loop);
}

void SimScheduler::schedule_turn(runtime::LoopId id) {
  Loop& loop = *loops_[id];
  if (loop.turn_scheduled || loop.held) return;
  loop.turn_scheduled = true;
  const auto& options = simulation_.options();
  const Duration delay = host_.prng().between(options.turn_delay_min, options.turn_delay_max) * host_.slowness();
  const Duration start = std::max(simulation_.now() + delay, loop.busy_until);
  simulation_.queue().schedule(start, [this, id] { turn(id); });
}

void SimScheduler::turn(runtime::LoopId id) {
  Loop& loop = *loops_[id];
  loop.turn_scheduled = false;
  if (loop.given.empty()) return;
  if (host_.paused()) {
    loop.held = true;
    return;
  }
  simulation_.note(Step::turn, host_.index() << 8 | id, loop.given.size());
  loop.running.swap(loop.given);
  simulation_.enter(&host_, id);
  for (Item& item : loop.running) {
    if (host_.running()) run_item(id, item);
  }
  simulation_.enter(nullptr, runtime::kNoLoop);
  loop.busy_until = simulation_.now() + simulation_.options().task_cost * (static_cast<std::int64_t>(loop.running.size()) * host_.slowness());
  loop.running.clear();
  if (!loop.given.empty()) schedule_turn(id);
}

void SimScheduler::run_item(runtime::LoopId, Item& item) {
  if (item.fiber) {
    run_fiber(std::move(item.task));
  } else {
    const Task task = std::move(item.task);
    task();
  }
}

void SimScheduler::run_fiber(Task body) {
  simulation_.fibers().run([&body] {
    const Task own = std::move(body);
    try {
      own();
    } catch (const ProcessKilled&) {
      // The process is gone; its stack has been left in order.
    }
  });
}

void SimScheduler::start_main(Task body) {
  has_main_ = true;
  vain_calls_ = 0;
  spawn(runtime::kControlLoop, [this, body = std::move(body)] {
    main_ = simulation_.fibers().current();
    struct End {
      SimScheduler& scheduler;
      ~End() { scheduler.main_ = nullptr; }
    } const end{*this};
    body();
  });
}

void SimScheduler::resume_loops() {
  for (runtime::LoopId id = 0; id < loops_.size(); ++id) {
    std::vector<Item>& given = loops_[id]->given;
    loops_[id]->held = false;
    if (given.empty()) continue;
    if (host_.prng().below(2) == 0) std::stable_partition(given.begin(), given.end(), [](const Item& item) { return !item.timer; });
    schedule_turn(id);
  }
}

// Waiting.

std::unique_ptr<runtime::Event> SimScheduler::make_event() { return std::make_unique<SimEvent>(*this); }

void SimScheduler::sleep_until(Instant when) { SimEvent(*this).wait(when); }

bool SimScheduler::wait(SimEvent& event, Instant deadline) {
  runtime::Fiber* fiber = simulation_.fibers().current();
  if (fiber == nullptr) return simulation_.advance_to(host_.sim_clock().simulated(deadline), [&event] { return event.set_; });
  HF_ASSERT(simulation_.current_host() == &host_);
  if (!host_.running()) return wait_when_killed(deadline);
  Parked parked{fiber, simulation_.current_loop(), fiber == main_};
  event.parked_.push_back(&parked);
  parked_.push_back(&parked);
  EventId timer;
  if (deadline != kNever) {
    const Duration at = host_.sim_clock().simulated(deadline);
    if (at != Duration::max()) timer = simulation_.queue().schedule(at, [this, &parked] { wake(parked, true); });
  }
  simulation_.fibers().suspend();
  simulation_.cancel(timer);
  std::erase(parked_, &parked);
  std::erase(event.parked_, &parked);
  if (event.set_) return true;
  return host_.running() ? false : wait_when_killed(deadline);
}

bool SimScheduler::wait_when_killed(Instant deadline) {
  if (deadline == kNever && std::uncaught_exceptions() == 0) throw ProcessKilled{};
  if (deadline != kNever) host_.sim_clock().pretend(deadline);
  vain_call();
  return false;
}

void SimScheduler::vain_call() {
  if (++vain_calls_ > kVainCallsMax && std::uncaught_exceptions() == 0 && in_fiber()) throw ProcessKilled{};
}

void SimScheduler::wake(Parked& parked, bool timer) {
  if (parked.woken || !host_.running()) return;
  parked.woken = true;
  give(parked.loop, {.task = [this, &parked] { resume(parked); }, .timer = timer});
}

void SimScheduler::resume(Parked& parked) { simulation_.fibers().resume(parked.fiber); }

void SimScheduler::run_blocking(FunctionRef<void()> work) {
  if (in_fiber()) sleep_until(host_.clock().now() + host_.prng().between(std::chrono::microseconds(20), std::chrono::milliseconds(2)) * host_.slowness());
  work();
}

// Timers.

std::unique_ptr<runtime::Timer> SimScheduler::at(runtime::LoopId loop, Instant when, Task task) {
  HF_ASSERT(loop < loops_.size());
  const Duration due = host_.sim_clock().simulated(when);
  if (!host_.running() || due == Duration::max()) return std::make_unique<SimTimer>(*this, 0, 0);
  std::uint32_t slot;
  if (free_timers_.empty()) {
    slot = static_cast<std::uint32_t>(timers_.size());
    timers_.emplace_back();
  } else {
    slot = free_timers_.back();
    free_timers_.pop_back();
  }
  TimerSlot& timer = timers_[slot];
  const std::uint32_t generation = timer.generation;
  timer.task = std::move(task);
  timer.loop = loop;
  timer.live = true;
  timer.event = simulation_.queue().schedule(due, [this, slot, generation] { timer_due(slot, generation); });
  ++timers_live_;
  return std::make_unique<SimTimer>(*this, slot, generation);
}

void SimScheduler::timer_due(std::uint32_t slot, std::uint32_t generation) {
  give(timers_[slot].loop, {.task = [this, slot, generation] { fire(slot, generation); }, .timer = true});
}

void SimScheduler::fire(std::uint32_t slot, std::uint32_t generation) {
  if (timers_[slot].generation != generation) return;  // cancelled on its way
  ++timers_fired_;
  simulation_.note(Step::timer, host_.index(), slot);
  const Task task = free_timer(slot);
  task();
}

Task SimScheduler::free_timer(std::uint32_t slot) {
  TimerSlot& timer = timers_[slot];
  if (++timer.generation == 0) timer.generation = 1;
  timer.live = false;
  --timers_live_;
  free_timers_.push_back(slot);
  return std::move(timer.task);
}

void SimScheduler::cancel_timer(std::uint32_t slot, std::uint32_t generation) {
  if (generation == 0 || timers_[slot].generation != generation) return;
  simulation_.cancel(timers_[slot].event);
  const Task dropped = free_timer(slot);  // may come back here when it is destroyed
}

// The end of a process.

void SimScheduler::end_parked(bool main) {
  for (;;) {
    const auto next = std::find_if(parked_.begin(), parked_.end(), [main](const Parked* p) { return p->main == main; });
    if (next == parked_.end()) return;
    Parked& parked = **next;
    simulation_.enter(&host_, parked.loop);
    simulation_.fibers().resume(parked.fiber);
    simulation_.enter(nullptr, runtime::kNoLoop);
  }
}

void SimScheduler::drop_fibers() { end_parked(false); }

void SimScheduler::drop_tasks() {
  for (auto& loop : loops_) {
    std::vector<Item> given;
    given.swap(loop->given);  // destroying a task may try to post; that is refused
    given.clear();
    loop->held = false;
  }
  for (std::uint32_t slot = 0; slot < timers_.size(); ++slot) {
    if (timers_[slot].live) cancel_timer(slot, timers_[slot].generation);
  }
}

void SimScheduler::drop_main() {
  end_parked(true);
  has_main_ = false;
}

}  // namespace holdfast::sim
