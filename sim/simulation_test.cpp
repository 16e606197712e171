#include "sim/simulation.h"

#include <gtest/gtest.h>

#include "sim/host.h"
#include "sim/test_handlers.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kChatterHash7 = 9264185454470942224U;
constexpr std::uint64_t kChatterHash8 = 14544452588766747346U;

/// A few hosts that chatter with each other for a while, under faults; the hash of it all.
std::uint64_t chatter(std::uint64_t seed, std::uint64_t* events = nullptr) {
  std::vector<SimHost*> hosts;
  Simulation simulation(seed);
  for (int i = 0; i < 3; ++i) {
    hosts.push_back(&simulation.add_host({.drift_ppm = 100 * i}));
    hosts.back()->run([&hosts](runtime::Runtime& rt) { chat(rt, hosts); });
  }
  for (int round = 0; round < 20; ++round) {
    SimHost& victim = *hosts[simulation.prng().below(3)];
    SimHost& other = *hosts[simulation.prng().below(3)];
    switch (simulation.prng().below(4)) {
      case 0:
        victim.kill();
        victim.run([&hosts](runtime::Runtime& rt) { chat(rt, hosts); });
        break;
      case 1: victim.pause(); break;
      case 2: simulation.network().cut(victim, other); break;
      default: victim.set_slowness(static_cast<std::uint32_t>(simulation.prng().between(1, 10))); break;
    }
    simulation.run_for(milliseconds(300));
    for (SimHost* host : hosts) host->resume();
    simulation.network().heal_all();
    simulation.run_for(milliseconds(700));
  }
  if (events != nullptr) *events = simulation.events();
  return simulation.trace().hash();
}

