#include "sim/cluster/plan.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kNames[kFaultKinds] = {"kill", "power",      "pause", "leave",         "reset",       "slow", "link",
                                                  "clock", "cut", "scale-down", "storm", "crash-in-move", "coordinator", "split", "stall", "deaf"};
constexpr std::size_t kFaultsEach = 4;
constexpr std::uint64_t kPlanStream = 3;

/// How often each kind comes in a story of all kinds.
FaultKind pick(Prng& choose, const std::set<FaultKind>& kinds) {
  std::vector<FaultKind> all;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    const auto kind = static_cast<FaultKind>(k);
    if (kind != FaultKind::split && (kinds.empty() || kinds.contains(kind))) all.push_back(kind);
  }
  return all[choose.below(all.size())];
}

Duration length_of(FaultKind kind, Prng& choose) {
  switch (kind) {
    case FaultKind::pause: return choose.below(3) == 0 ? choose.between(Duration(50ms), Duration(2s)) : choose.between(Duration(2s), Duration(9s));
    case FaultKind::cut: return choose.between(Duration(10ms), Duration(2s));
    case FaultKind::slow:
    case FaultKind::link: return choose.between(Duration(100ms), Duration(2s));
    case FaultKind::crash_in_move: return choose.between(Duration(0), Duration(60ms));
    case FaultKind::storm: return choose.below(2) == 0 ? Duration(0) : choose.between(Duration(1ms), Duration(200ms));
    case FaultKind::split: return choose.between(Duration(4s), Duration(9s));
    case FaultKind::stall: return choose.between(Duration(300ms), Duration(2800ms));
    case FaultKind::deaf: return choose.below(2) == 0 ? choose.between(Duration(200ms), Duration(3200ms)) : choose.between(Duration(4500ms), Duration(5600ms));
    default: return choose.between(Duration(1ms), Duration(800ms));
  }
}

Fault make_fault(FaultKind kind, std::size_t nodes, Prng& choose) {
  Fault f;
  f.kind = kind;
  f.after = choose.between(Duration(100ms), Duration(1500ms));
  f.victim = choose.below(nodes);
  f.other = (f.victim + 1 + choose.below(nodes - 1)) % nodes;
  f.length = length_of(kind, choose);
  f.amount = choose.next() >> 16;
  return f;
}

}  // namespace

std::string_view name_of(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<std::set<FaultKind>> faults_of(const std::string& list) {
  std::set<FaultKind> kinds;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t end = std::min(list.find(',', from), list.size());
    const std::string name = list.substr(from, end - from);
    const auto at = std::find(std::begin(kNames), std::end(kNames), name);
    if (at == std::end(kNames)) return std::nullopt;
    kinds.insert(static_cast<FaultKind>(at - std::begin(kNames)));
    from = end + 1;
  }
  return kinds;
}

std::string all_fault_names() {
  std::string all;
  for (const std::string_view name : kNames) all += (all.empty() ? "" : ",") + std::string(name);
  return all;
}

std::string to_string(const Fault& f) {
  return std::string(name_of(f.kind)) + " of node " + std::string(1, static_cast<char>('a' + f.victim)) + " (other " + std::string(1, static_cast<char>('a' + f.other)) + "), " +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(f.length).count()) + " ms";
}

Plan plan_of(std::uint64_t seed, const PlanOptions& options) {
  Prng choose(seed, kPlanStream);
  Plan plan;
  plan.seed = seed;
  if (options.shape) plan.grid = *options.shape;
  plan.grid.nodes = options.nodes != 0 ? options.nodes : 3 + choose.below(3);
  const std::uint64_t owners = 2 + choose.below(2), mode = choose.below(8);
  if (!options.caches.empty()) {
    const auto& [name, configuration] = options.caches[seed % options.caches.size()];
    plan.cache = name;
    plan.grid.configuration = configuration;
    plan.grid.mode = configuration.mode;
    plan.grid.asynchronous = configuration.asynchronous;
    plan.grid.owners = configuration.owners;
    plan.grid.segments = static_cast<std::uint32_t>(configuration.segments);
  } else if (!options.shape) {
    plan.grid.owners = static_cast<int>(owners);
    plan.grid.mode = mode == 0 ? CacheMode::replicated : CacheMode::distributed;
  }
  if (choose.below(2) == 0) plan.grid.simulation.network.delay_max = choose.between(Duration(200us), Duration(3ms));
  plan.work.clears = choose.below(4) == 0;
  plan.work.listeners = choose.below(3) == 0;
  plan.work.think_max = choose.between(Duration(2ms), Duration(20ms));
  const bool only_split = options.kinds == std::set{FaultKind::split};
  const bool splits = (options.kinds.empty() && choose.below(8) == 0) || (options.kinds.contains(FaultKind::split) && (only_split || choose.below(2) == 0));
  const std::size_t others = only_split ? 0 : splits ? 1 : kFaultsEach;
  for (std::size_t i = 0; i < others; ++i) plan.faults.push_back(make_fault(pick(choose, options.kinds), plan.grid.nodes, choose));
  if (splits) {
    plan.work.clears = plan.work.listeners = false;
    plan.faults.push_back(make_fault(FaultKind::split, plan.grid.nodes, choose));
  }
  return plan;
}

}  // namespace holdfast::sim
