#include "sim/simulation.h"

#include "base/assert.h"
#include "sim/host.h"

namespace holdfast::sim {
namespace {

/// Streams of the seed; hosts follow from kFirstHostStream.
enum Stream : std::uint64_t { kScenarioStream = 1, kNetworkStream = 2, kFirstHostStream = 16 };

}  // namespace

Simulation::Simulation(std::uint64_t seed, const SimulationOptions& options)
    : seed_(seed), options_(options), prng_(seed, kScenarioStream), fibers_(options.fiber_stack_bytes), network_(*this, Prng(seed, kNetworkStream), options.network) {}

Simulation::~Simulation() {
  for (auto& host : hosts_) host->power_off();
}

SimHost& Simulation::add_host(const HostOptions& options) {
  const auto index = static_cast<std::uint32_t>(hosts_.size());
  hosts_.push_back(std::make_unique<SimHost>(*this, index, options, Prng(seed_, kFirstHostStream + index)));
  return *hosts_.back();
}

bool Simulation::advance_to(Duration end, FunctionRef<bool()> done) {
  HF_ASSERT(!dispatching_);  // a task or a scenario step must not wait
  while (!done()) {
    const Duration next = queue_.next_time();
    if (next > end || next == Duration::max()) {
      HF_ASSERT(end != Duration::max());  // deadlock: nothing is left to happen, and what is awaited did not
      now_ = end;
      return done();
    }
    if (next > now_) now_ = next;
    const Task task = queue_.take();
    ++events_;
    dispatching_ = true;
    task();
    dispatching_ = false;
  }
  return true;
}

}  // namespace holdfast::sim
