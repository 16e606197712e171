// Many stories, each of a seed: what clients of a cluster saw through faults is what design/consistency.md promises.
#include "sim/cluster/story.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Story, HoldsThroughWhateverHappens) {
  const std::uint64_t first = number_from("HOLDFAST_SEED", 1), seeds = number_from("HOLDFAST_SEEDS", 30);
  std::size_t acknowledged = 0, unknown = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const StoryReport report = tell(plan_of(seed));
    for (const Finding& f : report.findings) ADD_FAILURE() << "seed " << seed << ": " << f.checker << " " << f.text;
    acknowledged += report.acknowledged;
    unknown += report.unknown;
    EXPECT_EQ(report.given_up, 0U) << seed;
  }
  EXPECT_GT(acknowledged, 100U * seeds);
  EXPECT_LT(unknown * 20, acknowledged);
}

TEST(Story, AnAsynchronousCacheInventsNothingAndItsOwnersConverge) {
  const std::uint64_t first = number_from("HOLDFAST_SEED", 1), seeds = number_from("HOLDFAST_SEEDS", 30) / 2;
  std::size_t acknowledged = 0, compared = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    Plan plan = plan_of(seed);
    plan.grid.asynchronous = true;
    const StoryReport report = tell(plan);
    for (const Finding& f : report.findings) ADD_FAILURE() << "seed " << seed << ": " << f.checker << " " << f.text;
    acknowledged += report.acknowledged;
    compared += report.looked_at.at("CONV");
  }
  EXPECT_GT(acknowledged, 100U * seeds);
  EXPECT_GT(compared, 10U * seeds);
}

TEST(Story, TheSameSeedTellsTheSameStory) {
  EXPECT_EQ(tell(plan_of(3)).trace_hash, tell(plan_of(3)).trace_hash);
  EXPECT_NE(tell(plan_of(3)).trace_hash, tell(plan_of(4)).trace_hash);
}

}  // namespace
}  // namespace holdfast::sim
