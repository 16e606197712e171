#include "sim/checkers/durable.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

using State = std::optional<std::string>;

bool holds(const std::vector<std::pair<State, Outcome>>& attempts, const State& found) {
  DurableCheck check;
  for (const auto& [state, outcome] : attempts) check.attempt("k", state, outcome);
  check.found("k", found);
  return check.violations().empty();
}

TEST(Durable, WhatWasAcknowledgedMustBeThere) {
  EXPECT_TRUE(holds({{"a", Outcome::ok}}, "a"));
  EXPECT_FALSE(holds({{"a", Outcome::ok}}, std::nullopt));
  EXPECT_FALSE(holds({{"a", Outcome::ok}, {"b", Outcome::ok}}, "a"));
  EXPECT_TRUE(holds({{"a", Outcome::ok}, {std::nullopt, Outcome::ok}}, std::nullopt)) << "a remove";
  EXPECT_FALSE(holds({{"a", Outcome::ok}, {std::nullopt, Outcome::ok}}, "a")) << "it came back";
}

TEST(Durable, WhatWasRefusedMustNot) {
  EXPECT_TRUE(holds({{"a", Outcome::fail}}, std::nullopt));
  EXPECT_FALSE(holds({{"a", Outcome::fail}}, "a"));
}

TEST(Durable, WhatIsUnknownMayBe) {
  EXPECT_TRUE(holds({{"a", Outcome::unknown}}, std::nullopt));
  EXPECT_TRUE(holds({{"a", Outcome::unknown}}, "a"));
  EXPECT_TRUE(holds({{"a", Outcome::ok}, {"b", Outcome::unknown}, {"c", Outcome::unknown}}, "b"));
  EXPECT_TRUE(holds({{"a", Outcome::unknown}, {"b", Outcome::ok}}, "a")) << "it may take effect late";
  EXPECT_FALSE(holds({{"a", Outcome::unknown}, {"b", Outcome::ok}}, std::nullopt));
}

TEST(Durable, NothingMayBeInvented) {
  EXPECT_FALSE(holds({{"a", Outcome::ok}}, "x"));
  DurableCheck check;
  check.found("nobody's", "x");
  EXPECT_EQ(check.violations().size(), 1U);
  EXPECT_EQ(check.checked(), 0U);
}

}  // namespace
}  // namespace holdfast::sim
