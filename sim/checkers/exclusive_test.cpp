#include "sim/checkers/exclusive.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

Duty duty(std::string node, std::uint32_t epoch, bool primary, bool leased = true) { return {std::move(node), epoch, epoch * 100, primary, true, leased}; }

std::size_t violations(std::uint32_t epoch, const std::set<std::string>& owners, const std::vector<Duty>& nodes) {
  ExclusiveCheck check;
  check.acknowledged(3, epoch, owners, nodes);
  EXPECT_EQ(check.report().checked, 1U);
  return check.report().violations.size();
}

TEST(Exclusive, OnePrimaryInAnEpoch) {
  EXPECT_EQ(violations(5, {"a", "b"}, {duty("a", 5, true), duty("b", 5, false)}), 0U);
  EXPECT_EQ(violations(5, {"a", "b"}, {duty("a", 5, true), duty("b", 5, true)}), 1U);
  EXPECT_EQ(violations(5, {"a", "b"}, {duty("a", 5, true), duty("b", 4, true)}), 0U) << "b has not heard of it yet, and owns it still";
}

TEST(Exclusive, NobodyAnswersFromAnOldViewAfterAWriteThatItWasNotToldOf) {
  EXPECT_EQ(violations(5, {"a", "b"}, {duty("a", 5, true), duty("c", 4, true)}), 1U);
  EXPECT_EQ(violations(5, {"a", "b"}, {duty("a", 5, true), duty("c", 4, true, false)}), 0U) << "its lease is over";
}

TEST(Exclusive, OneEpochHasOneTable) {
  ExclusiveCheck check;
  check.acknowledged(3, 5, {"a"}, {duty("a", 5, true)});
  Duty other = duty("b", 5, false);
  other.table = 1;
  check.acknowledged(3, 5, {"a"}, {other});
  EXPECT_EQ(check.report().violations.size(), 1U);
  check.forget();
  check.acknowledged(3, 5, {"a"}, {other});
  EXPECT_EQ(check.report().violations.size(), 1U);
}

}  // namespace
}  // namespace holdfast::sim
