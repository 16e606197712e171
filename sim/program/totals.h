// Sums over the rounds of a simulation, and how they are printed.
//
// Owner: the program.  Threads: one.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/trace.h"

namespace holdfast::sim {

struct Totals {
  std::uint64_t rounds = 0, events = 0, ok = 0, failed = 0, unknown = 0, checked = 0, violations = 0;
  double simulated_hours = 0;
  std::map<std::string, std::size_t> faults;
  std::map<std::string, std::size_t> looked_at;  // by each checker
};

void print(const Totals& totals, double core_seconds);
/// One step of a run, for people.
void print_step(Duration at, Step step, std::uint64_t a, std::uint64_t b, std::string_view text);
/// Processor time of this process.
double core_seconds();

}  // namespace holdfast::sim
