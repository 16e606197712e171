// The network's part of the contract of a Runtime; see runtime_contract.h.
//
// Owner: the test program; included by one .cpp of it.  Threads: the test's own thread is none of the runtime's.
#pragma once

#include "runtime/runtime_contract.h"

namespace holdfast::runtime {

/// What one connection's handler saw; shared by the handler and the test.
struct Seen {
  explicit Seen(Scheduler& scheduler) : opened(scheduler.make_event()), closed(scheduler.make_event()), enough(scheduler.make_event()) {}
  std::unique_ptr<Event> opened, closed, enough;
  std::size_t wanted = 0;               // `enough` is set with so many bytes
  Bytes received;
  std::vector<std::size_t> sizes;       // of what on_data was shown
  Errc reason = Errc::internal;
  ConnectionPtr connection;
};

using OnData = std::function<std::size_t(Connection&, BytesView)>;

/// Records into Seen, and lets the test say what on_data does.
class RecordingHandler : public Handler {
 public:
  RecordingHandler(std::shared_ptr<Seen> seen, OnData on_data) : seen_(std::move(seen)), on_data_(std::move(on_data)) {}
  void on_open(Connection& connection) override {
    seen_->connection = connection.shared_from_this();
    seen_->opened->set();
  }
  std::size_t on_data(Connection& connection, BytesView input) override {
    seen_->sizes.push_back(input.size());
    const std::size_t used = on_data_ ? on_data_(connection, input) : input.size();
    seen_->received.append(input.substr(0, used));
    if (seen_->received.size() >= seen_->wanted) seen_->enough->set();
    return used;
  }
  void on_close(Connection&, Errc reason) override {
    seen_->reason = reason;
    seen_->closed->set();
  }

 private:
  std::shared_ptr<Seen> seen_;
  OnData on_data_;
};

class NetContract : public RuntimeContract {
 protected:
  /// A server whose connections (one, usually) record into `server`, and a client of it that records into `client`.
  void connect(OnData server_does, OnData client_does = nullptr, const ListenOptions& options = {}) {
    server = std::make_shared<Seen>(scheduler());
    client = std::make_shared<Seen>(scheduler());
    auto made = rt().net().listen({"127.0.0.1", 0}, [this, server_does] { return std::make_unique<RecordingHandler>(server, server_does); }, options);
    ASSERT_TRUE(made.ok()) << made.error().message();
    listener = std::move(made).value();
    auto connected = rt().net().connect(1, listener->local(), std::make_unique<RecordingHandler>(client, client_does), soon());
    ASSERT_TRUE(connected.ok()) << connected.error().message();
    connection = *connected;
    ASSERT_TRUE(server->opened->wait(soon()));
  }
  void send(BytesView bytes) {
    on_loop(connection->loop(), [&] {
      connection->output().append(bytes);
      connection->flush();
    });
  }
  static std::size_t echo(Connection& connection, BytesView input) {
    connection.output().append(input);
    return input.size();
  }
  void TearDown() override {
    // Handlers refer to the test: their connections end first.
    const auto end = [&](const ConnectionPtr& c) {
      if (c) on_loop(c->loop(), [&] { c->abort(); });
    };
    end(connection);
    for (const auto& seen : {server, client}) {
      if (!seen) continue;
      ASSERT_TRUE(seen->closed->wait(soon()));
      seen->connection = nullptr;
    }
    connection = nullptr;
    listener = nullptr;
    world_ = nullptr;
  }

