// Our client against our server, over simulated and over real sockets: what one says the other understands.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "client/remote_cache.h"
#include "config/config.h"
#include "endpoint/hotrod/hotrod_endpoint.h"
#include "runtime/posix_runtime.h"
#include "server/server.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

constexpr const char* kCaches = R"(<cache-container><local-cache name="data" statistics="true"/></cache-container>)";

std::string guarded(const std::string& folder) {
  return std::string("<infinispan>") + kCaches + R"(<server><interfaces><interface name="public"><loopback/></interface></interfaces>
    <socket-bindings default-interface="public"><socket-binding name="default" port="0"/></socket-bindings>
    <security><security-realms><security-realm name="default"><properties-realm>
      <user-properties path=")" + folder + R"(/users.properties"/><group-properties path=")" + folder + R"(/groups.properties"/>
    </properties-realm></security-realm></security-realms></security>
    <endpoints socket-binding="default" security-realm="default"><hotrod-connector name="hotrod"><authentication>
      <sasl mechanisms="PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-384 SCRAM-SHA-512" server-name="infinispan"/>
    </authentication></hotrod-connector></endpoints></server></infinispan>)";
}

class ClientServer : public testing::TestWithParam<bool> {
 protected:
  ClientServer() {
    if (simulated()) {
      simulation_ = std::make_unique<Simulation>(1);
      runtime_ = &simulation_->add_host({});
      folder_ = "/conf";
      return;
    }
    real_ = runtime::make_posix_runtime({.loops = 2});
    runtime_ = real_.get();
    folder_ = testing::TempDir() + "holdfast_client_" + std::to_string(getpid());
  }
  ~ClientServer() override {
    server_.reset();
    if (!simulated()) std::filesystem::remove_all(folder_);
  }
  static bool simulated() { return GetParam(); }

  void start(const std::string& configuration, bool configured) {
    auto document = config::read(configuration, {});
    ASSERT_TRUE(document.ok()) << document.error().message();
    server::ServerOptions options;
    options.configuration = std::move(document).value();
    options.configured = configured;
    options.endpoints["hotrod"] = [](const server::EndpointContext& context) { return hotrod::make_hotrod_endpoint(context); };
    auto started = server::Server::start(*runtime_, std::move(options));
    ASSERT_TRUE(started.ok()) << started.error().message();
    server_ = std::move(started).value();
  }
  void start_open() {
    start(std::string("<infinispan>") + kCaches + R"(<server><interfaces><interface name="public"><loopback/></interface></interfaces>
      <socket-bindings default-interface="public"><socket-binding name="default" port="0"/></socket-bindings>
      <endpoints socket-binding="default"/></server></infinispan>)", true);
  }
  void start_guarded() {
    ASSERT_TRUE(runtime_->disk().make_folders(folder_).ok());
    ASSERT_TRUE(runtime_->disk().replace(folder_ + "/users.properties", "alice=secret\n").ok());
    ASSERT_TRUE(runtime_->disk().replace(folder_ + "/groups.properties", "alice=admin\n").ok());
    start(guarded(folder_), true);
  }
  client::ClientOptions options() const {
    client::ClientOptions o;
    o.servers = server_->addresses();
    return o;
  }

  std::unique_ptr<Simulation> simulation_;
  std::unique_ptr<runtime::Runtime> real_;
  runtime::Runtime* runtime_ = nullptr;
  std::string folder_;
  std::unique_ptr<server::Server> server_;
};

TEST_P(ClientServer, EntriesAreWrittenReadAndRemoved) {
  start_open();
  const client::RemoteCacheManager manager(*runtime_, options());
  const client::RemoteCache cache = manager.cache("data");
  EXPECT_EQ(cache.get("k").value(), std::nullopt);
  EXPECT_FALSE(cache.put("k", "one", {.lifetime = {}, .return_previous = true})->previous);
  EXPECT_EQ(cache.put("k", "two", {.lifetime = {}, .return_previous = true})->previous, "one");
  EXPECT_EQ(cache.get("k").value(), "two");
  EXPECT_TRUE(cache.contains("k").value());
  EXPECT_EQ(cache.remove("k", {.lifetime = {}, .return_previous = true})->previous, "two");
  EXPECT_FALSE(cache.remove("k")->done);
  EXPECT_FALSE(cache.contains("k").value());
  const Bytes large(1'000'000, 'x');
  EXPECT_TRUE(cache.put("large", large)->done);
  EXPECT_EQ(cache.get("large").value(), large);
}

