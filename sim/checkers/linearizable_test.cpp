#include "sim/checkers/linearizable.h"

#include <gtest/gtest.h>

#include "sim/prng.h"

namespace holdfast::sim {
namespace {

using std::chrono::microseconds;
using Kind = Observation::Kind;

Observation write(std::uint64_t value, int from, int to, Outcome outcome = Outcome::ok) { return {Kind::write, outcome, 0, 1, value, microseconds(from), microseconds(to)}; }
Observation read(std::uint64_t value, int from, int to) { return {Kind::read, Outcome::ok, 0, 1, value, microseconds(from), microseconds(to)}; }
bool holds(const std::vector<Observation>& history) { return check_linearizable(history).violations.empty(); }

TEST(Linearizable, AcceptsWhatARegisterDoes) {
  EXPECT_TRUE(holds({}));
  EXPECT_TRUE(holds({read(0, 0, 1), write(7, 2, 3), read(7, 4, 5), write(8, 6, 7), read(8, 8, 9)}));
  EXPECT_TRUE(holds({write(7, 0, 10), read(0, 1, 2), read(7, 3, 4)})) << "the write takes effect between the reads";
  EXPECT_TRUE(holds({write(7, 0, 10), write(8, 0, 10), read(8, 11, 12), read(8, 13, 14)})) << "either order";
  EXPECT_TRUE(holds({write(7, 0, 1), write(8, 2, 20), read(7, 3, 10), read(8, 4, 12)})) << "overlapping reads";
}

TEST(Linearizable, FindsAStaleRead) { EXPECT_FALSE(holds({write(7, 0, 1), write(8, 2, 3), read(7, 4, 5)})); }

TEST(Linearizable, FindsALostWrite) {
  EXPECT_FALSE(holds({write(7, 0, 1), read(0, 2, 3)}));
  EXPECT_FALSE(holds({write(7, 0, 1), write(8, 2, 3), read(8, 4, 5), read(7, 6, 7)}));
}

TEST(Linearizable, FindsNewThenOldWhileAWriteIsInFlight) { EXPECT_FALSE(holds({write(7, 0, 1), write(8, 2, 20), read(8, 3, 4), read(7, 5, 6)})); }

TEST(Linearizable, FindsInventedAndPrematureValues) {
  EXPECT_FALSE(holds({read(9, 0, 1)}));
  EXPECT_FALSE(holds({read(7, 0, 1), write(7, 2, 3)}));
}

TEST(Linearizable, ARefusedWriteMustNotBeSeen) {
  EXPECT_TRUE(holds({write(7, 0, 1, Outcome::fail), read(0, 2, 3)}));
  EXPECT_FALSE(holds({write(7, 0, 1, Outcome::fail), read(7, 2, 3)}));
}

TEST(Linearizable, AnUnknownWriteMayHappenAtAnyTimeOrNever) {
  EXPECT_TRUE(holds({write(7, 0, 1, Outcome::unknown), read(0, 2, 3)}));
  EXPECT_TRUE(holds({write(7, 0, 1, Outcome::unknown), read(0, 2, 3), read(7, 4, 5)}));
  EXPECT_FALSE(holds({write(7, 0, 1, Outcome::unknown), read(7, 2, 3), read(0, 4, 5)})) << "but only once";
}

TEST(Linearizable, FindsABackwardZoneInsideAForwardOne) {
  // 8 is wholly inside the time in which 7 must have been there.
  EXPECT_FALSE(holds({write(7, 0, 1), write(8, 2, 3), read(7, 10, 11)}));
  EXPECT_TRUE(holds({write(7, 0, 1), write(8, 2, 12), read(7, 10, 11)}));
}

TEST(Linearizable, KeysAreApart) {
  Observation other = write(8, 2, 3);
  other.key = 2;
  EXPECT_TRUE(holds({write(7, 0, 1), other, read(7, 4, 5)}));
}

TEST(Linearizable, ReadsWithoutAnAnswerSawNothing) {
  Observation lost = read(99, 0, 1);
  lost.outcome = Outcome::unknown;
  EXPECT_TRUE(holds({lost}));
}

/// A register under concurrent clients; each operation takes effect somewhere between its ends. `defect` makes one read
/// in a thousand show the value before the last.
std::vector<Observation> register_history(std::uint64_t seed, std::size_t operations, bool defect) {
  Prng prng(seed);
  std::vector<Observation> history;
  std::uint64_t now[16] = {};
  std::uint64_t before[16] = {};
  std::uint64_t next = 1;
  for (std::size_t i = 0; i < operations; ++i) {
    // Effects are apart; the operations around them overlap.
    const Duration effect = microseconds(100 * (i + 10));
    Observation seen;
    seen.key = static_cast<std::uint32_t>(prng.below(16));
    seen.invoked = effect - microseconds(prng.below(500));
    seen.returned = effect + microseconds(prng.below(500));
    if (prng.below(2) == 0) {
      seen.kind = Kind::write;
      seen.value = next++;
      seen.outcome = prng.below(20) == 0 ? Outcome::unknown : Outcome::ok;
      before[seen.key] = now[seen.key];
      now[seen.key] = seen.value;
    } else {
      seen.value = defect && prng.below(1000) == 0 ? before[seen.key] : now[seen.key];
    }
    history.push_back(seen);
  }
  return history;
}

TEST(Linearizable, AcceptsManyOperationsOfARegisterAndFindsOneInAThousandThatIsWrong) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto good = check_linearizable(register_history(seed, 50'000, false));
    EXPECT_TRUE(good.violations.empty()) << good.violations[0].text;
    EXPECT_EQ(good.keys, 16U);
    EXPECT_GT(good.reads + good.writes, 49'000U);
    EXPECT_FALSE(check_linearizable(register_history(seed, 50'000, true)).violations.empty());
  }
}

}  // namespace
}  // namespace holdfast::sim