  std::shared_ptr<Seen> server, client;
  std::unique_ptr<Listener> listener;
  ConnectionPtr connection;
};

TEST_P(NetContract, EchoesALargeMessage) {
  connect(echo);
  Bytes sent;
  for (int i = 0; sent.size() < 3'000'000; ++i) sent += std::to_string(i);
  client->wanted = sent.size();
  send(sent);
  ASSERT_TRUE(client->enough->wait(soon()));
  EXPECT_TRUE(client->received == sent);
}

TEST_P(NetContract, AnswersManySmallMessagesInOrder) {
  connect(echo);
  Bytes expected;
  for (int i = 0; i < 200; ++i) expected += std::to_string(i) + ",";
  client->wanted = expected.size();
  for (int i = 0; i < 200; ++i) send(std::to_string(i) + ",");
  ASSERT_TRUE(client->enough->wait(soon()));
  EXPECT_EQ(client->received, expected);
}

TEST_P(NetContract, BothEndsKnowTheirAddressesAndLoops) {
  connect(echo);
  EXPECT_EQ(connection->loop(), 1U);
  EXPECT_EQ(connection->peer(), listener->local());
  EXPECT_EQ(listener->local().host, "127.0.0.1");
  EXPECT_NE(listener->local().port, 0);
  const ConnectionPtr theirs = server->connection;
  EXPECT_EQ(theirs->local(), connection->peer());
  EXPECT_EQ(theirs->peer(), connection->local());
  EXPECT_LT(theirs->loop(), scheduler().loops());
}

TEST_P(NetContract, ShowsWhatWasNotConsumedAgainWithMoreBehindIt) {
  // Consumes whole frames of ten bytes only.
  connect([](Connection& c, BytesView input) {
    const std::size_t whole = input.size() / 10 * 10;
    c.output().append(input.substr(0, whole));
    return whole;
  });
  client->wanted = 30;
  send("0123456789abc");
  scheduler().sleep_until(in(std::chrono::milliseconds(10)));
  send("defghij");
  scheduler().sleep_until(in(std::chrono::milliseconds(10)));
  send("KLMNOPQRST");
  ASSERT_TRUE(client->enough->wait(soon()));
  EXPECT_EQ(client->received, "0123456789abcdefghijKLMNOPQRST");
}

TEST_P(NetContract, AHandlerMayWaitAndIsNotCalledAgainMeanwhile) {
  std::atomic<int> inside{0};
  connect([&](Connection& c, BytesView input) {
    EXPECT_EQ(++inside, 1);
    EXPECT_TRUE(scheduler().in_fiber());
    scheduler().sleep_until(in(std::chrono::milliseconds(5)));
    --inside;
    return echo(c, input);
  });
  client->wanted = 3;
  for (const char* part : {"a", "b", "c"}) {
    send(part);
    scheduler().sleep_until(in(std::chrono::milliseconds(1)));
  }
  ASSERT_TRUE(client->enough->wait(soon()));
  EXPECT_EQ(client->received, "abc");
}

TEST_P(NetContract, AReaderThatIsBusyHoldsTheWriterBack) {
  const auto go = scheduler().make_event();
  connect([&](Connection&, BytesView input) {
    go->wait(soon());
    return input.size();
  });
  const Bytes much(std::size_t{16} << 20, 'x');
  server->wanted = much.size();
  send(much);
  scheduler().sleep_until(in(std::chrono::milliseconds(50)));
  on_loop(1, [&] { EXPECT_GT(connection->pending_output(), 0U); });
  in_fiber(1, [&] { EXPECT_FALSE(connection->wait_for_output_below(0, in(std::chrono::milliseconds(5)))); });
  go->set();
  in_fiber(1, [&] {
    EXPECT_TRUE(connection->wait_for_output_below(0, soon()));
    EXPECT_EQ(connection->pending_output(), 0U);
  });
  EXPECT_TRUE(server->enough->wait(soon()));
}

TEST_P(NetContract, AClientThatDoesNotReadIsNotReadFrom) {
  const auto go = scheduler().make_event();
  ListenOptions options;
  options.output_bytes_max = 100'000;
  // Every byte is answered by 64; the client does not read at first. One read takes a part of the requests only.
  connect([](Connection& c, BytesView input) {
    c.output().append(Bytes(input.size() * 64, 'y'));
    return input.size();
  }, [&](Connection&, BytesView input) {
    go->wait(soon());
    return input.size();
  }, options);
  const std::size_t requests = std::size_t{1} << 20;
  client->wanted = requests * 64;
  for (int i = 0; i < 16; ++i) send(Bytes(requests / 16, 'x'));
  scheduler().sleep_until(in(std::chrono::milliseconds(50)));
  std::size_t handled = 0;
  on_loop(server->connection->loop(), [&] { handled = server->received.size(); });
  EXPECT_LT(handled, requests);
  go->set();
  EXPECT_TRUE(client->enough->wait(soon()));
  EXPECT_EQ(client->received.size(), requests * 64);
}

TEST_P(NetContract, CloseAfterFlushDeliversWhatIsPendingThenTheEnd) {
  connect([](Connection& c, BytesView input) {
    c.output().append(Bytes(2'000'000, 'z'));
    c.close_after_flush();
    return input.size();
  });
  send("go");
  ASSERT_TRUE(client->closed->wait(soon()));
  EXPECT_EQ(client->received.size(), 2'000'000U);
  EXPECT_EQ(client->reason, Errc::ok);
  ASSERT_TRUE(server->closed->wait(soon()));
}

TEST_P(NetContract, CloseAfterFlushKeepsTheAnswerThoughInputIsUnread) {
  connect([](Connection& c, BytesView) {
    c.output().append("goodbye");
    c.close_after_flush();
    return std::size_t{0};
  });
  send(Bytes(1'000'000, 'q'));
  ASSERT_TRUE(client->closed->wait(soon()));
  EXPECT_EQ(client->received, "goodbye");
}

TEST_P(NetContract, AbortClosesAtOnceAndTellsBothSides) {
  connect(echo);
  on_loop(1, [&] {
    connection->abort();
    EXPECT_FALSE(connection->is_open());
    connection->abort();
  });
  ASSERT_TRUE(client->closed->wait(soon()));
  EXPECT_EQ(client->reason, Errc::cancelled);
  ASSERT_TRUE(server->closed->wait(soon()));
  in_fiber(1, [&] { EXPECT_FALSE(connection->wait_for_output_below(0, soon())); });
}

TEST_P(NetContract, AbortInsideTheHandlerCallsCloseAfterIt) {
  connect([](Connection& c, BytesView input) {
    c.abort();
    return input.size();
  });
  send("x");
  ASSERT_TRUE(server->closed->wait(soon()));
  EXPECT_EQ(server->received, "x");
  ASSERT_TRUE(client->closed->wait(soon()));
}

TEST_P(NetContract, InputThatNobodyConsumesClosesTheConnectionAtItsBound) {
  ListenOptions options;
  options.input_bytes_max = 10'000;
  connect([](Connection&, BytesView) { return std::size_t{0}; }, nullptr, options);
  send(Bytes(100'000, 'x'));
  ASSERT_TRUE(server->closed->wait(soon()));
  EXPECT_EQ(server->reason, Errc::too_large);
}

TEST_P(NetContract, ATakenPortIsRefusedAndAFreedOneIsNot) {
  const auto factory = [] { return std::make_unique<RecordingHandler>(nullptr, nullptr); };
  auto first = rt().net().listen({"127.0.0.1", 0}, factory, {});
  ASSERT_TRUE(first.ok());
  const Endpoint taken = (*first)->local();
  EXPECT_TRUE(rt().net().listen(taken, factory, {}).failed_with(Errc::address_in_use));
  first.value().reset();
  EXPECT_TRUE(rt().net().listen(taken, factory, {}).ok());
}

TEST_P(NetContract, ConnectingToNobodyIsRefusedAndAnUnknownNameIsNotFound) {
  const auto factory = [] { return std::make_unique<RecordingHandler>(nullptr, nullptr); };
  auto gone = rt().net().listen({"127.0.0.1", 0}, factory, {});
  ASSERT_TRUE(gone.ok());
  const Endpoint nobody = (*gone)->local();
  gone.value().reset();
  const auto handler = [this] { return std::make_unique<RecordingHandler>(std::make_shared<Seen>(scheduler()), nullptr); };
  EXPECT_TRUE(rt().net().connect(0, nobody, handler(), soon()).failed_with(Errc::refused));
  in_fiber(0, [&] { EXPECT_TRUE(rt().net().connect(0, nobody, handler(), soon()).failed_with(Errc::refused)); });
  EXPECT_TRUE(rt().net().listen({"no.such.name", 0}, factory, {}).failed_with(Errc::invalid_argument));
}

}  // namespace holdfast::runtime
