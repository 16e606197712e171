// What the simulator's own tests put on the hosts: echo servers and chatter.
//
// Owner: the tests.  Threads: the simulation's one.
#pragma once

#include <vector>

#include "runtime/net.h"
#include "sim/host.h"

namespace holdfast::sim {

inline constexpr std::uint16_t kEchoPort = 7;

class EchoHandler final : public runtime::Handler {
 public:
  std::size_t on_data(runtime::Connection& connection, BytesView input) override {
    connection.output().append(input);
    return input.size();
  }
};

/// Collects what came, and how it ended.
struct Collected {
  Bytes received;
  bool closed = false;
  Errc reason = Errc::ok;
};
class CollectHandler final : public runtime::Handler {
 public:
  explicit CollectHandler(std::shared_ptr<Collected> into) : into_(std::move(into)) {}
  std::size_t on_data(runtime::Connection&, BytesView input) override {
    into_->received.append(input);
    return input.size();
  }
  void on_close(runtime::Connection&, Errc reason) override {
    into_->closed = true;
    into_->reason = reason;
  }

 private:
  std::shared_ptr<Collected> into_;
};

/// An echo server that stays.
inline void serve_echo(runtime::Runtime& rt) {
  const auto listener = rt.net().listen({"", kEchoPort}, [] { return std::make_unique<EchoHandler>(); }, {});
  HF_ASSERT(listener.ok());
  rt.scheduler().make_event()->wait(kNever);
}

/// Serves echoes, and sends something to somebody again and again.
inline void chat(runtime::Runtime& rt, const std::vector<SimHost*>& hosts) {
  const auto listener = rt.net().listen({"", kEchoPort}, [] { return std::make_unique<EchoHandler>(); }, {});
  HF_ASSERT(listener.ok());
  for (;;) {
    const auto deadline = rt.clock().now() + std::chrono::milliseconds(500);
    const auto& to = *hosts[rt.random().next() % hosts.size()];
    const auto seen = std::make_shared<Collected>();
    auto connection = rt.net().connect(1, {to.address(), kEchoPort}, std::make_unique<CollectHandler>(seen), deadline);
    if (connection.ok()) {
      rt.scheduler().post(1, [c = *connection, size = rt.random().next() % 1000] {
        c->output().append(Bytes(size, 'x'));
        c->flush();
      });
      rt.scheduler().sleep_until(rt.clock().now() + std::chrono::milliseconds(20));
      rt.scheduler().post(1, [c = *connection] { c->close_after_flush(); });
    }
    rt.log().info("chat", std::to_string(seen->received.size()));
  }
}

}  // namespace holdfast::sim
