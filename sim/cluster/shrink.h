// Shrink: what of a story is necessary for what a checker found: faults, kinds of work, keys and operations are taken out one after
// another, and the seed is told again each time.
//
// Owner: values.  Threads: the caller's.  Waits: never in real time.  Fails with: nothing; what cannot be shrunk comes back as it was.
#pragma once

#include "sim/cluster/story.h"

namespace holdfast::sim {

struct Shrunk {
  Plan plan;
  StoryReport report;       // of the plan that is left
  Finding finding;
  std::size_t tries = 0;
};

/// `found` must have a finding. `tries_max`: stories told.
Shrunk shrink(const Plan& plan, const StoryReport& found, std::size_t tries_max = 150);

/// The faults and operations that are left, in the order of time, and the finding.
std::vector<std::string> lines_of(const Shrunk& shrunk, std::size_t lines_max = 60);

}  // namespace holdfast::sim
