// TestWorld: a simulated host for tests of one component: what is posted happens when the test says so, and takes no time.
//
// Owner: the test.  Threads: its one.  Waits: run(), advance() and waits of the test's own thread make things happen.
#pragma once

#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {

class TestWorld final : public runtime::Runtime {
 public:
  TestWorld() : simulation_(1, at_once()), host_(simulation_.add_host({})) {}

  runtime::Clock& clock() override { return host_.clock(); }
  runtime::Random& random() override { return host_.random(); }
  runtime::Scheduler& scheduler() override { return host_.scheduler(); }
  runtime::Net& net() override { return host_.net(); }
  runtime::Disk& disk() override { return host_.disk(); }
  Logger& log() override { return host_.log(); }

  /// Runs what was posted, until nothing is left that is due.
  void run() { simulation_.run_for(Duration(0)); }
  /// Moves the clock, and runs what is due on the way.
  void advance(TimeMs ms) { simulation_.run_for(std::chrono::milliseconds(ms)); }
  std::uint64_t timers_fired() const { return host_.sim_scheduler().timers_fired(); }
  std::size_t timers_pending() const { return host_.sim_scheduler().timers_pending(); }

  std::map<std::string, Bytes> files() const { return host_.sim_disk().files(); }
  void put_file(const std::string& path, BytesView content) { host_.sim_disk().put_file(path, content); }
  void fill_disk(bool full) { host_.sim_disk().set_capacity(full ? 0 : ~std::size_t{0}); }
  SimHost& host() { return host_; }

 private:
  static SimulationOptions at_once() {
    SimulationOptions options;
    options.turn_delay_min = options.turn_delay_max = options.task_cost = Duration(0);
    return options;
  }

  Simulation simulation_;
  SimHost& host_;
};

}  // namespace holdfast::sim
