// Story: a cluster under load and faults, as a plan says, and what the checkers make of it.
//
// Owner: values.  Threads: the caller's, one story at a time.  Waits: never in real time.  Fails with: findings.
#pragma once

#include "sim/cluster/disturbance.h"

namespace holdfast::sim {

struct StoryReport {
  std::uint64_t seed = 0;
  std::vector<Finding> findings;
  std::map<std::string, std::size_t> faults;  // that were carried out
  std::size_t acknowledged = 0, unknown = 0;
  std::size_t checked = 0;                    // operations, each once
  std::size_t given_up = 0;                   // keys whose history was too hard for the general checker
  std::map<std::string, std::size_t> looked_at;  // by each checker
  std::vector<Operation> history;
  std::vector<Disturbed> disturbed;
  Duration simulated{};
  std::uint64_t events = 0;
  std::uint64_t trace_hash = 0;
};

StoryReport tell(const Plan& plan, const Trace::Sink& trace = nullptr);

}  // namespace holdfast::sim
