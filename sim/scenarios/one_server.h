// The first scenario: the real server in one host, clients on others, over a network and a disk that fail. What the clients
// saw is checked: single keys are linearizable while the server lives (LIN), caches made at run time survive its crashes
// (DUR), the server always starts again, nothing hangs.
//
// A local cache in memory is empty after a crash, so each life of the server has keys of its own.
//
// Owner: the caller.  Threads: one.  Waits: never in real time.  Fails with: violations in the report.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/trace.h"

namespace holdfast::sim {

struct RoundOptions {
  std::uint64_t seed = 1;
  Duration length = std::chrono::seconds(30);   // of faults and load; healing and checking come after
  std::uint32_t clients = 3;
  std::uint32_t workers = 4;     // of each client
  std::uint32_t keys = 20;       // of each life of the server
  Duration think_max = std::chrono::milliseconds(20);  // of a worker between two operations
  bool faults = true;
  /// A planted mistake of the harness: keys are used on after a crash. The checkers must find it.
  bool forget_lives = false;
  Trace::Sink trace;
};

struct RoundReport {
  std::uint64_t seed = 0;
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  Duration simulated{};
  std::size_t ok = 0;
  std::size_t failed = 0;
  std::size_t unknown = 0;
  std::size_t checked = 0;                   // observations that a checker judged
  std::size_t definitions_checked = 0;
  std::map<std::string, std::size_t> faults; // those that bit
  std::vector<std::string> violations;
};

RoundReport run_one_server(const RoundOptions& options);

}  // namespace holdfast::sim
