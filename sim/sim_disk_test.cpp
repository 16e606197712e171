#include "sim/sim_disk.h"

#include <gtest/gtest.h>

#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

class SimDiskTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(disk.make_folders("/d").ok()); }
  /// The fault strikes at the step, once.
  void strike(DiskStep at, DiskFault fault) {
    disk.set_fault_hook([at, fault, done = false](DiskStep step, const std::string&) mutable {
      if (done || step != at) return DiskFault::none;
      done = true;
      return fault;
    });
  }
  void start_again() {
    disk.set_fault_hook(nullptr);
    host.run([](runtime::Runtime&) {});
  }

  Simulation simulation{5};
  SimHost& host = simulation.add_host({});
  SimDisk& disk = host.sim_disk();
};

TEST_F(SimDiskTest, WhatWasReplacedSurvivesALossOfPower) {
  ASSERT_TRUE(disk.replace("/d/f", "one").ok());
  host.power_off();
  start_again();
  EXPECT_EQ(disk.read("/d/f").value(), "one");
  ASSERT_TRUE(disk.remove("/d/f").ok());
  host.power_off();
  start_again();
  EXPECT_FALSE(disk.exists("/d/f"));
}

TEST_F(SimDiskTest, ALossOfPowerAtAnyStepLeavesTheOldOrTheNewFile) {
  int olds = 0;
  int news = 0;
  for (int round = 0; round < 40; ++round) {
    for (const DiskStep at : {DiskStep::write_temporary, DiskStep::sync_temporary, DiskStep::rename, DiskStep::sync_folder}) {
      ASSERT_TRUE(disk.replace("/d/f", "old").ok());
      strike(at, DiskFault::power_off);
      EXPECT_TRUE(disk.replace("/d/f", "brand new").failed_with(Errc::io_error));
      EXPECT_FALSE(host.running());
      start_again();
      const Bytes found = disk.read("/d/f").value();
      EXPECT_TRUE(found == "old" || found == "brand new") << found;
      ++(found == "old" ? olds : news);
    }
  }
  EXPECT_GT(olds, 0);
  EXPECT_GT(news, 0);
}

TEST_F(SimDiskTest, AKillKeepsWhatTheSystemHasTaken) {
  strike(DiskStep::sync_folder, DiskFault::kill);
  EXPECT_FALSE(disk.replace("/d/f", "new").ok());
  EXPECT_FALSE(host.running());
  EXPECT_TRUE(host.powered());
  start_again();
  EXPECT_EQ(disk.read("/d/f").value(), "new");
}

TEST_F(SimDiskTest, ALyingSyncLosesTheFileWithThePower) {
  ASSERT_TRUE(disk.replace("/d/f", "old").ok());
  disk.set_fault_hook([](DiskStep step, const std::string&) { return step == DiskStep::sync_folder ? DiskFault::lost_sync : DiskFault::none; });
  std::set<Bytes> outcomes;
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(disk.replace("/d/f", "new").ok()) << "it says so";
    EXPECT_EQ(disk.read("/d/f").value(), "new");
    host.power_off();
    host.run([](runtime::Runtime&) {});
    outcomes.insert(disk.read("/d/f").value());
    disk.put_file("/d/f", "old");
  }
  EXPECT_EQ(outcomes, (std::set<Bytes>{"new", "old"}));
}

TEST_F(SimDiskTest, WhatWasNotSyncedMayBeTorn) {
  bool torn = false;
  for (int round = 0; round < 40; ++round) {
    strike(DiskStep::sync_temporary, DiskFault::power_off);
    EXPECT_FALSE(disk.replace("/d/f", "0123456789").ok());
    start_again();
    for (const auto& [path, content] : disk.files()) torn = torn || (!content.empty() && content.size() < 10);
  }
  EXPECT_TRUE(torn);
}

TEST_F(SimDiskTest, FailuresAreReportedAndLeaveNothingBehind) {
  strike(DiskStep::rename, DiskFault::io_error);
  EXPECT_TRUE(disk.replace("/d/f", "x").failed_with(Errc::io_error));
  strike(DiskStep::write_temporary, DiskFault::out_of_space);
  EXPECT_TRUE(disk.replace("/d/f", "x").failed_with(Errc::out_of_space));
  EXPECT_TRUE(disk.list("/d").value().empty());
  disk.set_capacity(10);
  EXPECT_TRUE(disk.replace("/d/f", Bytes(11, 'x')).failed_with(Errc::out_of_space));
  EXPECT_TRUE(disk.replace("/d/f", Bytes(5, 'x')).ok());
  EXPECT_EQ(disk.faults(), 3U);
  disk.set_fault_hook(nullptr);
  disk.set_io_error_ppm(1'000'000);
  EXPECT_TRUE(disk.read("/d/f").failed_with(Errc::io_error));
}

TEST_F(SimDiskTest, LocksEndWithTheirProcess) {
  auto lock = disk.lock("/d/lock");
  ASSERT_TRUE(lock.ok());
  host.kill();
  start_again();
  auto next = disk.lock("/d/lock");
  ASSERT_TRUE(next.ok());
  lock.value().reset();  // the dead process's handle frees nothing
  EXPECT_TRUE(disk.lock("/d/lock").failed_with(Errc::already_exists));
}

}  // namespace
}  // namespace holdfast::sim
