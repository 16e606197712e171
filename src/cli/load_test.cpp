#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "cli/load.h"
#include "cli/zipf.h"

namespace holdfast::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST(Latencies, SharesAreFoundToOneSixtyFourth) {
  Latencies latencies;
  EXPECT_EQ(latencies.per_mille(500), Duration(0));
  for (int us = 1; us <= 1000; ++us) latencies.add(microseconds(us));
  for (const std::uint32_t share : {1U, 10U, 500U, 990U, 999U, 1000U}) {
    const Duration exact = microseconds(share);
    EXPECT_GE(latencies.per_mille(share), exact) << share;
    EXPECT_LE(latencies.per_mille(share), exact + exact / 64) << share;
  }
  EXPECT_EQ(latencies.longest(), microseconds(1000));
  EXPECT_EQ(latencies.per_mille(1000), microseconds(1000)) << "never beyond the longest";
}

TEST(Latencies, TinyAndHugeOnesCountAndSumsAreTheSame) {
  Latencies a, b;
  a.add(nanoseconds(0));
  a.add(nanoseconds(63));
  b.add(nanoseconds(64));
  b.add(Duration::max());
  a.add(b);
  EXPECT_EQ(a.count(), 4U);
  EXPECT_EQ(a.per_mille(500), nanoseconds(63));
  EXPECT_EQ(a.per_mille(750), nanoseconds(64));
  EXPECT_EQ(a.longest(), Duration::max());
}

TEST(Zipf, DrawsRanksInProportion) {
  for (const double exponent : {0.0, 0.5, 0.99, 1.0, 1.3}) {
    constexpr std::uint64_t kCount = 100;
    constexpr int kDraws = 200'000;
    const Zipf zipf(kCount, exponent);
    std::uint64_t random = 42;
    std::vector<int> drawn(kCount);
    for (int i = 0; i < kDraws; ++i) {
      const std::uint64_t rank = zipf.draw([&random] { return random = random * 6364136223846793005ULL + 1442695040888963407ULL, random ^ random >> 29; });
      ASSERT_LT(rank, kCount);
      ++drawn[rank];
    }
    double sum = 0;
    for (std::uint64_t i = 0; i < kCount; ++i) sum += std::pow(static_cast<double>(i + 1), -exponent);
    for (const std::uint64_t rank : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9}, kCount - 1}) {
      const double expected = kDraws * std::pow(static_cast<double>(rank + 1), -exponent) / sum;
      EXPECT_NEAR(drawn[rank], expected, 5 * std::sqrt(expected) + 1) << "exponent " << exponent << ", rank " << rank;
    }
  }
  const Zipf one(1, 0.99);
  EXPECT_EQ(one.draw([] { return std::uint64_t{12345}; }), 0U);
}

TEST(Load, ReportsOnOneLine) {
  LoadReport report;
  for (int i = 0; i < 10; ++i) report.latencies.add(microseconds(100));
  report.took = std::chrono::seconds(2);
  report.verified = 7;
  EXPECT_EQ(to_line(report), "operations 10 seconds 2.000 per_second 5 p50_us 100.0 p99_us 100.0 p999_us 100.0 max_us 100.0 errors 0 verified 7 wrong 0 missing 0");
}

}  // namespace
}  // namespace holdfast::cli
