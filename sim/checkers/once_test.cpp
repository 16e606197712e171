#include "sim/checkers/once.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

using Kind = Operation::Kind;

Operation increment(std::uint64_t result, Outcome outcome = Outcome::ok) {
  Operation o;
  o.kind = Kind::increment;
  o.outcome = outcome;
  o.done = true;
  o.key = 1;
  o.value = result;
  return o;
}
Operation put(std::uint64_t value, std::uint64_t previous) {
  Operation o;
  o.kind = Kind::put;
  o.outcome = Outcome::ok;
  o.done = o.told_previous = true;
  o.key = 2;
  o.value = value;
  o.previous = previous;
  return o;
}
Operation replace(std::uint64_t expected, std::uint64_t value) {
  Operation o = put(value, 0);
  o.kind = Kind::replace;
  o.told_previous = false;
  o.expected = expected;
  return o;
}
std::size_t violations(const std::vector<Operation>& history, const std::map<std::uint32_t, std::uint64_t>& last) { return check_once(history, last).violations.size(); }

TEST(Once, CountersEndBetweenWhatWasAcknowledgedAndWhatMayHaveHappened) {
  const std::vector<Operation> history = {increment(1), increment(2), increment(0, Outcome::unknown)};
  EXPECT_EQ(violations(history, {{1, 2}}), 0U);
  EXPECT_EQ(violations(history, {{1, 3}}), 0U);
  EXPECT_EQ(violations(history, {{1, 1}}), 1U) << "one was lost";
  EXPECT_EQ(violations(history, {{1, 4}}), 1U) << "one was carried out twice";
  EXPECT_EQ(check_once(history, {{1, 2}}).checked, 2U);
}

TEST(Once, NoResultIsGivenTwice) { EXPECT_EQ(violations({increment(1), increment(1)}, {{1, 2}}), 1U); }

TEST(Once, PreviousValuesFormOneChain) {
  EXPECT_EQ(violations({put(1, 0), put(2, 1), replace(2, 3), put(4, 3)}, {}), 0U);
  EXPECT_EQ(violations({put(1, 0), put(2, 1), put(3, 1)}, {}), 1U);
  EXPECT_EQ(violations({put(1, 0), put(2, 1), replace(1, 3)}, {}), 1U);
  Operation lost = put(3, 1);
  lost.outcome = Outcome::unknown;
  EXPECT_EQ(violations({put(1, 0), put(2, 1), lost}, {}), 0U);
}

}  // namespace
}  // namespace holdfast::sim
