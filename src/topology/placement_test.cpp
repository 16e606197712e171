#include "topology/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

namespace holdfast::topology {
namespace {

std::vector<HashMember> nodes(std::size_t count, std::size_t from = 0) {
  std::vector<HashMember> members(count);
  for (std::size_t i = 0; i < count; ++i) members[i].address = {"n" + std::to_string(from + i), from + i + 1};
  return members;
}
ConsistentHash table(const HashShape& shape, const std::vector<HashMember>& members, const ConsistentHash* current = nullptr) {
  const auto registry = builtin_hash_factories();
  return (**registry.find(kDefaultHashFactory))->rebalance(shape, members, current);
}
/// The largest count above the mean rounded up, which no table can beat.
void expect_even(const std::vector<std::uint32_t>& counts, double mean) {
  for (const std::uint32_t c : counts) {
    EXPECT_LE(c, std::ceil(mean - 1e-9));
    EXPECT_GE(c, std::floor(mean + 1e-9));
  }
}
/// What each node lacks of its even share, at the least.
std::uint32_t least_moves(const ConsistentHash& before, const std::vector<HashMember>& members, const HashShape& shape) {
  const double mean = static_cast<double>(shape.segments) * std::min<std::size_t>(shape.owners, members.size()) / static_cast<double>(members.size());
  const auto low = static_cast<std::uint32_t>(std::floor(mean + 1e-9));
  auto extras = static_cast<std::int64_t>(std::lround(mean * static_cast<double>(members.size()))) - static_cast<std::int64_t>(low * members.size());
  std::vector<std::uint32_t> has;
  const auto counts = before.owned_counts();
  for (const HashMember& m : members) {
    const NodeIndex at = before.index_of(m.address);
    has.push_back(at == kNoNode ? 0 : counts[at]);
  }
  std::sort(has.rbegin(), has.rend());  // those that have most get the extra ones
  std::uint32_t moves = 0;
  for (const std::uint32_t h : has) {
    const std::uint32_t want = low + (extras-- > 0 ? 1 : 0);
    moves += want > h ? want - h : 0;
  }
  return moves;
}

class Sizes : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Clusters, Sizes, ::testing::Values(1, 2, 3, 4, 5, 7, 9, 16, 33));

TEST_P(Sizes, EveryNodeOwnsItsShareToWithinOneSegment) {
  const HashShape shape{256, 2};
  const auto members = nodes(GetParam());
  const ConsistentHash hash = table(shape, members);
  const double copies = static_cast<double>(std::min<std::size_t>(2, members.size()));
  expect_even(hash.owned_counts(), 256 * copies / static_cast<double>(members.size()));
  expect_even(hash.primary_counts(), 256.0 / static_cast<double>(members.size()));
  for (std::uint32_t s = 0; s < shape.segments; ++s) {
    const auto owners = hash.owners(s);
    EXPECT_EQ(std::set<NodeIndex>(owners.begin(), owners.end()).size(), copies);
  }
}

TEST_P(Sizes, AJoinMovesNoMoreThanTheJoinerTakes) {
  const HashShape shape{256, 2};
  const ConsistentHash before = table(shape, nodes(GetParam()));
  const auto members = nodes(GetParam() + 1);
  const ConsistentHash after = table(shape, members, &before);
  expect_even(after.owned_counts(), 256.0 * 2 / static_cast<double>(members.size()));
  EXPECT_EQ(moved_segments(before, after), least_moves(before, members, shape));
}

TEST_P(Sizes, ALeaveMovesNoMoreThanTheLeaverHad) {
  const HashShape shape{256, 2};
  const ConsistentHash before = table(shape, nodes(GetParam() + 2));
  const auto members = nodes(GetParam() + 1, 1);
  const ConsistentHash left = without_leavers(before, members);
  const ConsistentHash after = table(shape, members, &left);
  expect_even(after.owned_counts(), 256.0 * 2 / static_cast<double>(members.size()));
  expect_even(after.primary_counts(), 256.0 / static_cast<double>(members.size()));
  EXPECT_EQ(moved_segments(left, after), least_moves(left, members, shape));
}

TEST(Placement, ThreeNodesFormAllSixPairsOfPrimaryAndBackup) {
  ConsistentHash hash = table({20, 2}, nodes(1));
  for (std::size_t n = 2; n <= 3; ++n) {
    const ConsistentHash before = hash;
    hash = table({20, 2}, nodes(n), &before);
  }
  std::set<std::pair<NodeIndex, NodeIndex>> pairs;
  for (std::uint32_t s = 0; s < 20; ++s) pairs.emplace(hash.owners(s)[0], hash.owners(s)[1]);
  EXPECT_EQ(pairs.size(), 6U);
}

TEST(Placement, LoadFollowsTheCapacityFactor) {
  auto members = nodes(4);
  members[1].capacity_factor = 2;
  members[2].capacity_factor = 0;
  members[3].capacity_factor = 0.5;
  const ConsistentHash hash = table({350, 2}, members);
  // Twice the share of one node would be all segments of which each node has one copy at most.
  const auto counts = hash.owned_counts();
  EXPECT_EQ(counts[1], 350U);
  EXPECT_EQ(counts[2], 0U);
  EXPECT_NEAR(counts[0], 233.33, 1);
  EXPECT_NEAR(counts[3], 116.67, 1);
  EXPECT_EQ(hash.primary_counts()[2], 0U);
}

TEST(Placement, CopiesAreSpreadOverSitesThenRacksThenMachines) {
  auto members = nodes(8);
  for (std::size_t i = 0; i < 8; ++i) {
    members[i].site = i < 2 ? "small" : "large";
    members[i].rack = i % 2 ? "r1" : "r2";
    members[i].machine = "m" + std::to_string(i / 2);
  }
  const ConsistentHash hash = table({256, 3}, members);
  for (std::uint32_t s = 0; s < 256; ++s) {
    std::multiset<std::string> sites, racks;
    for (const NodeIndex n : hash.owners(s)) {
      sites.insert(members[n].site);
      racks.insert(members[n].site + members[n].rack);
    }
    ASSERT_EQ(sites.size(), 3U);
    EXPECT_GE(sites.count("small"), 1U) << s;
    EXPECT_GE(sites.count("large"), 1U) << s;
    EXPECT_EQ(std::set<std::string>(racks.begin(), racks.end()).size(), 3U) << s;
  }
}

TEST(Placement, NodesOfOneMachineNeverHoldTwoCopiesWhileThereIsAnother) {
  auto members = nodes(6);
  for (std::size_t i = 0; i < 6; ++i) members[i].machine = i < 4 ? "big" : "m" + std::to_string(i);
  for (const char* name : {kDefaultHashFactory, "org.infinispan.distribution.ch.impl.TopologyAwareSyncConsistentHashFactory",
                           "org.infinispan.distribution.ch.impl.TopologyAwareConsistentHashFactory"}) {
    const auto registry = builtin_hash_factories();
    const ConsistentHash hash = (**registry.find(name))->rebalance({128, 2}, members, nullptr);
    for (std::uint32_t s = 0; s < 128; ++s) EXPECT_NE(members[hash.owners(s)[0]].machine, members[hash.owners(s)[1]].machine) << name;
  }
}

TEST(Placement, AStormOfJoinsAndLeavesStaysExactAndLosesNoSegment) {
  std::mt19937 random(7);
  const HashShape shape{128, 3};
  std::vector<HashMember> members = nodes(3);
  std::size_t next = 3;
  ConsistentHash hash = table(shape, members);
  for (int step = 0; step < 60; ++step) {
    if (members.size() < 12 && random() % 2) members.push_back(nodes(1, next++).front());
    else if (members.size() > 3) members.erase(members.begin() + static_cast<std::ptrdiff_t>(random() % members.size()));
    const ConsistentHash left = without_leavers(hash, members);
    hash = table(shape, members, &left);
    expect_even(hash.owned_counts(), 128.0 * 3 / static_cast<double>(members.size()));
    expect_even(hash.primary_counts(), 128.0 / static_cast<double>(members.size()));
    EXPECT_EQ(moved_segments(left, hash), least_moves(left, members, shape)) << "step " << step;
  }
}

TEST(HashFactories, AllOfThemGiveEverySegmentItsOwners) {
  const auto registry = builtin_hash_factories();
  for (const auto& [name, factory] : registry.entries()) {
    const bool replicated = name.find("Replicated") != std::string::npos;
    ConsistentHash before = factory->rebalance({64, 2}, nodes(4), nullptr);
    const ConsistentHash after = factory->rebalance({64, 2}, nodes(5), &before);
    for (std::uint32_t s = 0; s < 64; ++s) {
      const auto owners = after.owners(s);
      EXPECT_EQ(std::set<NodeIndex>(owners.begin(), owners.end()).size(), replicated ? 5U : 2U) << name;
    }
  }
}

TEST(HashFactories, WithoutNodesThatCanOwnThereAreNoOwners) {
  auto members = nodes(2);
  for (auto& m : members) m.capacity_factor = 0;
  const auto registry = builtin_hash_factories();
  for (const auto& [name, factory] : registry.entries()) {
    const ConsistentHash hash = factory->rebalance({16, 2}, members, nullptr);
    for (std::uint32_t s = 0; s < 16; ++s) EXPECT_TRUE(hash.owners(s).empty()) << name;
  }
}

TEST(HashTables, TheNextOwnerInLineFollowsALeaver) {
  const ConsistentHash before(nodes(3), {{0, 1}, {1, 2}, {2, 0}});
  const ConsistentHash after = without_leavers(before, {nodes(3)[1], nodes(3)[2]});
  EXPECT_EQ(after.members().size(), 2U);
  EXPECT_EQ(after.primary(0), 0);  // node 1 of before
  EXPECT_EQ(after.owners(2).size(), 1U);
}

TEST(HashTables, AUnionHasTheOwnersOfBothTheFirstOnesInFront) {
  const ConsistentHash first(nodes(2), {{0, 1}, {1}});
  const ConsistentHash second(nodes(2, 1), {{1, 0}, {0}});
  const ConsistentHash both = union_of(first, second);
  EXPECT_EQ(both.members().size(), 3U);
  EXPECT_EQ(std::vector<NodeIndex>(both.owners(0).begin(), both.owners(0).end()), (std::vector<NodeIndex>{0, 1, 2}));
  EXPECT_EQ(std::vector<NodeIndex>(both.owners(1).begin(), both.owners(1).end()), (std::vector<NodeIndex>{1}));
}

}  // namespace
}  // namespace holdfast::topology
