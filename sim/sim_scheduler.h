// SimScheduler: the loops, fibers, events and timers of one simulated host.
//
// A loop starts its next turn a seeded moment after it was given something, and runs what it was given by then. After a pause
// either what timers gave or what the network gave may come first, as the seed says. All loops
// of all hosts are on one thread; a fiber parks by giving control back to the simulation.
//
// Owner: its SimHost.  Threads: the simulation's one.  Waits: as runtime/scheduler.h; from outside of hosts by running the simulation.
#pragma once

#include <memory>
#include <vector>

#include "runtime/fiber.h"
#include "runtime/scheduler.h"
#include "sim/event_queue.h"

namespace holdfast::sim {

class Simulation;
class SimHost;
class SimEvent;

/// Thrown by a wait without end in a process that was killed; see host.h. Nobody but the scheduler catches it.
struct ProcessKilled {};

class SimScheduler final : public runtime::Scheduler {
 public:
  SimScheduler(Simulation& simulation, SimHost& host, runtime::LoopId loops);
  ~SimScheduler() override;

  runtime::LoopId loops() const override { return static_cast<runtime::LoopId>(loops_.size()); }
  runtime::LoopId current_loop() const override;
  bool in_fiber() const override;
  void post(runtime::LoopId loop, Task task) override { give(loop, {std::move(task)}); }
  void spawn(runtime::LoopId loop, Task body) override { give(loop, {.task = std::move(body), .fiber = true}); }
  [[nodiscard]] std::unique_ptr<runtime::Timer> at(runtime::LoopId loop, Instant when, Task task) override;
  std::unique_ptr<runtime::Event> make_event() override;
  void sleep_until(Instant when) override;
  void run_blocking(FunctionRef<void()> work) override;

  // For the simulation's parts and its tests.

  /// Runs the body in a fiber now, on the loop whose turn it is.
  void run_fiber(Task body);
  /// Fibers that wait.
  std::size_t parked() const { return parked_.size(); }
  std::size_t timers_pending() const { return timers_live_; }
  std::uint64_t timers_fired() const { return timers_fired_; }
  bool has_main() const { return has_main_; }
  void start_main(Task body);
  /// A killed process asked for something: counts, and in the end throws, so that loops that try again end.
  void vain_call();
  void resume_loops();
  /// The end of a process, in this order.
  void drop_fibers();
  void drop_tasks();
  void drop_main();

 private:
  friend class SimEvent;
  friend class SimTimer;
  /// What a loop was given: a task, or the body of a fiber.
  struct Item {
    Task task;
    bool fiber = false;
    bool timer = false;  // what a timer that was due, or a deadline, gave
  };
  struct Loop {
    std::vector<Item> given;
    std::vector<Item> running;
    Duration busy_until{};
    bool turn_scheduled = false;
    bool held = false;  // its turn came while the host was paused
  };
  /// A fiber that waits; lies on its stack.
  struct Parked {
    runtime::Fiber* fiber;
    runtime::LoopId loop;
    bool main;
    bool woken = false;
  };
  struct TimerSlot {
    Task task;
    EventId event;
    runtime::LoopId loop = 0;
    std::uint32_t generation = 1;
    bool live = false;
  };

  void give(runtime::LoopId loop, Item item);
  void schedule_turn(runtime::LoopId loop);
  void turn(runtime::LoopId loop);
  void run_item(runtime::LoopId loop, Item& item);
  bool wait(SimEvent& event, Instant deadline);
  bool wait_when_killed(Instant deadline);
  void wake(Parked& parked, bool timer = false);
  void resume(Parked& parked);
  void end_parked(bool main);
  void timer_due(std::uint32_t slot, std::uint32_t generation);
  void fire(std::uint32_t slot, std::uint32_t generation);
  void cancel_timer(std::uint32_t slot, std::uint32_t generation);
  Task free_timer(std::uint32_t slot);

  Simulation& simulation_;
  SimHost& host_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<Parked*> parked_;   // in the order of their waiting
  std::vector<TimerSlot> timers_;
  std::vector<std::uint32_t> free_timers_;
  std::size_t timers_live_ = 0;
  std::uint64_t timers_fired_ = 0;
  runtime::Fiber* main_ = nullptr;
  bool has_main_ = false;
  int vain_calls_ = 0;            // since the process was killed
};

}  // namespace holdfast::sim
