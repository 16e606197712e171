#include "sim/network.h"

#include <gtest/gtest.h>

#include "sim/host.h"
#include "sim/simulation.h"
#include "sim/test_handlers.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// An echo server on one host, and a client on another.
class SimNetTest : public testing::Test {
 protected:
  void SetUp() override {
    server.run(serve_echo);
    simulation.run_for(milliseconds(1));
  }
  Result<runtime::ConnectionPtr> try_connect(Duration patience = seconds(5)) {
    seen = std::make_shared<Collected>();
    return client.net().connect(0, {server.address(), kEchoPort}, std::make_unique<CollectHandler>(seen), client.clock().now() + patience);
  }
  void connect() {
    auto made = try_connect();
    ASSERT_TRUE(made.ok()) << made.error().message();
    connection = *made;
  }
  void send(BytesView text) {
    client.scheduler().post(0, [this, copy = Bytes(text)] {
      connection->output().append(copy);
      connection->flush();
    });
  }
  bool received(BytesView text, Duration patience = seconds(1)) {
    return simulation.run_until([&] { return seen->received == text; }, patience);
  }

  Simulation simulation{3};
  SimHost& server = simulation.add_host({.name = "server"});
  SimHost& client = simulation.add_host({.name = "client"});
  std::shared_ptr<Collected> seen;
  runtime::ConnectionPtr connection;
};

TEST_F(SimNetTest, AnswersTakeTheTimeOfTheWay) {
  connect();
  const Duration start = simulation.now();
  send("hello");
  ASSERT_TRUE(received("hello"));
  EXPECT_GE(simulation.now() - start, 2 * simulation.network().options().delay_min);
  EXPECT_EQ(connection->peer(), (runtime::Endpoint{server.address(), kEchoPort}));
}

TEST_F(SimNetTest, AHostIsFoundByItsName) {
  seen = std::make_shared<Collected>();
  EXPECT_TRUE(client.net().connect(0, {"server", kEchoPort}, std::make_unique<CollectHandler>(seen), client.clock().now() + seconds(1)).ok());
  EXPECT_TRUE(client.net().connect(0, {"nobody", kEchoPort}, std::make_unique<CollectHandler>(seen), kNever).failed_with(Errc::not_found));
  EXPECT_TRUE(client.net().connect(0, {"10.9.9.9", kEchoPort}, std::make_unique<CollectHandler>(seen), client.clock().now() + seconds(1)).failed_with(Errc::timeout));
}

TEST_F(SimNetTest, ALoopbackListenerIsForItsHostOnly) {
  auto local = server.net().listen({"127.0.0.1", 9}, [] { return std::make_unique<EchoHandler>(); }, {});
  ASSERT_TRUE(local.ok());
  const auto handler = [] { return std::make_unique<CollectHandler>(std::make_shared<Collected>()); };
  EXPECT_TRUE(client.net().connect(0, {server.address(), 9}, handler(), client.clock().now() + seconds(1)).failed_with(Errc::refused));
  EXPECT_TRUE(server.net().connect(0, {"127.0.0.1", 9}, handler(), server.clock().now() + seconds(1)).ok());
  EXPECT_TRUE(server.net().listen({"", 9}, [] { return nullptr; }, {}).failed_with(Errc::address_in_use));
}

TEST_F(SimNetTest, ACutDelaysWhatIsOnItsWayUntilItHeals) {
  connect();
  simulation.network().cut(client, server);
  send("late");
  EXPECT_FALSE(received("late", seconds(5)));
  simulation.network().heal(client, server);
  EXPECT_TRUE(received("late"));
}

TEST_F(SimNetTest, ACutOfOneDirectionLetsTheOtherThrough) {
  connect();
  simulation.network().cut(server, client);
  send("x");
  simulation.run_for(seconds(1));
  EXPECT_TRUE(seen->received.empty());
  simulation.network().heal_all();
  EXPECT_TRUE(received("x"));
}

