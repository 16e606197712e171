// Load: a closed loop of operations on a grid, and what came of them. Each of the clients has connections of its own and
// keeps `depth` operations under way.
//
// Keys are 16 bytes, "key:" and a number; a key's value depends on the key alone, so any value that is read can be verified.
//
// Owner: the caller.  Threads: run_load() is called by a thread that may wait; the load runs on the runtime's loops.
// Waits: run_load(), for about the given time.
// Fails with: what the first client fails with when it cannot reach a server, or the cache is not there.
#pragma once

#include "cli/latencies.h"
#include "client/client_core.h"

namespace holdfast::cli {

enum class Work : std::uint8_t { get, put, mix };  // mix: 9 gets to a put

struct LoadOptions {
  client::ClientOptions client{};    // of each
  std::string cache{};
  Work work = Work::get;
  std::size_t connections = 1;       // clients
  std::size_t depth = 1;             // operations that each keeps under way
  std::uint64_t keys = 10'000;
  std::size_t value_bytes = 100;
  Duration length = std::chrono::seconds(5);
  double zipf = 0;                   // exponent of how unevenly keys are drawn; 0 = evenly
  bool fill = true;                  // every key is put first, outside of the measurement
  bool verify = false;
};

struct LoadReport {
  Latencies latencies;               // of operations that succeeded
  Duration took{};
  std::uint64_t errors = 0;
  std::string first_error{};
  std::uint64_t verified = 0;        // values read that were as they must be
  std::uint64_t wrong = 0;
  std::uint64_t missing = 0;         // keys that were filled in and not found
};

Result<LoadReport> run_load(runtime::Runtime& runtime, const LoadOptions& options);

/// "operations 10 seconds 1.00 per_second 10 p50_us 1.0 ... errors 0 verified 10 wrong 0 missing 0", on one line.
std::string to_line(const LoadReport& report);

}  // namespace holdfast::cli
