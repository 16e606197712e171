// The command line of holdfast-simulate.
//
// Owner: the program.  Threads: one.  Waits: never.  Fails with: a sentence that says which word is wrong and what would be right.
#pragma once

#include "base/result.h"
#include "sim/cluster/plan.h"

namespace holdfast::sim {

struct Arguments {
  bool help = false;         // print usage() and nothing else
  bool server = false;       // the scenario: a cluster, or one server and its clients
  std::uint64_t seeds = 20;
  std::uint64_t first = 1;
  bool replay = false;       // one seed, told in full
  bool trace = false;        // every step of it
  PlanOptions plan;          // of clusters
  long seconds = 30;         // of a round with one server
  long think_ms = 20;
};

Result<Arguments> parse_arguments(const std::vector<std::string>& words);
std::string usage();

/// How many rounds found something.
std::size_t run_cluster_rounds(const Arguments& arguments);
std::size_t run_server_rounds(const Arguments& arguments);

}  // namespace holdfast::sim
