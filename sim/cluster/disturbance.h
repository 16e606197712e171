// Disturbance: carries out a plan's faults on a Grid, one after another, and waits each time until the cluster is whole again.
//
// Owner: the story.  Threads: the simulation's one.  Waits: never in real time.
// Fails with: findings: SETTLE (the cluster does not become whole), SUSPECT (a node that nothing happened to was excluded),
// PROGRESS (a rebalance was thrown away for a join).
#pragma once

#include <map>

#include "sim/cluster/plan.h"

namespace holdfast::sim {

struct Finding {
  std::string checker;
  std::uint32_t key = ~std::uint32_t{0};  // none
  std::string text;
};

/// A stretch of time, and which nodes something happened to in it.
struct Disturbed {
  FaultKind kind;
  Duration from{}, to{};
  std::set<std::size_t> nodes;
};

/// When the cluster was in two halves.
struct Split {
  Duration cut{}, healed{};
  struct Side {
    std::set<std::size_t> nodes;
    std::set<std::uint32_t> lost;  // segments that nobody of it owned: empty here
  };
  std::vector<Side> sides;
};

class Disturbance {
 public:
  Disturbance(Grid& grid, Workload& work);

  void carry_out(const Fault& fault);
  bool settle(const std::vector<std::size_t>& who, const std::string& when);

  const std::vector<Finding>& findings() const { return findings_; }
  const std::map<std::string, std::size_t>& counts() const { return counts_; }
  const std::vector<Disturbed>& log() const { return log_; }
  const std::optional<Split>& split() const { return split_; }

 private:
  void kill(std::size_t victim, bool power, Duration down);
  void pause(std::size_t victim, Duration length);
  void leave(const std::vector<std::size_t>& who);
  void start(const std::vector<std::size_t>& who, Duration apart);
  void storm(const std::vector<std::size_t>& who, Duration apart);
  /// The links of a node.
  void set_links(std::size_t node, Duration extra_delay, std::uint32_t loss_ppm);
  void slow(const Fault& f);
  void link(const Fault& f);
  void clock(const Fault& f);
  void cut(const Fault& f);
  void crash_in_move(const Fault& f);
  void coordinator(const Fault& f);
  void split(const Fault& f);
  void stall(const Fault& f);
  void deaf(const Fault& f);
  std::set<std::uint32_t> ownerless(const std::set<std::size_t>& nodes) const;
  std::vector<std::size_t> from(std::size_t first, std::size_t count) const;
  void run_for(Duration time) { grid_.simulation().run_for(time); }

  Grid& grid_;
  Workload& work_;
  std::set<std::size_t> blamed_;  // who may be taken for dead now
  std::vector<Finding> findings_;
  std::map<std::string, std::size_t> counts_;
  std::vector<Disturbed> log_;
  std::optional<Split> split_;
};

}  // namespace holdfast::sim
