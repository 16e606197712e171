#include "sim/checkers/iterated.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

std::size_t violations(std::map<std::string, std::uint32_t> shown) {
  Iteration i;
  i.shown = std::move(shown);
  const CheckReport report = check_iterations({i}, {"a", "b"});
  EXPECT_EQ(report.checked, 2U);
  return report.violations.size();
}

TEST(Iterated, WhatIsThereIsShownOnce) {
  EXPECT_EQ(violations({{"a", 1}, {"b", 1}}), 0U);
  EXPECT_EQ(violations({{"a", 1}, {"b", 1}, {"comes and goes", 1}}), 0U);
  EXPECT_EQ(violations({{"a", 1}}), 1U) << "missed";
  EXPECT_EQ(violations({{"a", 2}, {"b", 1}}), 1U) << "repeated";
  EXPECT_EQ(violations({{"a", 1}, {"b", 1}, {"comes and goes", 2}}), 1U);
}

TEST(Iterated, WithoutIterationsNothingIsChecked) { EXPECT_EQ(check_iterations({}, {"a"}).checked, 0U); }

}  // namespace
}  // namespace holdfast::sim
