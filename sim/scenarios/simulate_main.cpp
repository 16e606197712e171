// holdfast-simulate: rounds of a scenario, one seed after another, and what came of them.
//
//   holdfast-simulate [--seeds N] [--first SEED] [--seconds N] [--think MS]     exit 1 when a checker found something
//   holdfast-simulate --replay SEED [--trace]                      one round; --trace prints every step
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "sim/scenarios/one_server.h"

namespace {

using namespace holdfast;
using namespace holdfast::sim;

struct Arguments {
  std::uint64_t seeds = 20;
  std::uint64_t first = 1;
  long seconds = 30;
  long think_ms = 20;
  bool trace = false;
};

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--trace") {
      arguments.trace = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--seeds") {
      arguments.seeds = value;
    } else if (name == "--first") {
      arguments.first = value;
    } else if (name == "--seconds" && value > 0) {
      arguments.seconds = static_cast<long>(value);
    } else if (name == "--think" && value > 0) {
      arguments.think_ms = static_cast<long>(value);
    } else if (name == "--replay") {
      arguments.first = value;
      arguments.seeds = 1;
    } else {
      return false;
    }
  }
  return true;
}

void print_step(Duration at, Step step, std::uint64_t a, std::uint64_t b, std::string_view text) {
  if (step == Step::turn || step == Step::timer) return;
  std::printf("%12.6f %-10s %llu %llu", static_cast<double>(at.count()) / 1e9, std::string(step_name(step)).c_str(), static_cast<unsigned long long>(a),
              static_cast<unsigned long long>(b));
  if (step == Step::log || step == Step::disk) std::printf("  %.*s", static_cast<int>(text.size()), text.data());
  std::printf("\n");
}

struct Totals {
  std::uint64_t rounds = 0, events = 0, ok = 0, failed = 0, unknown = 0, checked = 0, violations = 0;
  double simulated_hours = 0;
  std::map<std::string, std::size_t> faults;
};

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

void print(const Totals& totals, double core_seconds) {
  std::printf("rounds %llu, simulated hours %.2f, events %llu\n", static_cast<unsigned long long>(totals.rounds), totals.simulated_hours, static_cast<unsigned long long>(totals.events));
  std::printf("operations: %llu ok, %llu failed, %llu unknown; %llu checked\n", static_cast<unsigned long long>(totals.ok), static_cast<unsigned long long>(totals.failed),
              static_cast<unsigned long long>(totals.unknown), static_cast<unsigned long long>(totals.checked));
  std::printf("faults that bit:");
  for (const auto& [name, count] : totals.faults) std::printf(" %s %zu;", name.c_str(), count);
  std::printf("\nviolations: %llu\n", static_cast<unsigned long long>(totals.violations));
  if (core_seconds > 0) {
    std::printf("per core-hour: %.0f simulated hours, %.1f million checked operations, %.2f million events a second\n", totals.simulated_hours * 3600 / core_seconds,
                static_cast<double>(totals.checked) * 3600 / core_seconds / 1e6, static_cast<double>(totals.events) / core_seconds / 1e6);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: holdfast-simulate [--seeds N] [--first SEED] [--seconds N] [--think MS] | --replay SEED [--trace]\n");
    return 2;
  }
  Totals totals;
  const std::clock_t start = std::clock();
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    RoundOptions options;
    options.seed = arguments.first + i;
    options.length = std::chrono::seconds(arguments.seconds);
    options.think_max = std::chrono::milliseconds(arguments.think_ms);
    if (arguments.trace) options.trace = print_step;
    const RoundReport report = run_one_server(options);
    if (arguments.seeds == 1) std::printf("seed %llu, trace hash %016llx\n", static_cast<unsigned long long>(report.seed), static_cast<unsigned long long>(report.trace_hash));
    for (const std::string& text : report.violations) std::printf("seed %llu: %s (--replay %llu shows it again)\n", static_cast<unsigned long long>(report.seed), text.c_str(), static_cast<unsigned long long>(report.seed));
    add(totals, report);
  }
  print(totals, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  return totals.violations == 0 ? 0 : 1;
}
