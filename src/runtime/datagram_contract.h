// The datagrams' part of the contract of a Runtime; see runtime_contract.h.
//
// Owner: the test program; included by one .cpp of it.  Threads: the test's own thread is none of the runtime's.
// Waits: in tests.  Fails with: failed expectations.
#pragma once

#include "runtime/runtime_contract.h"

namespace holdfast::runtime {

class DatagramContract : public RuntimeContract {
 protected:
  static constexpr const char* kGroup = "239.255.77.7";
  static constexpr const char* kOtherGroup = "239.255.77.8";

  /// A socket and what it heard. Everything but `arrived` belongs to the loop.
  struct Ear {
    explicit Ear(Scheduler& scheduler) : arrived(scheduler.make_event()) {}
    std::unique_ptr<DatagramSocket> socket;
    std::vector<Bytes> heard;
    std::vector<Endpoint> from;
    std::unique_ptr<Event> arrived;
  };
  static DatagramOptions on_loopback(bool shared = true) {
    DatagramOptions options;
    options.interface = "127.0.0.1";
    options.shared = shared;
    return options;
  }
  Result<std::shared_ptr<Ear>> open(const Endpoint& at, const DatagramOptions& options) {
    auto ear = std::make_shared<Ear>(scheduler());
    const std::weak_ptr<Ear> weak = ear;
    HF_ASSIGN(ear->socket, rt().net().open_datagrams(kControlLoop, at, [weak](const Endpoint& from, BytesView datagram) {
      const auto hearing = weak.lock();
      if (!hearing) return;
      hearing->heard.emplace_back(datagram);
      hearing->from.push_back(from);
      hearing->arrived->set();
    }, options));
    return ear;
  }
  std::shared_ptr<Ear> must_open(const Endpoint& at, const DatagramOptions& options = on_loopback()) {
    auto made = open(at, options);
    EXPECT_TRUE(made.ok()) << made.error().message();
    return *made;
  }
  void send(Ear& by, const Endpoint& to, BytesView datagram) {
    on_loop(kControlLoop, [&] {
      const Status sent = by.socket->send(to, datagram);
      EXPECT_TRUE(sent.ok()) << sent.error().message();
    });
  }
  /// Sends until it is heard: datagrams may get lost.
  void send_until_heard(Ear& by, const Endpoint& to, BytesView datagram, Ear& ear) {
    for (int i = 0; i < 50; ++i) {
      send(by, to, datagram);
      if (ear.arrived->wait(in(std::chrono::milliseconds(200)))) return;
    }
    FAIL() << "nothing arrived";
  }
  std::vector<Bytes> heard(const std::shared_ptr<Ear>& ear) {
    std::vector<Bytes> copy;
    on_loop(kControlLoop, [&] { copy = ear->heard; });
    return copy;
  }
  void pause() { scheduler().sleep_until(in(std::chrono::milliseconds(50))); }
};

TEST_P(DatagramContract, OneArrivesWholeWithItsSender) {
  const auto a = must_open({"127.0.0.1", 0}), b = must_open({"127.0.0.1", 0});
  ASSERT_NE(b->socket->local().port, 0);
  const Bytes text(1000, 'x');
  send_until_heard(*a, b->socket->local(), text, *b);
  EXPECT_EQ(heard(b).front(), text);
  on_loop(kControlLoop, [&] { EXPECT_EQ(b->from.front(), a->socket->local()); });
  send_until_heard(*b, a->socket->local(), "", *a);
  EXPECT_EQ(heard(a).front(), "") << "an empty one is one too";
}

TEST_P(DatagramContract, AGroupIsHeardByEveryMemberAndByNobodyElse) {
  const auto sender = must_open({"127.0.0.1", 0});
  const auto first = must_open({kGroup, 0});
  const std::uint16_t port = first->socket->local().port;
  const auto second = must_open({kGroup, port}), other = must_open({kOtherGroup, port});
  for (const auto& ear : {first, second}) send_until_heard(*sender, {kGroup, port}, "hello", *ear);
  EXPECT_EQ(heard(first).front(), "hello");
  EXPECT_EQ(heard(second).front(), "hello");
  send_until_heard(*sender, {kOtherGroup, port}, "you", *other);
  pause();
  EXPECT_EQ(heard(other).front(), "you");
  for (const auto& ear : {first, second}) {
    for (const Bytes& one : heard(ear)) EXPECT_EQ(one, "hello");
  }
}

TEST_P(DatagramContract, AMemberAnswersWhoAsked) {
  const auto asking = must_open({"127.0.0.1", 0}), member = must_open({kGroup, 0}), answering = must_open({"127.0.0.1", 0});
  send_until_heard(*asking, {kGroup, member->socket->local().port}, "who?", *member);
  Endpoint who;
  on_loop(kControlLoop, [&] { who = member->from.front(); });
  EXPECT_EQ(who, asking->socket->local());
  send_until_heard(*answering, who, "me", *asking);
  EXPECT_EQ(heard(asking).front(), "me");
}

TEST_P(DatagramContract, WithoutLoopbackThisMachineHearsNothing) {
  DatagramOptions by_default;  // the system's interface; no datagram leaves the machine
  by_default.hops = 0;
  by_default.shared = true;
  DatagramOptions silent = by_default;
  silent.loopback = false;
  const auto loud = must_open({"", 0}, by_default), mute = must_open({"", 0}, silent);
  auto member = open({kGroup, 0}, by_default);
  if (!member.ok()) GTEST_SKIP() << "this machine has no interface for groups but the loopback one: " << member.error().message();
  const Endpoint group{kGroup, (*member)->socket->local().port};
  for (int i = 0; i < 5; ++i) send(*mute, group, "mute");
  send_until_heard(*loud, group, "loud", **member);
  pause();
  for (const Bytes& one : heard(*member)) EXPECT_EQ(one, "loud");
}

TEST_P(DatagramContract, LongOnesAreNeitherSentNorHandedOver) {
  DatagramOptions large = on_loopback();
  large.datagram_bytes_max = 5000;
  const auto a = must_open({"127.0.0.1", 0}, large), b = must_open({"127.0.0.1", 0});
  on_loop(kControlLoop, [&] {
    EXPECT_TRUE(b->socket->send(a->socket->local(), Bytes(1401, 'x')).failed_with(Errc::too_large));
    EXPECT_TRUE(a->socket->send({"no.address", 1}, "x").failed_with(Errc::io_error));
  });
  for (int i = 0; i < 3; ++i) send(*a, b->socket->local(), Bytes(1401, 'x'));
  send_until_heard(*a, b->socket->local(), "short", *b);
  pause();
  for (const Bytes& one : heard(b)) EXPECT_EQ(one, "short");
}

TEST_P(DatagramContract, APortIsSharedOnlyWhenBothSayIt) {
  const auto alone = must_open({"127.0.0.1", 0}, on_loopback(false));
  EXPECT_TRUE(open(alone->socket->local(), on_loopback()).failed_with(Errc::address_in_use));
  const auto shared = must_open({kGroup, 0});
  EXPECT_TRUE(open(shared->socket->local(), on_loopback(false)).failed_with(Errc::address_in_use));
  EXPECT_TRUE(open(shared->socket->local(), on_loopback()).ok());
  EXPECT_TRUE(open({"no.address", 0}, on_loopback()).failed_with(Errc::invalid_argument));
  DatagramOptions elsewhere = on_loopback();
  elsewhere.interface = "203.0.113.99";
  EXPECT_TRUE(open({kGroup, 0}, elsewhere).failed_with(Errc::io_error));
}

TEST_P(DatagramContract, AClosedSocketHearsNothingMoreAndItsPortIsFree) {
  const auto a = must_open({"127.0.0.1", 0}), b = must_open({"127.0.0.1", 0}, on_loopback(false));
  const Endpoint at = b->socket->local();
  send_until_heard(*a, at, "one", *b);
  std::size_t before = 0;
  on_loop(kControlLoop, [&] {
    b->socket.reset();
    before = b->heard.size();
  });
  send(*a, at, "two");
  pause();
  EXPECT_EQ(heard(b).size(), before);
  EXPECT_TRUE(open(at, on_loopback(false)).ok());
}

}  // namespace holdfast::runtime
