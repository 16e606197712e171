#include "sim/scenarios/one_server.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

TEST(OneServer, KeepsItsPromisesUnderFaults) {
  std::map<std::string, std::size_t> faults;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const RoundReport report = run_one_server({.seed = seed, .trace = nullptr});
    EXPECT_TRUE(report.violations.empty()) << "seed " << seed << ": " << report.violations[0];
    EXPECT_GT(report.ok, 2'000U) << "seed " << seed;
    EXPECT_LE(report.unknown * 20, report.ok + report.failed + report.unknown) << "seed " << seed;
    EXPECT_GT(report.checked, 2'000U);
    EXPECT_GT(report.definitions_checked, 0U);
    for (const auto& [name, count] : report.faults) faults[name] += count;
  }
  EXPECT_EQ(faults.size(), 13U) << "every kind of fault must have struck";
}

TEST(OneServer, WithoutFaultsNothingFails) {
  const RoundReport report = run_one_server({.seed = 1, .faults = false, .trace = nullptr});
  EXPECT_TRUE(report.violations.empty()) << report.violations[0];
  EXPECT_EQ(report.failed + report.unknown, 0U);
}

// tests/simulate compares the runs of two compilers.
TEST(OneServer, OneSeedIsOneRun) {
  const RoundOptions options{.seed = 1, .length = std::chrono::seconds(10), .trace = nullptr};
  const RoundReport first = run_one_server(options);
  EXPECT_EQ(first.trace_hash, run_one_server(options).trace_hash);
  EXPECT_NE(first.trace_hash, run_one_server({.seed = 2, .length = std::chrono::seconds(10), .trace = nullptr}).trace_hash);
}

TEST(OneServer, AHarnessThatForgetsThatACrashEmptiesTheCacheIsFound) {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) found += run_one_server({.seed = seed, .forget_lives = true, .trace = nullptr}).violations.size();
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace holdfast::sim
