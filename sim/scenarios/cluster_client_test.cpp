// Our client against three of our servers in the simulator: routing by the real topology, and what it sees while a server
// is killed, hangs or leaves. What it was told must be linearizable.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "client/remote_cache.h"
#include "client/remote_listener.h"
#include "client/walk.h"
#include "config/config.h"
#include "endpoint/hotrod/hotrod_endpoint.h"
#include "server/server.h"
#include "sim/checkers/linearizable.h"
#include "sim/checkers/once.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kServers = 3;
constexpr std::uint32_t kSegments = 12;

std::string configuration(const std::string& hosts, const std::string& address) {
  return R"(<infinispan><jgroups><stack name="sim" extends="tcp"><TCPPING initial_hosts=")" + hosts + R"(" port_range="0"/></stack></jgroups>
    <cache-container><transport cluster="sim" stack="sim"/>
      <distributed-cache name="data" owners="2" segments="12"/><local-cache name="alone"/></cache-container>
    <server><interfaces><interface name="public"><inet-address value=")" + address + R"("/></interface></interfaces>
    <socket-bindings default-interface="public"><socket-binding name="default" port="11222"/></socket-bindings>
    <endpoints socket-binding="default"/></server></infinispan>)";
}

class ClusterClient : public testing::TestWithParam<std::uint64_t> {
 protected:
  ClusterClient() {
    for (std::size_t i = 0; i < kServers; ++i) simulation.add_host({.name = "server" + std::to_string(i)});
    for (std::size_t i = 0; i < kServers; ++i) hosts_ += (i == 0 ? "" : ",") + host(i).address() + "[7800]";
    here = &simulation.add_host({.name = "client"});
    for (std::size_t i = 0; i < kServers; ++i) start(i);
    EXPECT_TRUE(simulation.run_until([this] { return started == kServers; }, seconds(30)));
    simulation.run_for(seconds(5));
  }
  SimHost& host(std::size_t i) { return *simulation.hosts()[i]; }

  void start(std::size_t i) {
    host(i).run([this, i](runtime::Runtime& rt) {
      auto document = config::read(configuration(hosts_, host(i).address()), {});
      HF_ASSERT(document.ok());
      server::ServerOptions options;
      options.configuration = std::move(document).value();
      options.endpoints["hotrod"] = [](const server::EndpointContext& context) {
        hotrod::Extensions extensions;
        extensions.topology = hotrod::cluster_topology(*context.dispatcher);
        return hotrod::make_hotrod_endpoint(context, std::move(extensions));
      };
      options.node_name = "n" + std::to_string(i);
      options.machine_addresses = {{"eth0", host(i).address()}};
      options.property = [this, i](const std::string& name) { return name == "jgroups.bind.address" ? std::optional(host(i).address()) : std::nullopt; };
      const auto server = server::Server::start(rt, std::move(options));
      EXPECT_TRUE(server.ok()) << server.error().message();
      if (!server.ok()) return;
      ++started;
      rt.scheduler().make_event()->wait(kNever);
    });
  }
  client::ClientOptions options(client::Retry retry) {
    client::ClientOptions o;
    for (std::size_t i = 0; i < kServers; ++i) o.servers.push_back({host(i).address(), 11222});
    o.attempt_timeout = seconds(1);
    o.retry = retry;
    return o;
  }
  /// Four workers of the client write and read for the time; faults happen meanwhile.
  void work(const client::RemoteCache& cache, Duration length) {
    const Duration end = simulation.now() + length;
    std::uint32_t running = 4;
    for (std::uint32_t w = 0; w < 4; ++w) {
      here->scheduler().spawn(w % 2, [this, &cache, &running, end, w] {
        while (simulation.now() < end) {
          step(cache, w);
          here->scheduler().sleep_until(here->clock().now() + milliseconds(here->random().next() % 10));
        }
        --running;
      });
    }
    EXPECT_TRUE(simulation.run_until([&] { return running == 0; }, length + seconds(60)));
  }
  void step(const client::RemoteCache& cache, std::uint32_t worker) {
    const auto key = static_cast<std::uint32_t>(here->random().next() % 20);
    const std::string name = "key" + std::to_string(key);
    Observation o{.client = worker, .key = key, .invoked = simulation.now()};
    std::optional<Error> failure;
    if (here->random().next() % 2 == 0) {
      o.kind = Observation::Kind::write;
      o.value = next_value++;
      const auto put = cache.put(name, std::to_string(o.value));
      if (!put.ok()) failure = put.error();
    } else {
      const auto got = cache.get(name);
      if (!got.ok()) failure = got.error();
      o.value = got.ok() && *got ? std::stoull(**got) : 0;
    }
    o.outcome = !failure ? Outcome::ok : client::took_effect_unknown(*failure) ? Outcome::unknown : Outcome::fail;
    o.returned = simulation.now();
    if (failure) failures.push_back(std::string(o.kind == Observation::Kind::write ? "put: " : "get: ") + failure->message());
    if (o.kind == Observation::Kind::write || !failure) history.push_back(o);
  }
  /// The first owner of the key, as the client knows it.
  std::size_t primary_of(const client::RemoteCache& cache, const std::string& key) {
    const auto table = cache.table();
    const auto& first = table->servers[table->owners[segment_of(hash_key(key), kSegments)].front()]->server();
    for (std::size_t i = 0; i < kServers; ++i) {
      if (first.host == host(i).address()) return i;
    }
    return kServers;
  }
  /// One more, by a read and a conditional write.
  void increment(const client::RemoteCache& cache, std::uint32_t worker, std::vector<Operation>& counted) {
    Operation o;
    o.kind = Operation::Kind::increment;
    o.client = worker;
    o.key = worker % 2;
    o.invoked = simulation.now();
    const std::string key = "counter" + std::to_string(o.key);
    const auto now = cache.get_with_metadata(key);
    if (!now.ok()) return failures.push_back("get: " + now.error().message());
    o.value = *now ? std::stoull((*now)->value) + 1 : 1;
    const auto done = *now ? cache.replace_if_unmodified(key, std::to_string(o.value), (*now)->metadata.version) : cache.put_if_absent(key, "1");
    o.returned = simulation.now();
    if (!done.ok()) failures.push_back("increment: " + done.error().message());
    if (done.ok() && !done->done) return;  // another one was faster
    o.done = done.ok();
    o.outcome = done.ok() ? Outcome::ok : Outcome::unknown;
    counted.push_back(o);
  }
  void expect_linearizable() {
    const LinearizableReport report = check_linearizable(history);
    EXPECT_GT(report.reads, 100U);
    EXPECT_TRUE(report.violations.empty()) << report.violations.front().text;
  }