TEST_F(SimNetTest, ACutThatStaysBreaksTheStream) {
  connect();
  simulation.network().cut_both(client, server);
  send("never");
  simulation.run_for(seconds(20));
  EXPECT_FALSE(seen->closed);
  simulation.run_for(seconds(20));
  EXPECT_TRUE(seen->closed);
  EXPECT_EQ(seen->reason, Errc::io_error);
  EXPECT_TRUE(try_connect(seconds(3)).failed_with(Errc::timeout));
  simulation.network().heal_all();
  EXPECT_TRUE(try_connect().ok());
}

TEST_F(SimNetTest, AConnectionIsTriedAgainUntilItsDeadline) {
  simulation.network().cut_both(client, server);
  simulation.after(seconds(2), [&] { simulation.network().heal_all(); });
  EXPECT_TRUE(try_connect(seconds(10)).ok());
}

TEST_F(SimNetTest, PartitionsCutBetweenGroupsOnly) {
  SimHost& third = simulation.add_host({});
  simulation.network().partition({{&server, &client}, {&third}});
  EXPECT_TRUE(try_connect().ok());
  const auto handler = std::make_shared<Collected>();
  EXPECT_TRUE(third.net().connect(0, {server.address(), kEchoPort}, std::make_unique<CollectHandler>(handler), third.clock().now() + seconds(3)).failed_with(Errc::timeout));
}

TEST_F(SimNetTest, ASlowLinkTakesItsTime) {
  connect();
  simulation.network().link(client, server).bytes_per_second = 1'000'000;
  const Duration start = simulation.now();
  const Bytes megabyte(1'000'000, 'x');
  send(megabyte);
  ASSERT_TRUE(received(megabyte, seconds(10)));
  EXPECT_GE(simulation.now() - start, seconds(1));
}

TEST_F(SimNetTest, LossMakesBytesLateAndKeepsTheirOrder) {
  connect();
  simulation.network().link(client, server).loss_ppm = 300'000;
  Bytes all;
  for (int i = 0; i < 200; ++i) {
    const Bytes part = std::to_string(i) + ",";
    all += part;
    send(part);
    simulation.run_for(milliseconds(1));
  }
  EXPECT_TRUE(received(all, seconds(120)));
}

TEST_F(SimNetTest, AKilledServerClosesItsConnectionsAndRefusesNewOnes) {
  connect();
  send("a");
  ASSERT_TRUE(received("a"));
  server.kill();
  simulation.run_for(seconds(1));
  EXPECT_TRUE(seen->closed);
  EXPECT_TRUE(try_connect().failed_with(Errc::refused));
  server.run(serve_echo);
  simulation.run_for(milliseconds(1));
  EXPECT_TRUE(try_connect().ok());
  EXPECT_LE(simulation.network().streams(), 1U);
}

TEST_F(SimNetTest, AServerWithoutPowerSaysNothingAndResetsWhenItIsBack) {
  connect();
  server.power_off();
  simulation.run_for(seconds(10));
  EXPECT_FALSE(seen->closed);
  EXPECT_TRUE(try_connect(seconds(2)).failed_with(Errc::timeout));
  server.run(serve_echo);
  auto before = std::make_shared<Collected>();
  connect();
  send("again");
  EXPECT_TRUE(received("again"));
}

TEST_F(SimNetTest, AStreamToALostProcessIsResetByTheNextOne) {
  connect();
  const auto old = seen;
  const auto old_connection = connection;
  server.power_off();
  server.run(serve_echo);
  simulation.run_for(seconds(1));
  EXPECT_FALSE(old->closed);
  client.scheduler().post(0, [&] {
    old_connection->output().append("anybody?");
    old_connection->flush();
  });
  simulation.run_for(seconds(1));
  EXPECT_TRUE(old->closed);
  EXPECT_EQ(old->reason, Errc::io_error);
}