TEST_P(ClientServer, ConditionsHold) {
  start_open();
  const client::RemoteCacheManager manager(*runtime_, options());
  const client::RemoteCache cache = manager.cache("data");
  EXPECT_FALSE(cache.replace("k", "x")->done);
  EXPECT_TRUE(cache.put_if_absent("k", "one")->done);
  EXPECT_FALSE(cache.put_if_absent("k", "two")->done);
  EXPECT_TRUE(cache.replace("k", "two")->done);
  const auto found = cache.get_with_metadata("k").value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "two");
  EXPECT_FALSE(cache.replace_if_unmodified("k", "x", found->metadata.version + 1)->done);
  EXPECT_TRUE(cache.replace_if_unmodified("k", "three", found->metadata.version)->done);
  EXPECT_FALSE(cache.remove_if_unmodified("k", found->metadata.version)->done);
  EXPECT_TRUE(cache.remove_if_unmodified("k", cache.get_with_metadata("k").value()->metadata.version)->done);
  EXPECT_FALSE(cache.remove_if_unmodified("k", 1)->existed);
  EXPECT_EQ(cache.get_with_metadata("k").value(), std::nullopt);
}

TEST_P(ClientServer, WholeCachesAreCountedClearedAndFilled) {
  start_open();
  const client::RemoteCacheManager manager(*runtime_, options());
  const client::RemoteCache cache = manager.cache("data");
  EXPECT_TRUE(cache.put_all({{"a", "1"}, {"b", "2"}, {"c", "3"}}).value());
  EXPECT_EQ(cache.size().value(), 3U);
  auto some = cache.get_all({"a", "c", "missing"}).value();
  std::sort(some.begin(), some.end());
  EXPECT_EQ(some, (client::Entries{{"a", "1"}, {"c", "3"}}));
  bool counted = false;
  const client::Entries statistics = cache.statistics().value();
  for (const auto& [name, value] : statistics) counted = counted || (name == "stores" && value == "3");
  EXPECT_TRUE(counted);
  EXPECT_TRUE(cache.clear().ok());
  EXPECT_EQ(cache.size().value(), 0U);
}

TEST_P(ClientServer, LifespansTravelAndEnd) {
  start_open();
  const client::RemoteCacheManager manager(*runtime_, options());
  const client::RemoteCache cache = manager.cache("data");
  ASSERT_TRUE(cache.put("long", "v", {.lifetime = {.lifespan_ms = 7000, .max_idle_ms = 9000}})->done);
  EXPECT_EQ(cache.get_with_metadata("long").value()->metadata.expiration, (Expiration{7000, 9000}));
  ASSERT_TRUE(cache.put("short", "v", {.lifetime = {.lifespan_ms = 20, .max_idle_ms = -1}})->done);
  runtime_->scheduler().sleep_until(runtime_->clock().now() + std::chrono::milliseconds(60));
  EXPECT_EQ(cache.get("short").value(), std::nullopt);
}

TEST_P(ClientServer, CachesAreMadeAndUnknownOnesAreErrors) {
  start_open();
  const client::RemoteCacheManager manager(*runtime_, options());
  EXPECT_TRUE(manager.cache("made").get("k").failed_with(Errc::cache_not_found));
  ASSERT_TRUE(manager.execute("@@cache@create", {{"name", "made"}, {"configuration", "<local-cache/>"}}).ok());
  EXPECT_TRUE(manager.cache("made").put("k", "v").ok());
  EXPECT_TRUE(manager.execute("@@cache@create", {{"name", "made"}, {"configuration", "<local-cache/>"}}).failed_with(Errc::already_exists));
  EXPECT_NE(manager.execute("@@cache@names", {}).value().find("\"made\""), Bytes::npos);
}

TEST_P(ClientServer, ManyOperationsAreUnderWayOnOneConnection) {
  start_open();
  const client::RemoteCacheManager manager(*runtime_, options());
  const client::RemoteCache cache = manager.cache("data");
  std::vector<client::Future<client::Written>> puts;
  for (int i = 0; i < 1000; ++i) puts.push_back(cache.async_put("k" + std::to_string(i), "v" + std::to_string(i)));
  for (auto& put : puts) EXPECT_TRUE(put.get().ok());
  std::vector<client::Future<std::optional<Bytes>>> gets;
  for (int i = 0; i < 1000; ++i) gets.push_back(cache.async_get("k" + std::to_string(i)));
  for (std::size_t i = 0; i < gets.size(); ++i) EXPECT_EQ(gets[i].get().value(), "v" + std::to_string(i));
}

TEST_P(ClientServer, EveryMechanismAuthenticates) {
  start_guarded();
  EXPECT_TRUE(client::RemoteCacheManager(*runtime_, options()).cache("data").get("k").failed_with(Errc::unauthenticated));
  for (const char* mechanism : {"", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-384", "SCRAM-SHA-512"}) {
    client::ClientOptions with = options();
    with.connection.credentials = client::Credentials{"alice", "secret", mechanism};
    const auto got = client::RemoteCacheManager(*runtime_, with).cache("data").put("k", "v");
    EXPECT_TRUE(got.ok()) << mechanism << ": " << got.error().message();
    with.connection.credentials->password = "wrong";
    EXPECT_TRUE(client::RemoteCacheManager(*runtime_, with).cache("data").get("k").failed_with(Errc::unauthenticated)) << mechanism;
  }
}

INSTANTIATE_TEST_SUITE_P(Over, ClientServer, testing::Bool(), [](const testing::TestParamInfo<bool>& tested) { return tested.param ? "Simulation" : "Sockets"; });

}  // namespace
}  // namespace holdfast::sim