TEST(Simulation, OneSeedGivesOneHashAndAnotherSeedAnother) {
  std::uint64_t events = 0;
  EXPECT_EQ(chatter(1, &events), chatter(1));
  EXPECT_NE(chatter(1), chatter(2));
  EXPECT_GT(events, 5'000U);
}

// The same numbers stand for every compiler: they change with the simulator, never with the tool chain.
TEST(Simulation, TheHashIsTheSameForEveryCompiler) {
  EXPECT_EQ(chatter(7), kChatterHash7);
  EXPECT_EQ(chatter(8), kChatterHash8);
}

TEST(Simulation, TimePassesOnlyWhenEventsSaySo) {
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  const Instant start = host.clock().now();
  EXPECT_EQ(host.clock().now(), start);
  simulation.run_for(std::chrono::hours(1000));
  EXPECT_EQ(host.clock().now(), start + std::chrono::hours(1000));
  EXPECT_EQ(simulation.events(), 0U);
}

TEST(Simulation, AWaitForEverWithNothingLeftToHappenIsADefect) {
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  const auto never = host.scheduler().make_event();
  EXPECT_DEATH(never->wait(kNever), "duration::max|Duration::max");
}

TEST(SimClock, DriftsAndItsTimersFollowIt) {
  Simulation simulation(1);
  SimHost& fast = simulation.add_host({.drift_ppm = 10'000});
  const Instant start = fast.clock().now();
  bool ran = false;
  const auto timer = fast.scheduler().at(0, start + seconds(101), [&] {
    ran = true;
    EXPECT_GE(fast.clock().now(), start + seconds(101));
  });
  simulation.run_for(seconds(99));
  EXPECT_FALSE(ran);
  simulation.run_for(seconds(2));
  EXPECT_TRUE(ran);
  EXPECT_EQ(fast.clock().now(), start + seconds(101) + milliseconds(1010));
  fast.sim_clock().set_drift(0);
  const Instant then = fast.clock().now();
  simulation.run_for(seconds(1));
  EXPECT_EQ(fast.clock().now(), then + seconds(1));
}

TEST(SimClock, AJumpOfTheWallClockMovesNoOther) {
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  const TimeMs now = host.clock().now_ms();
  host.sim_clock().jump_wall(-3'600'000);
  EXPECT_EQ(host.clock().now_ms(), now);
  EXPECT_EQ(host.clock().wall_ms(), now - 3'600'000);
}

/// Counts the objects that a process owns.
struct Counted {
  explicit Counted(int& c) : count(c) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  int& count;
};

TEST(SimHost, AKilledProcessHasNoEffectAnyMoreAndLeaksNothing) {
  int alive = 0;
  int after = 0;
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  host.run([&](runtime::Runtime& rt) {
    const Counted mine(alive);
    auto& scheduler = rt.scheduler();
    const auto never = scheduler.make_event();
    for (int i = 0; i < 3; ++i) {
      scheduler.spawn(1, [&] {
        const Counted own(alive);
        never->wait(kNever);
        ++after;
      });
    }
    const auto timer = scheduler.at(0, rt.clock().now() + seconds(2), [&after, own = std::make_shared<Counted>(alive)] { ++after; });
    never->wait(kNever);
    ++after;
  });
  simulation.run_for(seconds(1));
  EXPECT_EQ(alive, 5);
  EXPECT_EQ(host.sim_scheduler().parked(), 4U);
  host.kill();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(host.sim_scheduler().timers_pending(), 0U);
  simulation.run_for(seconds(5));
  EXPECT_EQ(after, 0);
  EXPECT_FALSE(host.running());
}

TEST(SimHost, CodeThatTriesForEverEndsWithItsProcess) {
  int tries = 0;
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  host.run([&](runtime::Runtime& rt) {
    for (;; ++tries) rt.scheduler().sleep_until(rt.clock().now() + seconds(1));
  });
  simulation.run_for(milliseconds(3500));
  EXPECT_EQ(tries, 3);
  host.kill();
  EXPECT_EQ(host.sim_scheduler().parked(), 0U);
}

TEST(SimHost, ADestructorThatTriesUntilADeadlineEndsWithItsProcess) {
  struct Leaver {
    runtime::Runtime& rt;
    int& tries;
    ~Leaver() {
      const Instant end = rt.clock().now() + seconds(10);
      for (; rt.clock().now() < end; ++tries) rt.scheduler().sleep_until(rt.clock().now() + milliseconds(100));
    }
  };
  int tries = 0;
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  host.run([&](runtime::Runtime& rt) {
    const Leaver leaver{rt, tries};
    for (;;) rt.scheduler().sleep_until(rt.clock().now() + seconds(1));
  });
  simulation.run_for(seconds(1));
  const Instant before = host.clock().now();
  host.kill();
  EXPECT_GE(tries, 1);
  EXPECT_LE(tries, 100);
  Instant again;
  host.run([&](runtime::Runtime& rt) { again = rt.clock().now(); });
  simulation.run_for(seconds(1));
  EXPECT_LT(again - before, seconds(1));
}

TEST(SimHost, MayBeKilledByItsOwnCode) {
  bool ended = false;
  bool after = false;
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  host.run([&](runtime::Runtime& rt) {
    struct AtEnd {
      bool& flag;
      ~AtEnd() { flag = true; }
    } const at_end{ended};
    host.kill();
    rt.scheduler().post(0, [&] { after = true; });
    rt.scheduler().make_event()->wait(kNever);
    after = true;
  });
  simulation.run_for(seconds(1));
  EXPECT_TRUE(ended);
  EXPECT_FALSE(after);
  host.run([&](runtime::Runtime&) { after = true; });
  simulation.run_for(seconds(1));
  EXPECT_TRUE(after) << "it starts again";
}

TEST(SimHost, APausedProcessStandsStillWhileItsClockRuns) {
  int ticks = 0;
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  host.run([&](runtime::Runtime& rt) {
    for (;; ++ticks) rt.scheduler().sleep_until(rt.clock().now() + milliseconds(100));
  });
  simulation.run_for(milliseconds(1050));
  EXPECT_EQ(ticks, 10);
  const Instant then = host.clock().now();
  host.pause();
  simulation.run_for(seconds(10));
  EXPECT_EQ(ticks, 10);
  EXPECT_EQ(host.clock().now(), then + seconds(10));
  host.resume();
  simulation.run_for(milliseconds(150));
  EXPECT_EQ(ticks, 12);
}

TEST(SimHost, ASlowOneTakesLonger) {
  const auto time_of = [](std::uint32_t slowness) {
    Simulation simulation(1);
    SimHost& host = simulation.add_host({});
    host.set_slowness(slowness);
    const auto done = host.scheduler().make_event();
    int rounds = 0;
    std::function<void()> again = [&] {
      if (++rounds == 100) {
        done->set();
      } else {
        host.scheduler().post(0, again);
      }
    };
    host.scheduler().post(0, again);
    done->wait(kNever);
    return simulation.now();
  };
  EXPECT_GT(time_of(100), 50 * time_of(1));
}

TEST(SimHost, WritesItsLogIntoTheTrace) {
  Simulation simulation(1);
  SimHost& host = simulation.add_host({});
  std::vector<std::string> lines;
  simulation.trace().set_sink([&](Duration, Step step, std::uint64_t, std::uint64_t, std::string_view text) {
    if (step == Step::log) lines.emplace_back(text);
  });
  const auto before = simulation.trace().hash();
  host.log().info("test", "hello");
  EXPECT_EQ(lines, (std::vector<std::string>{"hello"}));
  EXPECT_NE(simulation.trace().hash(), before);
}

}  // namespace
}  // namespace holdfast::sim