TEST_F(SimNetTest, APausedServerTakesConnectionsButDoesNotAnswer) {
  server.pause();
  connect();
  send("hello");
  EXPECT_FALSE(received("hello", seconds(5)));
  server.resume();
  EXPECT_TRUE(received("hello"));
}

TEST_F(SimNetTest, AResetTellsBothSides) {
  connect();
  simulation.run_for(seconds(1));
  simulation.network().reset_streams(client, server);
  simulation.run_for(seconds(1));
  EXPECT_TRUE(seen->closed);
  EXPECT_EQ(seen->reason, Errc::io_error);
  EXPECT_EQ(simulation.network().streams(), 0U);
}

TEST_F(SimNetTest, StreamsOvertakeEachOther) {
  simulation.network().options().tail_ppm = 500'000;
  connect();
  const auto first = connection;
  const auto first_seen = seen;
  int overtaken = 0;
  connect();
  for (int i = 1; i <= 50; ++i) {
    client.scheduler().post(0, [&] {
      first->output().append("1");
      first->flush();
      connection->output().append("2");
      connection->flush();
    });
    const auto at = static_cast<std::size_t>(i);
    ASSERT_TRUE(simulation.run_until([&] { return first_seen->received.size() == at || seen->received.size() == at; }, seconds(1)));
    if (seen->received.size() == at) ++overtaken;
    ASSERT_TRUE(simulation.run_until([&] { return first_seen->received.size() == at && seen->received.size() == at; }, seconds(1)));
  }
  EXPECT_GT(overtaken, 5);
  EXPECT_LT(overtaken, 45);
}

/// Three hosts in one group, and what each heard.
class SimDatagrams : public testing::Test {
 protected:
  static constexpr const char* kGroup = "239.1.2.3";
  void SetUp() override {
    for (int i = 0; i < 3; ++i) hosts.push_back(&simulation.add_host({}));
    for (std::size_t i = 0; i < 3; ++i) {
      sockets.push_back(std::move(hosts[i]->net().open_datagrams(0, {kGroup, 500}, [this, i](const runtime::Endpoint&, BytesView) { ++heard[i]; }, {})).value());
    }
  }
  void send(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(sockets[0]->send({kGroup, 500}, "hello").ok());
      simulation.run_for(milliseconds(1));
    }
    simulation.run_for(seconds(1));
  }
  int heard[3] = {};
  Simulation simulation{4};
  std::vector<SimHost*> hosts;
  std::vector<std::unique_ptr<runtime::DatagramSocket>> sockets;
};

TEST_F(SimDatagrams, LossStrikesEachHostByItselfAndNeverTheSender) {
  simulation.network().options().datagram_twice_ppm = 0;
  simulation.network().options().datagram_loss_ppm = 300'000;
  simulation.network().link(*hosts[0], *hosts[2]).loss_ppm = 300'000;
  send(1000);
  EXPECT_EQ(heard[0], 1000);
  EXPECT_NEAR(heard[1], 700, 60);
  EXPECT_NEAR(heard[2], 400, 60);
}

TEST_F(SimDatagrams, SomeArriveTwice) {
  simulation.network().options().datagram_twice_ppm = 500'000;
  send(1000);
  EXPECT_NEAR(heard[1], 1500, 80);
}

TEST_F(SimDatagrams, CutsAndDeadProcessesHearNothing) {
  simulation.network().cut(*hosts[0], *hosts[1]);
  hosts[2]->kill();
  send(10);
  EXPECT_GE(heard[0], 10);
  EXPECT_EQ(heard[1], 0);
  EXPECT_EQ(heard[2], 0);
  simulation.network().heal_all();
  send(10);
  EXPECT_GE(heard[1], 10);
}

TEST_F(SimDatagrams, WhatAPausedProcessDoesNotTakeIsBounded) {
  hosts[1]->pause();
  send(1000);
  hosts[1]->resume();
  simulation.run_for(seconds(1));
  EXPECT_GT(heard[1], 0);
  EXPECT_LE(heard[1], 256);
}

}  // namespace
}  // namespace holdfast::sim
