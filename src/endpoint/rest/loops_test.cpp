#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/mutex.h"
#include "endpoint/rest/test_client.h"
#include "runtime/posix_runtime.h"

namespace holdfast::rest {
namespace {

/// A client that counts the answers of each kind.
struct Counter {
  explicit Counter(runtime::Scheduler& scheduler) : changed(scheduler.make_event()) {}
  Mutex mutex;
  std::string received HF_GUARDED_BY(mutex);
  std::unique_ptr<runtime::Event> changed;

  std::size_t count(std::string_view status) {
    Locked<Mutex> locked(mutex);
    std::size_t found = 0;
    for (std::size_t at = received.find(status); at != std::string::npos; at = received.find(status, at + 1)) ++found;
    return found;
  }
};
struct CountingHandler final : runtime::Handler {
  explicit CountingHandler(std::shared_ptr<Counter> c) : counter(std::move(c)) {}
  std::size_t on_data(runtime::Connection&, BytesView input) override {
    Locked<Mutex> locked(counter->mutex);
    counter->received += input;
    counter->changed->set();
    return input.size();
  }
  std::shared_ptr<Counter> counter;
};

TEST(RestLoops, ServeManyClientsThatLogInAndWriteAtOnce) {
  constexpr int kClients = 8;
  constexpr int kRounds = 100;
  GridOptions options;
  options.users = "alice=wonder\n";
  options.groups = "alice=admin\n";
  options.authorization = true;
  TestGrid grid(options);
  const auto runtime = runtime::make_posix_runtime({2});
  const auto endpoint = make_rest_endpoint({runtime.get(), grid.dispatcher.get(), &grid.control, grid.realm.get(), {}});
  const auto listener = runtime->net().listen({"127.0.0.1", 0}, [&] { return endpoint->make_handler(); }, {});
  ASSERT_TRUE(listener.ok());
  const Instant deadline = runtime->clock().now() + std::chrono::seconds(30);

  const std::string right = "Authorization: Basic " + to_base64("alice:wonder") + "\r\n";
  std::vector<std::pair<runtime::ConnectionPtr, std::shared_ptr<Counter>>> clients;
  for (int i = 0; i < kClients; ++i) {
    auto counter = std::make_shared<Counter>(runtime->scheduler());
    auto connection = runtime->net().connect(static_cast<runtime::LoopId>(i % 2), (*listener)->local(), std::make_unique<CountingHandler>(counter), deadline);
    ASSERT_TRUE(connection.ok());
    std::string requests;
    for (int round = 0; round < kRounds; ++round) {
      requests += TestClient::request("PUT", "/rest/v2/caches/c/k" + std::to_string(round % 5), "value", right);
      requests += TestClient::request("GET", "/rest/v2/caches/c/k" + std::to_string(round % 5), "", right);
      requests += TestClient::request("GET", "/rest/v2/container", "");  // is challenged with a nonce
    }
    runtime->scheduler().post(static_cast<runtime::LoopId>(i % 2), [connection = *connection, requests = std::move(requests)] {
      connection->output() += requests;
      connection->flush();
    });
    clients.emplace_back(*connection, counter);
  }
  for (const auto& [connection, counter] : clients) {
    while (counter->count("HTTP/1.1 401 ") < kRounds && runtime->clock().now() < deadline) {
      counter->changed->reset();
      if (counter->count("HTTP/1.1 401 ") < kRounds) counter->changed->wait(runtime->clock().now() + std::chrono::milliseconds(50));
    }
    EXPECT_EQ(counter->count("HTTP/1.1 204 "), static_cast<std::size_t>(kRounds));
    EXPECT_EQ(counter->count("HTTP/1.1 200 "), static_cast<std::size_t>(kRounds));
    EXPECT_EQ(counter->count("HTTP/1.1 401 "), static_cast<std::size_t>(kRounds));
  }
}

}  // namespace
}  // namespace holdfast::rest
