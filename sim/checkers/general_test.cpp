#include "sim/checkers/general.h"

#include <gtest/gtest.h>

#include "sim/prng.h"

namespace holdfast::sim {
namespace {

using std::chrono::microseconds;
using Kind = Operation::Kind;

Operation op(Kind kind, std::uint64_t value, int from, int to, bool done = true) {
  Operation o;
  o.kind = kind;
  o.outcome = Outcome::ok;
  o.done = done;
  o.key = 1;
  o.value = value;
  o.invoked = microseconds(from);
  o.returned = microseconds(to);
  return o;
}
Operation read(std::uint64_t value, int from, int to) { return op(Kind::read, value, from, to); }
Operation put(std::uint64_t value, int from, int to) { return op(Kind::put, value, from, to); }
Operation expecting(Operation o, std::uint64_t expected) {
  o.expected = expected;
  return o;
}
Operation told(Operation o, std::uint64_t previous) {
  o.told_previous = true;
  o.previous = previous;
  return o;
}
Operation unanswered(Operation o) {
  o.outcome = Outcome::unknown;
  o.returned = Duration::max();
  return o;
}
bool holds(const std::vector<Operation>& history) {
  const GeneralReport report = check_general(history);
  EXPECT_EQ(report.given_up, 0U);
  return report.violations.empty();
}

TEST(General, KnowsRegisters) {
  EXPECT_TRUE(holds({}));
  EXPECT_TRUE(holds({put(7, 0, 10), put(8, 0, 10), read(8, 11, 12), read(8, 13, 14)}));
  EXPECT_FALSE(holds({put(7, 0, 1), put(8, 2, 3), read(7, 4, 5)}));
  EXPECT_FALSE(holds({put(7, 0, 1), put(8, 2, 20), read(8, 3, 4), read(7, 5, 6)}));
}

TEST(General, KnowsConditions) {
  EXPECT_TRUE(holds({op(Kind::put_if_absent, 1, 0, 5), op(Kind::put_if_absent, 2, 0, 5, false)}));
  EXPECT_FALSE(holds({op(Kind::put_if_absent, 1, 0, 5), op(Kind::put_if_absent, 2, 0, 5)})) << "both cannot have been first";
  EXPECT_TRUE(holds({put(1, 0, 1), expecting(op(Kind::replace, 2, 2, 3), 1), expecting(op(Kind::replace, 3, 4, 5, false), 1), read(2, 6, 7)}));
  EXPECT_FALSE(holds({put(1, 0, 1), expecting(op(Kind::replace, 2, 2, 3), 1), expecting(op(Kind::replace, 3, 4, 5), 1)})) << "one value replaced twice";
  EXPECT_FALSE(holds({put(1, 0, 1), expecting(op(Kind::replace, 2, 2, 3, false), 1)})) << "nobody else was there";
  EXPECT_TRUE(holds({put(1, 0, 1), expecting(op(Kind::remove_if, 0, 2, 3), 1), op(Kind::remove, 0, 4, 5, false), read(0, 6, 7)}));
  EXPECT_FALSE(holds({put(1, 0, 1), op(Kind::remove, 0, 2, 3), read(1, 4, 5)})) << "it came back";
}

TEST(General, KnowsPreviousValuesAndIncrements) {
  EXPECT_TRUE(holds({told(put(1, 0, 9), 2), told(put(2, 0, 9), 0)}));
  EXPECT_FALSE(holds({told(put(1, 0, 9), 2), told(put(2, 0, 9), 1)})) << "each before the other";
  EXPECT_TRUE(holds({op(Kind::increment, 2, 0, 9), op(Kind::increment, 1, 0, 9), read(2, 10, 11)}));
  EXPECT_FALSE(holds({op(Kind::increment, 1, 0, 9), op(Kind::increment, 1, 0, 9)})) << "one was lost";
  EXPECT_FALSE(holds({op(Kind::increment, 1, 0, 9), read(2, 10, 11)})) << "it was carried out twice";
}

TEST(General, WhatWasNotAnsweredMayHappenOnceOrNever) {
  const Operation lost = unanswered(op(Kind::increment, 0, 0, 0));
  EXPECT_TRUE(holds({lost, read(0, 5, 6), read(1, 7, 8)}));
  EXPECT_TRUE(holds({lost, read(0, 5, 6)}));
  EXPECT_FALSE(holds({lost, read(2, 5, 6)})) << "twice";
  EXPECT_FALSE(holds({unanswered(put(7, 0, 0)), read(7, 5, 6), read(0, 7, 8)})) << "and back again";
  EXPECT_FALSE(holds({read(7, 0, 1), unanswered(put(7, 5, 0))})) << "before it began";
  EXPECT_TRUE(holds({put(1, 0, 1), unanswered(op(Kind::remove, 0, 2, 0)), read(1, 3, 4), op(Kind::put_if_absent, 2, 5, 6)}));
}

TEST(General, AClearMayRemoveTwiceWhileItLastsAndNotLater) {
  EXPECT_TRUE(holds({put(1, 0, 1), op(Kind::clear, 0, 2, 20), read(0, 3, 4), put(2, 5, 6), read(0, 21, 22)}));
  EXPECT_FALSE(holds({put(1, 0, 1), op(Kind::clear, 0, 2, 20), read(0, 3, 4), put(2, 21, 22), read(0, 23, 24)}));
  EXPECT_FALSE(holds({put(1, 0, 1), op(Kind::clear, 0, 2, 20), read(1, 21, 22)})) << "it left something";
  EXPECT_FALSE(holds({put(1, 0, 1), op(Kind::clear, 0, 2, 20), put(2, 21, 30), put(3, 31, 32), read(0, 33, 34)}));
}

TEST(General, KeysAreApartAndGivingUpIsSaid) {
  Operation other = put(8, 2, 3);
  other.key = 2;
  EXPECT_TRUE(holds({put(7, 0, 1), other, read(7, 4, 5)}));
  std::vector<Operation> hard;
  for (std::uint64_t i = 1; i <= 12; ++i) hard.push_back(put(i, 0, 100));
  hard.push_back(read(99, 0, 100));
  EXPECT_EQ(check_general(hard, 100).given_up, 1U);
  EXPECT_FALSE(check_general(hard).violations.empty());
}

/// Clients of one key that really is what they think; each operation takes effect somewhere between its ends, some are not
/// answered, and with `defect` one conditional operation in a hundred is carried out without its condition.
std::vector<Operation> key_history(std::uint64_t seed, std::size_t operations, bool defect) {
  Prng prng(seed);
  std::vector<Operation> history;
  std::uint64_t now = 0;
  for (std::size_t i = 0; i < operations; ++i) {
    const int effect = 100 * static_cast<int>(i + 10);
    Operation o = op(static_cast<Kind>(prng.below(6)), i + 1, effect - static_cast<int>(prng.below(300)), effect + static_cast<int>(prng.below(300)));
    o.expected = prng.below(2) == 0 ? now : i;
    if (o.expected == 0) o.expected = i + 1;
    const bool matches = now == o.expected && now != 0;
    o.done = o.kind == Kind::put_if_absent ? now == 0 : o.kind == Kind::remove ? now != 0 : o.kind == Kind::replace || o.kind == Kind::remove_if ? matches : true;
    if (defect && o.kind == Kind::replace && !o.done && prng.below(100) == 0) o.done = true;
    if (o.kind == Kind::read) o.value = now;
    else if (o.done) now = o.kind == Kind::remove || o.kind == Kind::remove_if ? 0 : o.value;
    history.push_back(o.kind != Kind::read && prng.below(40) == 0 ? unanswered(o) : o);
  }
  return history;
}

TEST(General, AcceptsLongHistoriesAndFindsOneConditionInAHundredThatWasIgnored) {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto good = check_general(key_history(seed, 500, false));
    EXPECT_TRUE(good.violations.empty()) << seed << ": " << good.violations[0].text;
    EXPECT_EQ(good.given_up, 0U);
    EXPECT_GT(good.checked, 450U);
    found += check_general(key_history(seed, 500, true)).violations.empty() ? 0 : 1;
  }
  EXPECT_GE(found, 5U);
}

}  // namespace
}  // namespace holdfast::sim
