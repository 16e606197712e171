#include <cstdio>

#include "sim/cluster/shrink.h"
#include "sim/program/arguments.h"
#include "sim/program/totals.h"

namespace holdfast::sim {
namespace {

constexpr std::size_t kFindingsShown = 5;  // of each round
constexpr std::size_t kShrunk = 1;         // rounds whose story is shrunk

void add(Totals& totals, const StoryReport& report) {
  ++totals.rounds;
  totals.events += report.events;
  totals.ok += report.acknowledged;
  totals.unknown += report.unknown;
  totals.failed += report.history.size() - report.acknowledged - report.unknown;
  totals.checked += report.checked;
  totals.violations += report.findings.size();
  totals.simulated_hours += static_cast<double>(report.simulated.count()) / 3.6e12;
  for (const auto& [name, count] : report.faults) totals.faults[name] += count;
  for (const auto& [name, count] : report.looked_at) totals.looked_at[name] += count;
}

/// The cluster's shape and what happens to it.
void print_plan(const Plan& plan) {
  if (!plan.cache.empty()) std::printf("cache '%s': ", plan.cache.c_str());
  std::printf("%zu nodes, %s cache, %d owners%s%s\n", plan.grid.nodes, plan.grid.mode == CacheMode::replicated ? "replicated" : "distributed", plan.grid.owners,
              plan.work.clears ? ", clears" : "", plan.work.listeners ? ", listeners" : "");
  for (const Fault& f : plan.faults) std::printf("  %s\n", to_string(f).c_str());
}

void print_findings(const StoryReport& report) {
  const auto seed = static_cast<unsigned long long>(report.seed);
  std::size_t shown = 0;
  for (const Finding& f : report.findings) {
    if (++shown > kFindingsShown) break;
    std::printf("seed %llu: %s %s\n", seed, f.checker.c_str(), f.text.c_str());
  }
  if (report.findings.size() > kFindingsShown) std::printf("seed %llu: and %zu more\n", seed, report.findings.size() - kFindingsShown);
}

void print_shrunk(const Shrunk& shrunk) {
  std::printf("what of it is necessary (%zu stories told):\n", shrunk.tries);
  print_plan(shrunk.plan);
  for (const std::string& line : lines_of(shrunk)) std::printf("  %s\n", line.c_str());
  std::printf("--replay %llu shows the whole of it again\n", static_cast<unsigned long long>(shrunk.plan.seed));
}

}  // namespace

std::size_t run_cluster_rounds(const Arguments& arguments) {
  Totals totals;
  std::size_t shrunk = 0;
  const double begin = core_seconds();
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    const Plan plan = plan_of(arguments.first + i, arguments.plan);
    if (arguments.replay) print_plan(plan);
    const StoryReport report = tell(plan, arguments.trace ? Trace::Sink(print_step) : nullptr);
    if (arguments.replay) {
      std::printf("seed %llu, trace hash %016llx\n", static_cast<unsigned long long>(report.seed), static_cast<unsigned long long>(report.trace_hash));
      for (const Disturbed& d : report.disturbed) {
        std::printf("  %lld to %lld us: %s\n", static_cast<long long>(d.from / std::chrono::microseconds(1)), static_cast<long long>(d.to / std::chrono::microseconds(1)), std::string(name_of(d.kind)).c_str());
      }
    }
    print_findings(report);
    if (!report.findings.empty() && shrunk < kShrunk) {
      ++shrunk;
      print_shrunk(shrink(plan, report));
    }
    add(totals, report);
  }
  print(totals, core_seconds() - begin);
  return totals.violations;
}

}  // namespace holdfast::sim
