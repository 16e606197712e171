#include "sim/cluster/disturbance.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWhole = 30s;     // after a fault the cluster is whole again within this
constexpr Duration kLeaveMax = 30s;
constexpr Duration kMerged = 5s;     // what was written on either side is where it belongs
constexpr Duration kDeafMax = 4s;    // who hears nothing for longer may be removed
constexpr Duration kArrives = 500ms; // what was held up on the wires
constexpr std::uint32_t kStallLossPpm = 100'000;

}  // namespace

Disturbance::Disturbance(Grid& grid, Workload& work) : grid_(grid), work_(work) {
  grid_.on_exclusion([this](std::size_t node) {
    if (blamed_.contains(node)) return;
    findings_.push_back({"SUSPECT", ~std::uint32_t{0}, "the others went on without " + grid_.host(node).name() + " at " + std::to_string(grid_.simulation().now() / 1us) + " us, which nothing had happened to"});
  });
}

bool Disturbance::settle(const std::vector<std::size_t>& who, const std::string& when) {
  if (grid_.settle(who, kWhole)) return true;
  findings_.push_back({"SETTLE", ~std::uint32_t{0}, "the cluster is not whole half a minute after " + when});
  return false;
}

std::vector<std::size_t> Disturbance::from(std::size_t first, std::size_t count) const {
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back((first + i) % grid_.options().nodes);
  return some;
}