  std::size_t started = 0;
  std::uint64_t next_value = 1;
  std::vector<Observation> history;
  std::vector<std::string> failures;
  Simulation simulation{GetParam()};
  SimHost* here = nullptr;

 private:
  std::string hosts_;
};

TEST_P(ClusterClient, LearnsTheOwnersAndAsksThem) {
  client::RemoteCacheManager manager(*here, options(client::Retry::reads));
  const client::RemoteCache cache = manager.cache("data");
  ASSERT_TRUE(cache.put("k", "v").ok());
  const auto table = cache.table();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->servers.size(), kServers);
  ASSERT_EQ(table->owners.size(), kSegments);
  for (const auto& owners : table->owners) EXPECT_EQ(owners.size(), 2U);
  EXPECT_EQ(cache.get("k").value(), "v");
  EXPECT_TRUE(manager.cache("alone").get("k").ok());
  EXPECT_EQ(manager.cache("alone").table(), nullptr) << "a local cache has no topology";
}

TEST_P(ClusterClient, AKilledServerCostsARetryingClientNoError) {
  client::RemoteCacheManager manager(*here, options(client::Retry::idempotent));
  simulation.after(seconds(2), [this] { host(1).kill(); });
  work(manager.cache("data"), seconds(8));
  EXPECT_TRUE(failures.empty()) << failures.size() << ", the first: " << failures.front();
  EXPECT_EQ(manager.cache("data").table()->servers.size(), kServers - 1);
}

TEST_P(ClusterClient, WhatAClientIsToldIsLinearizableThoughServersDieAndComeBack) {
  client::RemoteCacheManager manager(*here, options(client::Retry::reads));
  simulation.after(seconds(2), [this] { host(1).kill(); });
  simulation.after(seconds(6), [this] { start(1); });
  simulation.after(seconds(12), [this] { host(0).kill(); });
  work(manager.cache("data"), seconds(18));
  expect_linearizable();
}

TEST_P(ClusterClient, AWriteWhoseAnswerWasLostIsNotCarriedOutASecondTime) {
  client::RemoteCacheManager manager(*here, options(client::Retry::idempotent));
  const client::RemoteCache cache = manager.cache("data");
  ASSERT_TRUE(cache.put("k", "before").ok());
  const std::size_t primary = primary_of(cache, "k");
  std::vector<std::string> keys;  // of the same primary
  for (int i = 0; keys.size() < 3; ++i) {
    if (primary_of(cache, "key" + std::to_string(i)) == primary) keys.push_back("key" + std::to_string(i));
  }
  ASSERT_TRUE(cache.put(keys[0], "before").ok());
  ASSERT_TRUE(cache.put(keys[1], "before").ok());
  const auto version = cache.get_with_metadata(keys[0]).value()->metadata.version;
  simulation.network().cut(host(primary), *here);  // it is carried out there, and nobody is told
  simulation.after(milliseconds(200), [this, primary] { host(primary).kill(); });
  auto put = cache.async_put("k", "after", {.return_previous = true});
  auto replaced = cache.async_replace_if_unmodified(keys[0], "after", version);
  auto removed = cache.async_remove(keys[1], {.return_previous = true});
  auto added = cache.async_put_if_absent(keys[2], "after");
  EXPECT_EQ(put.get().value().previous, "before");
  EXPECT_TRUE(replaced.get().value().done);
  EXPECT_EQ(removed.get().value().previous, "before");
  EXPECT_TRUE(added.get().value().done);
  EXPECT_EQ(cache.get("k").value(), "after");
  EXPECT_EQ(cache.get(keys[2]).value(), "after");
}

