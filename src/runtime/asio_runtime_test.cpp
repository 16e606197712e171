#include "runtime/asio_runtime.h"

#include <gtest/gtest.h>

#include <atomic>

namespace holdfast::runtime {
namespace {

class Echo : public Handler {
 public:
  std::size_t on_data(Connection& connection, BytesView input) override {
    connection.output().append(input);
    return input.size();
  }
};

class Collect : public Handler {
 public:
  Collect(Bytes& into, Event& enough, std::size_t size) : into_(into), enough_(enough), size_(size) {}
  std::size_t on_data(Connection&, BytesView input) override {
    into_.append(input);
    if (into_.size() >= size_) enough_.set();
    return input.size();
  }

 private:
  Bytes& into_;
  Event& enough_;
  std::size_t size_;
};

TEST(AsioRuntime, EchoesALargeMessageOverTcp) {
  const auto runtime = make_asio_runtime();
  auto listener = runtime->net().listen({"127.0.0.1", 0}, [] { return std::make_unique<Echo>(); }, {});
  ASSERT_TRUE(listener.ok());
  const Bytes sent(3'000'000, 'x');
  Bytes received;
  const auto enough = runtime->scheduler().make_event();
  auto connection = runtime->net().connect(0, (*listener)->local(), std::make_unique<Collect>(received, *enough, sent.size()), runtime->clock().now() + std::chrono::seconds(5));
  ASSERT_TRUE(connection.ok()) << connection.error().message();
  runtime->scheduler().post(0, [c = *connection, &sent] {
    c->output().append(sent);
    c->flush();
  });
  EXPECT_TRUE(enough->wait(runtime->clock().now() + std::chrono::seconds(10)));
  EXPECT_EQ(received, sent);
}

TEST(AsioRuntime, FibersWaitForEachOther) {
  const auto runtime = make_asio_runtime({.loops = 2});
  auto& scheduler = runtime->scheduler();
  const auto ping = scheduler.make_event();
  const auto pong = scheduler.make_event();
  scheduler.spawn(0, [&] {
    EXPECT_TRUE(ping->wait(kNever));
    pong->set();
  });
  scheduler.spawn(1, [&] {
    scheduler.sleep_until(runtime->clock().now() + std::chrono::milliseconds(5));
    ping->set();
  });
  EXPECT_TRUE(pong->wait(runtime->clock().now() + std::chrono::seconds(5)));
}

TEST(AsioRuntime, RefusedConnectionsSaySo) {
  const auto runtime = make_asio_runtime();
  auto listener = runtime->net().listen({"127.0.0.1", 0}, [] { return std::make_unique<Echo>(); }, {});
  ASSERT_TRUE(listener.ok());
  const Endpoint taken = (*listener)->local();
  EXPECT_TRUE(runtime->net().listen(taken, [] { return std::make_unique<Echo>(); }, {}).failed_with(Errc::address_in_use));
  listener.value().reset();
  EXPECT_TRUE(runtime->net().connect(0, taken, std::make_unique<Echo>(), runtime->clock().now() + std::chrono::seconds(5)).failed_with(Errc::refused));
}

}  // namespace
}  // namespace holdfast::runtime