void Disturbance::carry_out(const Fault& f) {
  const std::size_t nodes = grid_.options().nodes;
  run_for(f.after);
  log_.push_back({f.kind, grid_.simulation().now(), {}, {f.victim}});
  ++counts_[std::string(name_of(f.kind))];
  blamed_.clear();
  // What moves meanwhile may have to travel on bad links.
  const bool rough = f.kind != FaultKind::split && f.amount >> 32 & 1;
  if (rough) set_links(f.victim, std::chrono::milliseconds((f.amount >> 36) % 40), static_cast<std::uint32_t>((f.amount >> 33) % 4 * 10'000));
  switch (f.kind) {
    case FaultKind::kill: kill(f.victim, false, f.length); break;
    case FaultKind::power: kill(f.victim, true, f.length); break;
    case FaultKind::pause: pause(f.victim, f.length); break;
    case FaultKind::leave:
      leave({f.victim});
      start({f.victim}, {});
      break;
    case FaultKind::reset: grid_.simulation().network().reset_streams(grid_.host(f.victim), grid_.host(f.other)); break;
    case FaultKind::slow: slow(f); break;
    case FaultKind::link: link(f); break;
    case FaultKind::clock: clock(f); break;
    case FaultKind::cut: cut(f); break;
    case FaultKind::scale_down: {
      const auto who = from(f.victim, std::min<std::size_t>(static_cast<std::size_t>(grid_.options().owners), nodes - 1));
      leave(who);
      start(who, f.length / 8);
      break;
    }
    case FaultKind::storm: {
      const auto who = from(f.victim, nodes > 3 ? nodes - 2 : 1);
      leave(who);
      storm(who, f.length);
      break;
    }
    case FaultKind::crash_in_move: crash_in_move(f); break;
    case FaultKind::coordinator: coordinator(f); break;
    case FaultKind::split: return split(f);
    case FaultKind::stall: stall(f); break;
    case FaultKind::deaf: deaf(f); break;
  }
  if (rough) {
    run_for(f.length);
    set_links(f.victim, {}, 0);
  }
  settle(grid_.everybody(), to_string(f));
  log_.back().to = grid_.simulation().now();
}

void Disturbance::kill(std::size_t victim, bool power, Duration down) {
  work_.node_ends(victim);
  if (power) grid_.host(victim).power_off();
  else grid_.host(victim).kill();
  run_for(down);
  grid_.start(victim);
}

void Disturbance::pause(std::size_t victim, Duration length) {
  blamed_ = {victim};
  grid_.host(victim).pause();
  run_for(length);
  grid_.host(victim).resume();
}

/// All at once; returns when their processes have ended.
void Disturbance::leave(const std::vector<std::size_t>& who) {
  log_.back().nodes.insert(who.begin(), who.end());
  for (const std::size_t i : who) {
    work_.node_ends(i);
    grid_.leave(i);
  }
  const auto gone = [&] { return std::none_of(who.begin(), who.end(), [&](std::size_t i) { return grid_.host(i).running(); }); };
  if (!grid_.simulation().run_until(gone, kLeaveMax)) findings_.push_back({"SETTLE", ~std::uint32_t{0}, "a graceful leave does not end"});
  for (const std::size_t i : who) {
    if (grid_.host(i).running()) grid_.host(i).kill();
  }
  run_for(1ms);
}

void Disturbance::start(const std::vector<std::size_t>& who, Duration apart) {
  for (const std::size_t i : who) {
    grid_.start(i);
    run_for(apart);
  }
}

/// Nodes join while others do; what moves then must come to its end nevertheless.
void Disturbance::storm(const std::vector<std::size_t>& who, Duration apart) {
  const std::size_t observer = (who.back() + 1) % grid_.options().nodes;
  std::uint32_t rebalance = 0;
  bool moving = false, thrown_away = false;
  const auto observe = [&] {
    const auto* cache = grid_.clustered(observer);
    const auto installed = cache ? cache->installed() : nullptr;
    if (!installed) return false;
    const CacheTopology& t = installed->topology;
    thrown_away = thrown_away || (moving && t.rebalance_id != rebalance);
    rebalance = t.rebalance_id;
    moving = t.rebalancing() && t.phase != RebalancePhase::read_new_write_all;
    return false;
  };
  for (const std::size_t i : who) {
    grid_.start(i);
    grid_.simulation().run_until(observe, apart);
  }
  grid_.simulation().run_until(observe, 1s);
  if (thrown_away) findings_.push_back({"PROGRESS", ~std::uint32_t{0}, "a rebalance was thrown away for a join"});
}

void Disturbance::slow(const Fault& f) {
  grid_.host(f.victim).set_slowness(static_cast<std::uint32_t>(10 + f.amount % 200));
  run_for(f.length);
  grid_.host(f.victim).set_slowness(1);
}

void Disturbance::link(const Fault& f) {
  set_links(f.victim, std::chrono::milliseconds(f.amount % 50), static_cast<std::uint32_t>(f.amount % 50'000));
  run_for(f.length);
  set_links(f.victim, {}, 0);
}

void Disturbance::set_links(std::size_t node, Duration extra_delay, std::uint32_t loss_ppm) {
  Network& network = grid_.simulation().network();
  for (const std::size_t i : grid_.everybody()) {
    if (i == node) continue;
    for (Link* l : {&network.link(grid_.host(i), grid_.host(node)), &network.link(grid_.host(node), grid_.host(i))}) {
      l->extra_delay = extra_delay;
      l->loss_ppm = loss_ppm;
    }
  }
}

void Disturbance::clock(const Fault& f) {
  grid_.host(f.victim).sim_clock().set_drift(static_cast<std::int32_t>(f.amount % 1000) - 500);
  grid_.host(f.victim).sim_clock().jump_wall(static_cast<TimeMs>(f.amount % 20'000'000) - 10'000'000);
  run_for(f.length);
}

void Disturbance::cut(const Fault& f) {
  Network& network = grid_.simulation().network();
  network.cut(grid_.host(f.victim), grid_.host(f.other));
  if (f.amount % 2 == 0) network.cut(grid_.host(f.other), grid_.host(f.victim));
  run_for(f.length);
  network.heal_all();
}

/// Nobody is missed, and nobody may be missing to the node that stops. Everybody may have to wait, for several of them one after another.
void Disturbance::stall(const Fault& f) {
  for (const std::size_t i : grid_.everybody()) log_.back().nodes.insert(i);
  Network& network = grid_.simulation().network();
  SimHost& victim = grid_.host(f.victim);
  for (const std::size_t i : grid_.everybody()) {
    if (i != f.victim) network.link(grid_.host(i), victim).loss_ppm = kStallLossPpm;
  }
  run_for(kArrives);
  victim.pause();
  run_for(f.length);
  victim.resume();
  run_for(kArrives);
  set_links(f.victim, {}, 0);
}

void Disturbance::deaf(const Fault& f) {
  if (f.length > kDeafMax) blamed_ = {f.victim};
  for (const std::size_t i : grid_.everybody()) {
    if (i != f.victim) grid_.simulation().network().cut(grid_.host(i), grid_.host(f.victim));
  }
  run_for(f.length);
  grid_.simulation().network().heal_all();
  run_for(kArrives);
}

/// A node dies while another one, which had left, is given its share.
void Disturbance::crash_in_move(const Fault& f) {
  leave({f.victim});
  log_.back().nodes.insert(f.other);
  start({f.victim}, {});
  grid_.simulation().run_until([&] {
    const auto* cache = grid_.clustered(f.other);
    const auto installed = cache ? cache->installed() : nullptr;
    return installed && installed->topology.rebalancing();
  }, 5s);
  run_for(f.length);
  kill(f.other, false, 300ms);
}

void Disturbance::coordinator(const Fault& f) {
  std::size_t who = f.victim;
  for (const std::size_t i : grid_.everybody()) {
    const auto view = grid_.serving(i) ? grid_.engine(i)->view() : nullptr;
    if (view && !view->members.empty() && view->coordinator() == grid_.engine(i)->self()) who = i;
  }
  log_.back().nodes = {who};
  kill(who, f.amount % 2 == 0, f.length);
}

std::set<std::uint32_t> Disturbance::ownerless(const std::set<std::size_t>& nodes) const {
  std::set<std::uint32_t> segments;
  const auto installed = grid_.clustered(*nodes.begin())->installed();
  for (std::uint32_t s = 0; installed && s < grid_.options().segments; ++s) {
    const bool owned = std::any_of(nodes.begin(), nodes.end(), [&](std::size_t i) { return installed->owned_by(grid_.engine(i)->self(), s); });
    if (!owned) segments.insert(s);
  }
  return segments;
}

/// Both sides go on; before the wires are healed the clients pause, so that what is there afterwards is what the merge made.
void Disturbance::split(const Fault& f) {
  Split s;
  s.sides.resize(2);
  std::vector<std::vector<SimHost*>> groups(2);
  for (const std::size_t i : grid_.everybody()) {
    const std::size_t side = i == f.victim ? 0 : i == f.other ? 1 : f.amount >> i & 1;
    s.sides[side].nodes.insert(i);
    groups[side].push_back(&grid_.host(i));
    blamed_.insert(i);
  }
  log_.back().nodes = blamed_;
  work_.splits();
  for (Split::Side& side : s.sides) side.lost = ownerless(side.nodes);
  s.cut = grid_.simulation().now();
  grid_.simulation().network().partition(groups);
  for (const Split::Side& side : s.sides) settle({side.nodes.begin(), side.nodes.end()}, "a split, on one side of it");
  run_for(f.length / 4);
  work_.work(false);
  work_.drain(20s);
  s.healed = grid_.simulation().now();
  grid_.simulation().network().heal_all();
  settle(grid_.everybody(), "a split was healed");
  run_for(kMerged);
  log_.back().to = grid_.simulation().now();
  split_ = std::move(s);
}

}  // namespace holdfast::sim