TEST_P(ClusterClient, IncrementsAreCarriedOutOnceThoughServersDieAndComeBack) {
  client::RemoteCacheManager manager(*here, options(client::Retry::idempotent));
  const client::RemoteCache cache = manager.cache("data");
  simulation.after(seconds(2), [this] { host(1).kill(); });
  simulation.after(seconds(5), [this] { start(1); });
  simulation.after(seconds(9), [this] { host(0).kill(); });
  std::vector<Operation> counted;
  std::uint32_t running = 4;
  const Duration end = simulation.now() + seconds(14);
  for (std::uint32_t w = 0; w < 4; ++w) {
    here->scheduler().spawn(w % 2, [&, w] {
      while (simulation.now() < end) {
        increment(cache, w, counted);
        here->scheduler().sleep_until(here->clock().now() + milliseconds(here->random().next() % 10));
      }
      --running;
    });
  }
  ASSERT_TRUE(simulation.run_until([&] { return running == 0; }, seconds(80)));
  EXPECT_TRUE(failures.empty()) << failures.size() << ", the first: " << failures.front();
  std::map<std::uint32_t, std::uint64_t> last;
  for (std::uint32_t key = 0; key < 2; ++key) last[key] = std::stoull(cache.get("counter" + std::to_string(key)).value().value());
  const CheckReport once = check_once(counted, last);
  EXPECT_GT(once.checked, 200U);
  EXPECT_TRUE(once.violations.empty()) << once.violations.front().text;
  EXPECT_EQ(last[0] + last[1], counted.size()) << "every increment was acknowledged";
}

TEST_P(ClusterClient, AServerThatHangsIsLeft) {
  client::RemoteCacheManager manager(*here, options(client::Retry::reads));
  simulation.after(seconds(2), [this] { host(2).pause(); });
  simulation.after(seconds(12), [this] { host(2).resume(); });
  work(manager.cache("data"), seconds(18));
  expect_linearizable();
}

TEST_P(ClusterClient, AnIterationGoesOnWhenItsServerDies) {
  client::RemoteCacheManager manager(*here, options(client::Retry::reads));
  const client::RemoteCache cache = manager.cache("data");
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(cache.put("key" + std::to_string(i), "v").ok());
  client::Walk walk(manager.core(), manager.core()->route("data"), 40, false);
  std::vector<std::pair<Bytes, Bytes>> batch;
  std::vector<Metadata> metadata;
  std::map<Bytes, int> seen;
  int batches = 0;
  for (;;) {
    const auto more = walk.next(batch, metadata);
    ASSERT_TRUE(more.ok()) << more.error().message();
    if (!*more) break;
    for (const auto& [key, value] : batch) ++seen[key];
    // Whoever serves it dies: the two others still have everything.
    if (++batches == 2) {
      for (std::size_t i = 0; i < kServers; ++i) {
        if (walk.server() && walk.server()->host == host(i).address()) host(i).kill();
      }
    }
  }
  EXPECT_EQ(seen.size(), 300U);
  for (const auto& [key, count] : seen) EXPECT_EQ(count, 1) << key;
}

TEST_P(ClusterClient, AListenerHearsTheWholeClusterAndGoesOnWhenItsServerDies) {
  client::RemoteCacheManager manager(*here, options(client::Retry::idempotent));
  const client::RemoteCache cache = manager.cache("data");
  std::set<std::string> told;  // an event may be told twice
  client::ListenerCallbacks callbacks;
  callbacks.event = [&](const client::Response& event) { told.insert(event.event->data); };
  callbacks.gap = [&] { told = {"gap"}; };
  const auto listener = client::RemoteListener::add(manager.core(), manager.core()->route("data"), {}, std::move(callbacks));
  ASSERT_TRUE(listener.ok()) << listener.error().message();
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    keys.insert("key" + std::to_string(i));
    ASSERT_TRUE(cache.put("key" + std::to_string(i), "v").ok());
  }
  EXPECT_TRUE(simulation.run_until([&] { return told == keys; }, seconds(5))) << told.size();
  for (std::size_t i = 0; i < kServers; ++i) {
    if ((*listener)->server() == host(i).address()) host(i).kill();
  }
  EXPECT_TRUE(simulation.run_until([&] { return told.contains("gap"); }, seconds(10)));
  for (const std::string& key : keys) ASSERT_TRUE(cache.put(key, "w").ok());
  keys.insert("gap");
  EXPECT_TRUE(simulation.run_until([&] { return told == keys; }, seconds(5))) << told.size();
  (*listener)->remove();
  told.clear();
  ASSERT_TRUE(cache.put("key0", "x").ok());
  simulation.run_for(seconds(1));
  EXPECT_TRUE(told.empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterClient, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace holdfast::sim
