// The contract of a Runtime as tests: every implementation instantiates this suite in a test program of its own.
//
// Owner: the test program; included by one .cpp of it.  Threads: the test's own thread is none of the runtime's.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/runtime.h"

namespace holdfast::runtime {

/// A runtime under test with at least two loops, and a folder that is its own and empty.
class ContractWorld {
 public:
  virtual ~ContractWorld() = default;
  virtual Runtime& runtime() = 0;
  virtual std::string folder() = 0;
};

struct ContractCase {
  std::string name;
  std::function<std::unique_ptr<ContractWorld>()> make;
};

inline std::string case_name(const testing::TestParamInfo<ContractCase>& tested) { return tested.param.name; }

class RuntimeContract : public testing::TestWithParam<ContractCase> {
 protected:
  void SetUp() override { world_ = GetParam().make(); }
  Runtime& rt() { return world_->runtime(); }
  Scheduler& scheduler() { return rt().scheduler(); }
  Instant in(Duration time) { return rt().clock().now() + time; }
  Instant soon() { return in(std::chrono::seconds(20)); }
  /// Runs the body in a fiber of a loop and waits for its end.
  void in_fiber(LoopId loop, Task body) {
    const auto done = scheduler().make_event();
    scheduler().spawn(loop, [&] {
      body();
      done->set();
    });
    ASSERT_TRUE(done->wait(soon()));
  }
  /// Runs a task on a loop and waits for its end.
  void on_loop(LoopId loop, Task task) {
    const std::shared_ptr<Event> done = scheduler().make_event();
    scheduler().post(loop, [&, done] {
      task();
      done->set();
    });
    ASSERT_TRUE(done->wait(soon()));
  }

