#include "container/slice_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace holdfast::container {
namespace {

/// A table whose entry `id` lies at positions[id], so that crowding can be arranged.
class SliceIndexTest : public ::testing::Test {
 protected:
  void insert(EntryId id, std::uint32_t position) {
    positions[id] = position;
    index.insert({position, tag(id)}, id, limbo, [&](EntryId there) { return positions.at(there); });
  }
  SliceIndex::Found find(EntryId id, std::uint32_t position) {
    return index.find({position, tag(id)}, [id](EntryId other) { return other == id; });
  }
  void erase(EntryId id) {
    const std::uint32_t position = positions.at(id);
    const auto found = find(id, position);
    ASSERT_TRUE(found);
    index.erase(found, position);
    positions.erase(id);
  }
  static std::uint8_t tag(EntryId id) { return static_cast<std::uint8_t>(id % 3 + 1); }

  Limbo limbo;
  SliceIndex index;
  std::map<EntryId, std::uint32_t> positions;
};

TEST_F(SliceIndexTest, FindsWhatIsThereAndNothingElseHoweverCrowded) {
  for (const std::uint32_t spread : {0U, 1000U, 0xffffffffU}) {  // all in one place, in one bucket or so, everywhere
    std::mt19937 random(spread);
    for (int i = 0; i < 4000; ++i) {
      const auto id = static_cast<EntryId>(random() % 400);
      if (positions.contains(id)) {
        ASSERT_TRUE(find(id, positions[id]));
        if (random() % 2 == 0) erase(id);
      } else {
        const auto position = static_cast<std::uint32_t>(spread == 0 ? 0xfffffff0U : random() % spread);
        ASSERT_FALSE(find(id, position));
        insert(id, position);
      }
      ASSERT_EQ(index.count(), positions.size());
    }
    while (!positions.empty()) erase(positions.begin()->first);
  }
}

TEST_F(SliceIndexTest, AScanShowsEachEntryOnceAlsoWhenTheTableGrowsMeanwhile) {
  std::mt19937 random(1);
  for (EntryId id = 0; id < 500; ++id) insert(id, static_cast<std::uint32_t>(random()));
  std::multiset<EntryId> seen;
  EntryId next = 1000;
  for (std::uint64_t from = 0; from < SliceIndex::kEnd;) {
    from = index.scan(from, 20, [&](EntryId id, std::uint64_t until) {
      if (positions[id] >= from && positions[id] < until && id < 500) seen.insert(id);
    });
    for (int i = 0; i < 40; ++i) insert(next++, static_cast<std::uint32_t>(random()));
  }
  EXPECT_EQ(seen.size(), 500U);
  EXPECT_EQ(std::set<EntryId>(seen.begin(), seen.end()).size(), 500U);
}

TEST_F(SliceIndexTest, ArrivesAtTheExpectedSizeAlmostFull) {
  index.expect(4000);
  std::mt19937 random(1);
  for (EntryId id = 0; id < 4000; ++id) insert(id, static_cast<std::uint32_t>(random()));
  EXPECT_LE(index.bytes(), 4000U * 4 * 16 / 15 * 100 / 85);
}

}  // namespace
}  // namespace holdfast::container
