#include "sim/cluster/shrink.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

/// Sound code gives nothing to shrink but a story in which nearly nobody works.
TEST(Shrink, KeepsWhatTheFindingNeedsAndSaysIt) {
  PlanOptions options;
  options.kinds = {FaultKind::reset};
  Plan plan = plan_of(5, options);
  plan.work.clears = false;
  StoryReport found = tell(plan);
  ASSERT_TRUE(found.findings.empty());
  // VACUOUS is found in every story without work, whatever the faults: all of them go.
  plan.work.clients_per_node = 0;
  plan.work.stable = 0;
  plan.work.registers = plan.work.generals = 1;
  found = tell(plan);
  ASSERT_FALSE(found.findings.empty());
  ASSERT_EQ(found.findings.front().checker, "VACUOUS");
  const Shrunk shrunk = shrink(plan, found, 20);
  EXPECT_TRUE(shrunk.plan.faults.empty());
  EXPECT_LE(shrunk.tries, 20U);
  const auto lines = lines_of(shrunk);
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines.back().find("VACUOUS"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::sim
