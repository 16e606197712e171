#include "sim/program/totals.h"

#include <cstdio>
#include <ctime>

namespace holdfast::sim {
namespace {

void print_counts(const char* title, const std::map<std::string, std::size_t>& counts) {
  if (counts.empty()) return;
  std::printf("%s:", title);
  for (const auto& [name, count] : counts) std::printf(" %s %zu;", name.c_str(), count);
  std::printf("\n");
}

}  // namespace

void print(const Totals& t, double seconds) {
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("rounds %llu, simulated hours %.2f, events %llu\n", n(t.rounds), t.simulated_hours, n(t.events));
  std::printf("operations: %llu ok, %llu failed, %llu unknown; %llu checked\n", n(t.ok), n(t.failed), n(t.unknown), n(t.checked));
  print_counts("faults that bit", t.faults);
  print_counts("looked at", t.looked_at);
  std::printf("violations: %llu\n", n(t.violations));
  if (seconds <= 0) return;
  std::printf("per core-hour: %.0f simulated hours, %.1f million checked operations, %.2f million events a second\n", t.simulated_hours * 3600 / seconds,
              static_cast<double>(t.checked) * 3600 / seconds / 1e6, static_cast<double>(t.events) / seconds / 1e6);
}

void print_step(Duration at, Step step, std::uint64_t a, std::uint64_t b, std::string_view text) {
  if (step == Step::turn || step == Step::timer) return;
  std::printf("%12.6f %-10s %llu %llu", static_cast<double>(at.count()) / 1e9, std::string(step_name(step)).c_str(), static_cast<unsigned long long>(a),
              static_cast<unsigned long long>(b));
  if (step == Step::log || step == Step::disk) std::printf("  %.*s", static_cast<int>(text.size()), text.data());
  std::printf("\n");
}

double core_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace holdfast::sim
