// SimHost: one machine of a simulation, and the runtime of the process that runs on it. The machine can lose power, its
// process can be killed, stopped (as by SIGSTOP), slowed down; its clocks drift and jump; its disk fails.
//
// Owner: the Simulation.  Threads: the simulation's one.  Waits: as runtime/scheduler.h says; from outside of hosts a wait
// makes the simulation run.
//
// How a process dies: everything it does from then on has no effect outside of it. Tasks and timers are dropped; fibers that
// wait are woken and run to their end, the main one last: a wait until a time says that the time has passed, and so do the
// process's clocks, so that what tries again until a deadline ends; a wait for ever throws ProcessKilled, so that destructors run and nothing leaks.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "runtime/runtime.h"
#include "sim/prng.h"
#include "sim/sim_disk.h"
#include "sim/sim_scheduler.h"

namespace holdfast::sim {

class Simulation;

struct HostOptions {
  std::string name{};           // "" = hostN
  std::string address{};        // "" = 10.0.0.N, N from 1
  runtime::LoopId loops = 2;
  Duration uptime = std::chrono::hours(1);      // what the monotonic clock says at the beginning
  TimeMs wall_ms = 1'790'000'000'000;
  std::int32_t drift_ppm = 0;   // its clocks run that much too fast
};

class SimClock final : public runtime::Clock {
 public:
  SimClock(Simulation& simulation, const HostOptions& options);
  Instant now() override;
  TimeMs now_ms() override;
  TimeMs wall_ms() override;

  void set_drift(std::int32_t ppm);
  /// Somebody sets the wall clock: wall_ms() jumps, the others do not.
  void jump_wall(TimeMs by) { wall_offset_ += by; }
  /// For code of a killed process, which waits without waiting: it sees that the time has come, until the next process starts.
  void pretend(Instant when) { pretended_ = std::max(pretended_, when); }
  void stop_pretending() { pretended_ = {}; }
  /// When this host's monotonic clock will say so, in the simulation's time.
  Duration simulated(Instant when) const;

 private:
  Instant ticks() const;

  Simulation& simulation_;
  std::int32_t drift_ppm_;
  Duration base_simulated_{};
  Duration base_local_;
  const TimeMs wall_anchor_;   // wall time minus monotonic time at the beginning
  TimeMs wall_offset_ = 0;
  Instant pretended_{};
};

class SimRandom final : public runtime::Random {
 public:
  explicit SimRandom(Prng prng) : prng_(prng) {}
  std::uint64_t next() override { return prng_.next(); }
  Bytes secret(std::size_t count) override;

 private:
  Prng prng_;
};

class SimHost final : public runtime::Runtime {
 public:
  SimHost(Simulation& simulation, std::uint32_t index, const HostOptions& options, Prng prng);
  ~SimHost() override;

  runtime::Clock& clock() override { return clock_; }
  runtime::Random& random() override { return random_; }
  runtime::Scheduler& scheduler() override { return scheduler_; }
  runtime::Net& net() override { return *net_; }
  runtime::Disk& disk() override { return disk_; }
  Logger& log() override { return log_; }

  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  std::uint32_t index() const { return index_; }

  /// Starts a process: `main` runs in a fiber, and everything that it owns ends with it. The host must have none: it is
  /// new, or its process was killed.
  void run(std::function<void(runtime::Runtime&)> main);
  /// kill -9. The system closes the connections, files keep what was written. From code of the host itself it takes
  /// effect at once for the outside, and inside when that code returns to its loop.
  void kill() { die(false); }
  /// Nobody is told, and the disk loses what was not made durable. run() switches it on again.
  void power_off() { die(true); }
  void pause();
  void resume();
  bool running() const { return running_; }
  bool powered() const { return powered_; }
  bool paused() const { return paused_; }
  /// Everything takes so many times as long.
  void set_slowness(std::uint32_t factor) { slowness_ = factor; }

  SimClock& sim_clock() { return clock_; }
  SimDisk& sim_disk() { return disk_; }
  SimScheduler& sim_scheduler() { return scheduler_; }

  // For the simulation's parts.
  Simulation& simulation() { return simulation_; }
  Prng& prng() { return prng_; }
  std::uint32_t slowness() const { return slowness_; }
  /// Differs after each start: who asks for an older one's connections is told that they are gone.
  std::uint32_t incarnation() const { return incarnation_; }

 private:
  void die(bool power);
  void reap();
  void watch_log();

  Simulation& simulation_;
  const std::uint32_t index_;
  const std::string name_;
  const std::string address_;
  Prng prng_;
  Logger log_;
  SimClock clock_;
  SimRandom random_;
  SimScheduler scheduler_;
  std::unique_ptr<runtime::Net> net_;
  SimDisk disk_;
  std::uint32_t incarnation_ = 1;
  std::uint32_t slowness_ = 1;
  bool running_ = true;
  bool powered_ = true;
  bool paused_ = false;
};

}  // namespace holdfast::sim
