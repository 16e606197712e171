#include "server/single_port.h"

#include <gtest/gtest.h>

#include "runtime/posix_runtime.h"

namespace holdfast::server {
namespace {

using runtime::Connection;

/// Answers "NAME:" and what it got; "wait" waits for `release` first.
struct Echo final : runtime::Handler {
  Echo(std::string n, runtime::Event* r) : name(std::move(n)), release(r) {}
  std::size_t on_data(Connection& connection, BytesView input) override {
    if (input.find("wait") != BytesView::npos) release->wait(kNever);
    connection.output() += name + ":" + std::string(input);
    return input.size();
  }
  std::string name;
  runtime::Event* release;
};

struct EchoEndpoint final : Endpoint {
  EchoEndpoint(std::string n, std::string p, runtime::Event* r) : name(std::move(n)), prefix(std::move(p)), release(r) {}
  Detection detect(BytesView first) const override {
    const std::size_t n = std::min(first.size(), prefix.size());
    if (first.substr(0, n) != BytesView(prefix).substr(0, n)) return Detection::no;
    return n == prefix.size() ? Detection::yes : Detection::need_more;
  }
  std::unique_ptr<runtime::Handler> make_handler() override { return std::make_unique<Echo>(name, release); }
  std::string name, prefix;
  runtime::Event* release;
};

struct Client final : runtime::Handler {
  struct State {
    explicit State(runtime::Scheduler& s) : changed(s.make_event()) {}
    Mutex mutex;
    std::string received;
    bool closed = false;
    std::unique_ptr<runtime::Event> changed;
  };
  explicit Client(std::shared_ptr<State> s) : state(std::move(s)) {}
  std::size_t on_data(Connection&, BytesView input) override {
    Locked locked(state->mutex);
    state->received += input;
    state->changed->set();
    return input.size();
  }
  void on_close(Connection&, Errc) override {
    Locked locked(state->mutex);
    state->closed = true;
    state->changed->set();
  }
  std::shared_ptr<State> state;
};

class SinglePort : public testing::Test {
 protected:
  void listen(bool both = true) {
    std::vector<NamedEndpoint> endpoints;
    endpoints.push_back({"a", std::make_unique<EchoEndpoint>("a", "AAA", release.get())});
    if (both) endpoints.push_back({"b", std::make_unique<EchoEndpoint>("b", "AB", release.get())});
    auto list = std::make_shared<const std::vector<NamedEndpoint>>(std::move(endpoints));
    auto made = rt->net().listen({"127.0.0.1", 0}, single_port(list, open, rt->log()), {});
    ASSERT_TRUE(made.ok());
    listener = std::move(*made);
  }
  struct Peer {
    runtime::ConnectionPtr connection;
    std::shared_ptr<Client::State> state;
  };
  Peer connect() {
    auto state = std::make_shared<Client::State>(rt->scheduler());
    auto connection = rt->net().connect(0, listener->local(), std::make_unique<Client>(state), deadline());
    EXPECT_TRUE(connection.ok());
    return {*connection, state};
  }
  void send(const Peer& peer, std::string text) {
    rt->scheduler().post(0, [connection = peer.connection, text = std::move(text)] {
      connection->output() += text;
      connection->flush();
    });
  }
  template <class F>
  bool eventually(const Peer& peer, F condition) {
    for (const Instant end = deadline(); rt->clock().now() < end;) {
      {
        Locked locked(peer.state->mutex);
        if (condition(*peer.state)) return true;
        peer.state->changed->reset();
      }
      peer.state->changed->wait(end);
    }
    return false;
  }
  bool receives(const Peer& peer, const std::string& text) {
    return eventually(peer, [&](const Client::State& s) { return s.received == text; });
  }
  bool is_closed(const Peer& peer) {
    return eventually(peer, [](const Client::State& s) { return s.closed; });
  }
  Instant deadline() { return rt->clock().now() + std::chrono::seconds(5); }

  std::unique_ptr<runtime::Runtime> rt = runtime::make_posix_runtime({2});
  std::unique_ptr<runtime::Event> release = rt->scheduler().make_event();
  std::shared_ptr<OpenConnections> open = std::make_shared<OpenConnections>(*rt);
  std::unique_ptr<runtime::Listener> listener;
};

TEST_F(SinglePort, TellsProtocolsApartByTheirFirstBytes) {
  listen();
  const Peer a = connect(), b = connect();
  send(a, "AAA1");
  send(b, "AB1");
  EXPECT_TRUE(receives(a, "a:AAA1"));
  EXPECT_TRUE(receives(b, "b:AB1"));
  send(a, "anything");
  EXPECT_TRUE(receives(a, "a:AAA1a:anything"));
}

TEST_F(SinglePort, WaitsForEnoughBytesToDecide) {
  listen();
  const Peer peer = connect();
  send(peer, "A");
  rt->scheduler().sleep_until(rt->clock().now() + std::chrono::milliseconds(20));
  send(peer, "A");
  rt->scheduler().sleep_until(rt->clock().now() + std::chrono::milliseconds(20));
  send(peer, "A!");
  EXPECT_TRUE(receives(peer, "a:AAA!"));
}

TEST_F(SinglePort, ClosesWhatNoProtocolKnows) {
  listen();
  const Peer peer = connect();
  send(peer, "nonsense");
  EXPECT_TRUE(is_closed(peer));
  EXPECT_EQ(peer.state->received, "");
}

TEST_F(SinglePort, GivesAPortOfOneProtocolEverything) {
  listen(false);
  const Peer peer = connect();
  send(peer, "nonsense");
  EXPECT_TRUE(receives(peer, "a:nonsense"));
}

TEST_F(SinglePort, FinishClosesIdleConnectionsAndLetsARequestEnd) {
  listen();
  const Peer idle = connect(), busy = connect();
  send(idle, "AAA");
  ASSERT_TRUE(receives(idle, "a:AAA"));
  send(busy, "AAAwait");
  rt->scheduler().sleep_until(rt->clock().now() + std::chrono::milliseconds(50));
  const auto finished = rt->scheduler().make_event();
  rt->scheduler().spawn(1, [&] {
    open->finish(deadline());
    finished->set();
  });
  EXPECT_TRUE(is_closed(idle));
  EXPECT_FALSE(finished->is_set());
  release->set();
  EXPECT_TRUE(receives(busy, "a:AAAwait"));
  EXPECT_TRUE(is_closed(busy));
  EXPECT_TRUE(finished->wait(deadline()));
  EXPECT_EQ(open->count(), 0U);
}

TEST_F(SinglePort, FinishDoesNotWaitForeverForARequest) {
  listen();
  const Peer busy = connect();
  send(busy, "AAAwait");
  rt->scheduler().sleep_until(rt->clock().now() + std::chrono::milliseconds(50));
  open->finish(rt->clock().now() + std::chrono::milliseconds(50));
  EXPECT_TRUE(is_closed(busy));
  release->set();
}

}  // namespace
}  // namespace holdfast::server
