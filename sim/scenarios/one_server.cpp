#include "sim/scenarios/one_server.h"

#include "sim/checkers/linearizable.h"
#include "sim/scenarios/one_server_world.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kSettle = seconds(60);  // after healing, everything must have an end by then

/// What goes wrong in a round: one thing after another, some at once.
class Faults {
 public:
  Faults(OneServerWorld& world, RoundReport& report, bool forget_lives) : world_(world), report_(report), prng_(world.simulation().prng()), forget_lives_(forget_lives) {}

  void next() {
    SimHost& client = *world_.clients()[prng_.below(world_.clients().size())];
    SimHost& server = world_.server();
    Network& network = world_.simulation().network();
    switch (prng_.below(10)) {
      case 0: return cut("cut to the server", client, server);
      case 1: return cut("cut to the client", server, client);
      case 2:
        cut("cut both ways", client, server);
        return cut("cut both ways", server, client);
      case 3:
        ++report_.faults["streams reset"];
        return network.reset_streams(client, server);
      case 4: return slow_link(client, server);
      case 5: return stop(prng_.below(2) == 0 ? server : client);
      case 6: return slow_host(prng_.below(2) == 0 ? server : client);
      case 7: return crash(prng_.below(2) == 0);
      case 8: return disk();
      default: return clocks(prng_.below(2) == 0 ? server : client);
    }
  }

  /// Everything works again.
  void end() {
    Network& network = world_.simulation().network();
    network.heal_all();
    for (SimHost* client : world_.clients()) {
      network.link(*client, world_.server()) = Link{};
      client->resume();
      client->set_slowness(1);
    }
    SimHost& server = world_.server();
    server.sim_disk().set_fault_hook(nullptr);
    server.sim_disk().set_io_error_ppm(0);
    server.set_slowness(1);
    server.resume();
  }

 private:
  Duration moment(Duration most) { return prng_.between(milliseconds(10), most); }

  void cut(const char* name, SimHost& from, SimHost& to) {
    ++report_.faults[name];
    world_.simulation().network().cut(from, to);
    world_.simulation().after(moment(seconds(4)), [this, &from, &to] { world_.simulation().network().heal(from, to); });
  }
  void slow_link(SimHost& client, SimHost& server) {
    ++report_.faults["slow or lossy link"];
    Link& link = world_.simulation().network().link(client, server);
    link.extra_delay = moment(milliseconds(100));
    link.loss_ppm = static_cast<std::uint32_t>(prng_.below(100'000));
    link.bytes_per_second = prng_.below(2) == 0 ? 0 : 10'000;
    world_.simulation().after(moment(seconds(5)), [&link] {
      link.extra_delay = {};
      link.loss_ppm = 0;
      link.bytes_per_second = 0;
    });
  }
  void stop(SimHost& host) {
    if (!host.running()) return;
    ++report_.faults["process stopped for a while"];
    host.pause();
    world_.simulation().after(moment(seconds(5)), [&host] { host.resume(); });
  }
  void slow_host(SimHost& host) {
    ++report_.faults["slow host"];
    host.set_slowness(static_cast<std::uint32_t>(prng_.between(10, 300)));
    world_.simulation().after(moment(seconds(3)), [&host] { host.set_slowness(1); });
  }
  void clocks(SimHost& host) {
    ++report_.faults["clock drifts and jumps"];
    host.sim_clock().set_drift(static_cast<std::int32_t>(prng_.between(-500, 500)));
    host.sim_clock().jump_wall(prng_.between(-10'000'000, 10'000'000));
  }
  void crash(bool power) {
    SimHost& server = world_.server();
    if (!server.running()) return;
    ++report_.faults[power ? "server lost power" : "server killed"];
    life_ends();
    if (power) {
      server.power_off();
    } else {
      server.kill();
    }
  }
  /// The next steps of the disk fail, or one of them takes the process or the machine along.
  void disk() {
    SimDisk& disk = world_.server().sim_disk();
    if (prng_.below(3) == 0) {
      disk.set_io_error_ppm(100'000);
      world_.simulation().after(moment(seconds(5)), [&disk] { disk.set_io_error_ppm(0); });
      ++report_.faults["disk errors"];
      return;
    }
    const auto at = static_cast<DiskStep>(prng_.between(static_cast<int>(DiskStep::write_temporary), static_cast<int>(DiskStep::remove)));
    const DiskFault fault = prng_.below(2) == 0 ? DiskFault::kill : DiskFault::power_off;
    disk.set_fault_hook([this, at, fault, done = false](DiskStep step, const std::string&) mutable {
      if (done || step != at) return DiskFault::none;
      done = true;
      ++report_.faults[fault == DiskFault::kill ? "server killed within a disk write" : "server lost power within a disk write"];
      life_ends();
      return fault;
    });
  }
  /// To be called just before the server's process ends: what it held in memory is gone.
  void life_ends() {
    if (!forget_lives_) ++world_.record().life;
    world_.simulation().after(moment(seconds(3)), [this] { start_again(); });
  }
  void start_again() {
    SimHost& server = world_.server();
    if (server.running()) {
      server.kill();  // it did not come up, for its disk
    }
    const std::uint32_t starts = world_.record().starts;
    world_.start_server();
    // A start that its disk refused is tried again.
    world_.simulation().after(seconds(2), [this, starts, incarnation = server.incarnation()] {
      if (world_.server().incarnation() == incarnation && world_.server().running() && !world_.server().paused() && world_.record().starts == starts) start_again();
    });
  }

  OneServerWorld& world_;
  RoundReport& report_;
  Prng& prng_;
  const bool forget_lives_;
};

void judge(OneServerWorld& world, RoundReport& report) {
  Record& record = world.record();
  const LinearizableReport linear = check_linearizable(record.history);
  report.checked = linear.reads + linear.writes;
  for (const Violation& v : linear.violations) report.violations.push_back("LIN key" + std::to_string(v.key) + ": " + v.text);
  for (const std::string& text : record.definitions.violations()) report.violations.push_back("DUR " + text);
  report.definitions_checked = record.definitions.checked();
  report.violations.insert(report.violations.end(), record.violations.begin(), record.violations.end());
  report.ok = record.ok;
  report.failed = record.failed;
  report.unknown = record.unknown;
}

}  // namespace

RoundReport run_one_server(const RoundOptions& options) {
  RoundReport report;
  report.seed = options.seed;
  OneServerWorld world(options);
  Simulation& simulation = world.simulation();
  Faults faults(world, report, options.forget_lives);
  world.start_server();
  world.start_clients();
  while (options.faults && simulation.now() < options.length) {
    simulation.run_for(simulation.prng().between(milliseconds(100), seconds(3)));
    faults.next();
  }
  if (simulation.now() < options.length) simulation.run_for(options.length - simulation.now());
  faults.end();
  simulation.run_for(seconds(10));
  world.record().stop = true;
  if (!simulation.run_until([&] { return world.record().running == 0; }, kSettle)) {
    report.violations.push_back(std::to_string(world.record().running) + " workers still wait a minute after everything was healed");
  }
  // What is on the disk counts, not what the last life remembers.
  world.server().kill();
  world.start_server();
  const std::uint32_t starts = world.record().starts;
  if (simulation.run_until([&] { return world.record().starts > starts; }, seconds(10))) {
    world.check_definitions();
  } else {
    report.violations.push_back("the server does not start again in the end");
  }
  judge(world, report);
  report.trace_hash = simulation.trace().hash();
  report.events = simulation.events();
  report.simulated = simulation.now();
  return report;
}

}  // namespace holdfast::sim
