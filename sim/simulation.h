// Simulation: several hosts in one thread, in virtual time, with seeded choices. Each host is a runtime::Runtime of its
// own, so the product's code runs in it unchanged; the same seed gives the same run, to the last bit of the trace's hash.
//
// The caller's thread is the world's clockwork: run_for() and run_until() make things happen, and so does
// runtime::Event::wait() (connect(), sleep_until(), ...) when it is called from outside of the simulated hosts, which is
// how a plain test uses a SimHost as if it were any runtime.
//
// Owner: the test.  Threads: one.  Waits: never in real time.
// Fails with: an assertion when somebody waits for ever and nothing is left to happen.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "runtime/fiber.h"
#include "runtime/scheduler.h"
#include "sim/event_queue.h"
#include "sim/network.h"
#include "sim/prng.h"
#include "sim/trace.h"

namespace holdfast::sim {

class SimHost;
struct HostOptions;

struct SimulationOptions {
  NetworkOptions network;
  /// How long a loop takes to start on what it was given, and what each task then costs.
  Duration turn_delay_min = std::chrono::nanoseconds(500);
  Duration turn_delay_max = std::chrono::microseconds(20);
  Duration task_cost = std::chrono::nanoseconds(300);
  /// Virtual; pages are touched as used.
  std::size_t fiber_stack_bytes = std::size_t{512} << 10;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed, const SimulationOptions& options = {});
  /// Kills what still runs. What processes refer to must outlive the Simulation: declare it first.
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  SimHost& add_host(const HostOptions& options);
  const std::vector<std::unique_ptr<SimHost>>& hosts() const { return hosts_; }
  Network& network() { return network_; }
  Trace& trace() { return trace_; }
  /// The scenario's own stream of choices.
  Prng& prng() { return prng_; }
  std::uint64_t seed() const { return seed_; }
  const SimulationOptions& options() const { return options_; }

  /// Virtual time since the beginning; every host's clocks derive from it.
  Duration now() const { return now_; }
  /// A step of the scenario: runs outside of all hosts, must not wait.
  EventId after(Duration delay, Task task) { return queue_.schedule(now_ + delay, std::move(task)); }
  void cancel(EventId id) { queue_.cancel(id); }
  void run_for(Duration time) { advance_to(now_ + time, [] { return false; }); }
  /// True as soon as `done`; false when `limit` has passed without.
  bool run_until(FunctionRef<bool()> done, Duration limit) { return advance_to(now_ + limit, done); }
  /// How many events happened.
  std::uint64_t events() const { return events_; }

  // For the simulation's parts.

  /// Duration::max() = until `done`, and if that cannot happen any more, an assertion.
  bool advance_to(Duration end, FunctionRef<bool()> done);
  EventQueue& queue() { return queue_; }
  runtime::FiberPool& fibers() { return fibers_; }
  /// Whose code runs now; null outside of hosts.
  SimHost* current_host() const { return current_host_; }
  runtime::LoopId current_loop() const { return current_loop_; }
  void enter(SimHost* host, runtime::LoopId loop) {
    current_host_ = host;
    current_loop_ = loop;
  }
  bool dispatching() const { return dispatching_; }
  void note(Step step, std::uint64_t a, std::uint64_t b = 0, std::string_view text = {}) { trace_.add(now_, step, a, b, text); }

 private:
  const std::uint64_t seed_;
  const SimulationOptions options_;
  Trace trace_;
  Prng prng_;
  EventQueue queue_;
  runtime::FiberPool fibers_;
  Network network_;
  Duration now_{};
  std::uint64_t events_ = 0;
  bool dispatching_ = false;
  SimHost* current_host_ = nullptr;
  runtime::LoopId current_loop_ = runtime::kNoLoop;
  std::vector<std::unique_ptr<SimHost>> hosts_;
};

}  // namespace holdfast::sim
