#include "sim/checkers/converged.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

Holding node(std::string name, std::set<std::uint32_t> owned, std::map<std::uint32_t, std::map<std::string, Holding::Held>> segments) {
  Holding h;
  h.node = std::move(name);
  h.owned = std::move(owned);
  h.segments = std::move(segments);
  return h;
}
std::size_t violations(const std::vector<Holding>& nodes) { return check_converged(nodes).violations.size(); }

TEST(Converged, OwnersHoldTheSameAndOthersNothing) {
  const Holding a = node("a", {1, 2}, {{1, {{"k", {"v", 7}}}}});
  EXPECT_EQ(violations({a, node("b", {1}, {{1, {{"k", {"v", 7}}}}}), node("c", {2}, {})}), 0U);
  EXPECT_EQ(violations({a, node("b", {1}, {{1, {{"k", {"w", 7}}}}})}), 1U) << "another value";
  EXPECT_EQ(violations({a, node("b", {1}, {{1, {{"k", {"v", 6}}}}})}), 1U) << "another version";
  EXPECT_EQ(violations({a, node("b", {1}, {})}), 1U) << "missing";
  EXPECT_EQ(violations({node("b", {1}, {}), a}), 1U) << "too much";
  EXPECT_EQ(violations({a, node("b", {2}, {{1, {{"k", {"v", 7}}}}})}), 1U) << "left behind";
  EXPECT_EQ(check_converged({a}).checked, 1U);
}

TEST(Converged, NothingIsUnderWay) {
  Holding a = node("a", {1}, {});
  a.under_way = 2;
  EXPECT_EQ(violations({a}), 1U);
}

TEST(Invented, WhatWasSeenWasWritten) {
  EXPECT_TRUE(check_invented({{"k", "v"}}, {{"k", "v"}, {"k", "w"}}).violations.empty());
  EXPECT_EQ(check_invented({{"k", "x"}}, {{"k", "v"}}).violations.size(), 1U);
  EXPECT_EQ(check_invented({{"l", "v"}}, {{"k", "v"}}).violations.size(), 1U) << "another key's";
  EXPECT_EQ(check_invented({{"k", "v"}}, {}).checked, 1U);
}

}  // namespace
}  // namespace holdfast::sim
