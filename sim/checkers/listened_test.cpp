#include "sim/checkers/listened.h"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

using std::chrono::microseconds;

Operation put(std::uint64_t value, int from, int to, Outcome outcome = Outcome::ok) {
  Operation o;
  o.kind = Operation::Kind::put;
  o.outcome = outcome;
  o.done = true;
  o.key = 1;
  o.value = value;
  o.invoked = microseconds(from);
  o.returned = microseconds(to);
  return o;
}
HeardEvent heard(std::uint64_t value, std::uint64_t version, bool retried = false) { return {1, false, retried, value, version, microseconds(version)}; }
HeardEvent removed(std::uint64_t version) { return {1, true, false, 0, version, microseconds(version)}; }

std::size_t violations(std::vector<HeardEvent> events, const std::vector<Operation>& history, std::vector<Duration> gaps = {}) {
  Listening l;
  l.name = "a";
  l.since = microseconds(10);
  l.until = microseconds(100);
  l.gaps = std::move(gaps);
  l.heard = std::move(events);
  std::set<std::uint64_t> written;
  for (const Operation& o : history) written.insert(o.value);
  return check_listening(l, history, written).violations.size();
}

TEST(Listened, EveryAcknowledgedWriteOfItsTimeIsHeard) {
  EXPECT_EQ(violations({heard(1, 1)}, {put(1, 20, 30)}), 0U);
  EXPECT_EQ(violations({}, {put(1, 20, 30)}), 1U);
  EXPECT_EQ(violations({}, {put(1, 5, 30)}), 0U) << "it began before the listener";
  EXPECT_EQ(violations({}, {put(1, 20, 101)}), 0U) << "it ended after it";
  EXPECT_EQ(violations({}, {put(1, 20, 30, Outcome::unknown)}), 0U);
}

TEST(Listened, AGapThatIsToldExcusesWhatWasBefore) {
  EXPECT_EQ(violations({}, {put(1, 20, 30)}, {microseconds(40)}), 0U);
  EXPECT_EQ(violations({}, {put(1, 50, 60)}, {microseconds(40)}), 1U);
}

TEST(Listened, KeysAreHeardInOrderAndTwiceOnlyIfMarked) {
  const std::vector<Operation> history = {put(1, 20, 30), put(2, 40, 50)};
  EXPECT_EQ(violations({heard(1, 1), removed(1), heard(2, 2)}, history), 0U);
  EXPECT_EQ(violations({heard(2, 2), heard(1, 1)}, history), 1U) << "out of order";
  EXPECT_EQ(violations({heard(1, 1), heard(2, 2), heard(2, 2)}, history), 1U) << "twice";
  EXPECT_EQ(violations({heard(1, 1), heard(2, 2), heard(2, 2, true)}, history), 0U);
  EXPECT_EQ(violations({heard(1, 1), heard(2, 2), removed(1)}, history), 1U) << "a remove too late";
}

TEST(Listened, NothingIsMadeUp) { EXPECT_EQ(violations({heard(9, 1)}, {}), 1U); }

}  // namespace
}  // namespace holdfast::sim
