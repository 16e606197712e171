#include "sim/cluster/story.h"

#include "sim/cluster/judge.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDrain = 20s;      // longer than the remote timeout: what has no end by then will have none
constexpr Duration kPatience = 1s;    // for a write when nothing is wrong any more
constexpr std::size_t kAcknowledgedMin = 50;  // fewer prove nothing

void finish(Grid& grid, Workload& work, StoryReport& report) {
  grid.simulation().run_for(1s);
  work.work(false);
  if (!work.drain(kDrain)) report.findings.push_back({"LIVE", ~std::uint32_t{0}, "operations have no end"});
  work.work(true);
  grid.simulation().run_for(500ms);
  work.work(false);
  work.drain(kDrain);
}

}  // namespace

StoryReport tell(const Plan& plan, const Trace::Sink& trace) {
  StoryReport report;
  report.seed = plan.seed;
  Workload work(plan.work, plan.seed);
  std::optional<Disturbance> disturbance;  // outlives the Grid, which calls it
  Grid grid(plan.grid, plan.seed);
  if (trace) grid.simulation().trace().set_sink(trace);
  work.attach(grid);
  disturbance.emplace(grid, work);
  grid.start_all();
  if (disturbance->settle(grid.everybody(), "the start")) {
    work.prepare();
    work.work(true);
    for (const Fault& fault : plan.faults) disturbance->carry_out(fault);
    const bool whole = disturbance->findings().empty();
    if (!disturbance->split()) finish(grid, work, report);
    if (whole) {
      // In a split story these come first, so that they show what the merge made.
      work.read_back();
      for (const std::string& text : work.try_everything(kPatience)) report.findings.push_back({"LIVE", ~std::uint32_t{0}, text});
      grid.simulation().run_for(1s);
      judge_quiet(grid, report);
    }
    work.end();
  }
  report.findings.insert(report.findings.end(), disturbance->findings().begin(), disturbance->findings().end());
  if (plan.grid.asynchronous) judge_asynchronous(work, *disturbance, report);
  else (disturbance->split() ? judge_split : judge_whole)(plan, work, *disturbance, report);
  report.acknowledged = work.count(Outcome::ok);
  report.unknown = work.count(Outcome::unknown);
  if (report.acknowledged < kAcknowledgedMin && plan.work.only_keys.empty()) report.findings.push_back({"VACUOUS", ~std::uint32_t{0}, "only " + std::to_string(report.acknowledged) + " operations were acknowledged"});
  report.faults = disturbance->counts();
  report.disturbed = disturbance->log();
  report.history = work.history();
  report.simulated = grid.simulation().now();
  report.events = grid.simulation().events();
  report.trace_hash = grid.simulation().trace().hash();
  return report;
}

}  // namespace holdfast::sim