  std::unique_ptr<ContractWorld> world_;
};

// Clock, randomness.

TEST_P(RuntimeContract, TheClockNeverRunsBackwards) {
  Instant before = rt().clock().now();
  TimeMs before_ms = rt().clock().now_ms();
  for (int i = 0; i < 100; ++i) {
    if (i % 20 == 0) scheduler().sleep_until(in(std::chrono::milliseconds(2)));
    const Instant now = rt().clock().now();
    const TimeMs now_ms = rt().clock().now_ms();
    EXPECT_GE(now, before);
    EXPECT_GE(now_ms, before_ms);
    before = now;
    before_ms = now_ms;
  }
  EXPECT_GT(rt().clock().wall_ms(), 1'600'000'000'000);
}

TEST_P(RuntimeContract, SleepingTakesAtLeastTheTimeAskedFor) {
  const Instant start = rt().clock().now();
  scheduler().sleep_until(start + std::chrono::milliseconds(20));
  EXPECT_GE(rt().clock().now(), start + std::chrono::milliseconds(20));
  in_fiber(0, [&] {
    const Instant inside = rt().clock().now();
    scheduler().sleep_until(inside + std::chrono::milliseconds(20));
    EXPECT_GE(rt().clock().now(), inside + std::chrono::milliseconds(20));
  });
}

TEST_P(RuntimeContract, RandomNumbersAndSecretsDiffer) {
  EXPECT_NE(rt().random().next(), rt().random().next());
  const Bytes secret = rt().random().secret(33);
  EXPECT_EQ(secret.size(), 33U);
  EXPECT_NE(secret, rt().random().secret(33));
}

// Scheduling.

TEST_P(RuntimeContract, TasksOfOnePosterRunInOrder) {
  std::vector<int> seen;
  const auto done = scheduler().make_event();
  for (int i = 0; i < 100; ++i) scheduler().post(1, [&seen, i] { seen.push_back(i); });
  scheduler().post(1, [&] { done->set(); });
  ASSERT_TRUE(done->wait(soon()));
  ASSERT_EQ(seen.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST_P(RuntimeContract, CodeKnowsItsLoopAndWhetherItIsInAFiber) {
  EXPECT_EQ(scheduler().current_loop(), kNoLoop);
  EXPECT_FALSE(scheduler().in_fiber());
  on_loop(1, [&] {
    EXPECT_EQ(scheduler().current_loop(), 1U);
    EXPECT_FALSE(scheduler().in_fiber());
  });
  in_fiber(1, [&] {
    EXPECT_TRUE(scheduler().in_fiber());
    scheduler().sleep_until(in(std::chrono::milliseconds(1)));
    EXPECT_EQ(scheduler().current_loop(), 1U) << "a fiber stays on its loop";
  });
}

TEST_P(RuntimeContract, TimersRunInTheOrderOfTheirTimesAndNotEarly) {
  std::vector<int> seen;
  const auto done = scheduler().make_event();
  const Instant start = rt().clock().now();
  std::unique_ptr<Timer> late, early;
  on_loop(0, [&] {
    late = scheduler().at(0, start + std::chrono::milliseconds(30), [&] {
      EXPECT_GE(rt().clock().now(), start + std::chrono::milliseconds(30));
      seen.push_back(2);
      done->set();
    });
    early = scheduler().at(0, start + std::chrono::milliseconds(10), [&] { seen.push_back(1); });
  });
  ASSERT_TRUE(done->wait(soon()));
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST_P(RuntimeContract, ACancelledTimerDoesNotRun) {
  std::atomic<int> ran{0};
  on_loop(0, [&] {
    auto cancelled = scheduler().at(0, in(std::chrono::milliseconds(2)), [&] { ++ran; });
    cancelled->cancel();
    auto destroyed = scheduler().at(0, in(std::chrono::milliseconds(2)), [&] { ++ran; });
    auto past = scheduler().at(0, in(std::chrono::milliseconds(-2)), [&] { ++ran; });
    past->cancel();
    past->cancel();
  });
  scheduler().sleep_until(in(std::chrono::milliseconds(30)));
  EXPECT_EQ(ran, 0);
}

TEST_P(RuntimeContract, ATimerCanBeMadeFromAnotherThreadAndRunsOnItsLoop) {
  std::atomic<LoopId> where{kNoLoop};
  const auto done = scheduler().make_event();
  const auto timer = scheduler().at(1, in(std::chrono::milliseconds(1)), [&] {
    where = scheduler().current_loop();
    done->set();
  });
  ASSERT_TRUE(done->wait(soon()));
  EXPECT_EQ(where, 1U);
}

// Events.

TEST_P(RuntimeContract, AnEventWakesAllItsWaiters) {
  const auto go = scheduler().make_event();
  const auto all = scheduler().make_event();
  std::atomic<int> woken{0};
  for (int i = 0; i < 10; ++i) {
    scheduler().spawn(static_cast<LoopId>(i % 2), [&] {
      EXPECT_TRUE(go->wait(soon()));
      if (++woken == 10) all->set();
    });
  }
  scheduler().sleep_until(in(std::chrono::milliseconds(2)));
  EXPECT_EQ(woken, 0);
  go->set();
  EXPECT_TRUE(all->wait(soon()));
  EXPECT_TRUE(go->wait(kNever)) << "a set event lets everybody through";
}

TEST_P(RuntimeContract, AWaitEndsAtItsDeadline) {
  const auto event = scheduler().make_event();
  const Instant deadline = in(std::chrono::milliseconds(10));
  EXPECT_FALSE(event->wait(deadline));
  EXPECT_GE(rt().clock().now(), deadline);
  in_fiber(0, [&] {
    const Instant inside = in(std::chrono::milliseconds(10));
    EXPECT_FALSE(event->wait(inside));
    EXPECT_GE(rt().clock().now(), inside);
    EXPECT_FALSE(event->wait(in(std::chrono::milliseconds(-1))));
  });
}

TEST_P(RuntimeContract, AnEventCanBeResetAndUsedAgain) {
  const auto event = scheduler().make_event();
  EXPECT_FALSE(event->is_set());
  event->set();
  EXPECT_TRUE(event->is_set());
  EXPECT_TRUE(event->wait(in(std::chrono::milliseconds(-1))));
  event->reset();
  EXPECT_FALSE(event->wait(in(std::chrono::milliseconds(2))));
  scheduler().post(0, [&] { event->set(); });
  EXPECT_TRUE(event->wait(soon()));
}

TEST_P(RuntimeContract, FibersWaitForEachOther) {
  const auto ping = scheduler().make_event();
  const auto pong = scheduler().make_event();
  scheduler().spawn(0, [&] {
    EXPECT_TRUE(ping->wait(kNever));
    pong->set();
  });
  scheduler().spawn(1, [&] {
    scheduler().sleep_until(in(std::chrono::milliseconds(5)));
    ping->set();
  });
  EXPECT_TRUE(pong->wait(soon()));
}

TEST_P(RuntimeContract, BlockingWorkRunsAndIsWaitedFor) {
  int result = 0;
  scheduler().run_blocking([&] { result = 1; });
  EXPECT_EQ(result, 1);
  in_fiber(0, [&] {
    scheduler().run_blocking([&] { result = 2; });
    EXPECT_EQ(result, 2);
    EXPECT_EQ(scheduler().current_loop(), 0U);
  });
}

// Disk.

TEST_P(RuntimeContract, FilesAreReplacedWholeAndListedInOrder) {
  Disk& disk = rt().disk();
  const std::string folder = world_->folder() + "/deep/folder";
  EXPECT_TRUE(disk.list(folder).failed_with(Errc::not_found));
  EXPECT_TRUE(disk.replace(folder + "/b", "x").failed_with(Errc::not_found));
  ASSERT_TRUE(disk.make_folders(folder).ok());
  EXPECT_TRUE(disk.make_folders(folder).ok()) << "again";
  ASSERT_TRUE(disk.replace(folder + "/b", "one").ok());
  ASSERT_TRUE(disk.replace(folder + "/b", Bytes("t\0o", 3)).ok());
  ASSERT_TRUE(disk.replace(folder + "/a", "").ok());
  EXPECT_EQ(disk.read(folder + "/b").value(), Bytes("t\0o", 3));
  EXPECT_EQ(disk.read(folder + "/a").value(), "");
  EXPECT_EQ(disk.list(folder).value(), (std::vector<std::string>{"a", "b"})) << "no temporary file stays";
  EXPECT_EQ(disk.list(world_->folder()).value(), (std::vector<std::string>{"deep"}));
  EXPECT_TRUE(disk.exists(folder + "/a"));
  EXPECT_TRUE(disk.exists(folder));
  ASSERT_TRUE(disk.remove(folder + "/a").ok());
  EXPECT_TRUE(disk.remove(folder + "/a").ok()) << "a missing file is no error";
  EXPECT_FALSE(disk.exists(folder + "/a"));
  EXPECT_TRUE(disk.read(folder + "/a").failed_with(Errc::not_found));
}

TEST_P(RuntimeContract, AFileLockIsExclusiveWhileItIsHeld) {
  Disk& disk = rt().disk();
  const std::string path = world_->folder() + "/lock";
  EXPECT_TRUE(disk.lock(world_->folder() + "/missing/lock").failed_with(Errc::not_found));
  auto first = disk.lock(path);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(disk.lock(path).failed_with(Errc::already_exists));
  first.value().reset();
  EXPECT_TRUE(disk.lock(path).ok());
}

}  // namespace holdfast::runtime
