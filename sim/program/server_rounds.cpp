#include <cstdio>

#include "sim/program/arguments.h"
#include "sim/program/totals.h"
#include "sim/scenarios/one_server.h"

namespace holdfast::sim {
namespace {

void add(Totals& totals, const RoundReport& report) {
  ++totals.rounds;
  totals.events += report.events;
  totals.ok += report.ok;
  totals.failed += report.failed;
  totals.unknown += report.unknown;
  totals.checked += report.checked + report.definitions_checked;
  totals.violations += report.violations.size();
  totals.simulated_hours += static_cast<double>(report.simulated.count()) / 3.6e12;
  for (const auto& [name, count] : report.faults) totals.faults[name] += count;
}

}  // namespace

std::size_t run_server_rounds(const Arguments& arguments) {
  Totals totals;
  const double begin = core_seconds();
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    RoundOptions options;
    options.seed = arguments.first + i;
    options.length = std::chrono::seconds(arguments.seconds);
    options.think_max = std::chrono::milliseconds(arguments.think_ms);
    if (arguments.trace) options.trace = print_step;
    const RoundReport report = run_one_server(options);
    const auto seed = static_cast<unsigned long long>(report.seed);
    if (arguments.replay) std::printf("seed %llu, trace hash %016llx\n", seed, static_cast<unsigned long long>(report.trace_hash));
    for (const std::string& text : report.violations) std::printf("seed %llu: %s (--scenario server --replay %llu shows it again)\n", seed, text.c_str(), seed);
    add(totals, report);
  }
  print(totals, core_seconds() - begin);
  return totals.violations;
}

}  // namespace holdfast::sim
