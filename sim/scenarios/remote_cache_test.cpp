// The client as programs use it (include/holdfast/remote_cache_manager.h), against our server over real sockets.
#include <holdfast/remote_cache_manager.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/config.h"
#include "endpoint/hotrod/hotrod_endpoint.h"
#include "runtime/posix_runtime.h"
#include "server/server.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

constexpr const char* kConfiguration = R"(<infinispan><cache-container default-cache="plain">
  <local-cache name="plain" statistics="true"/>
  <local-cache name="proto"><encoding media-type="application/x-protostream"/></local-cache>
  <local-cache name="text"><encoding media-type="text/plain"/></local-cache>
  <local-cache name="mortal"><expiration lifespan="60000" max-idle="50000"/></local-cache>
</cache-container><server><interfaces><interface name="public"><loopback/></interface></interfaces>
  <socket-bindings default-interface="public"><socket-binding name="default" port="0"/></socket-bindings>
  <endpoints socket-binding="default"/></server></infinispan>)";

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

}  // namespace

template <>
struct Marshaller<Point> {
  static std::string to_bytes(const Point& p) { return std::to_string(p.x) + "," + std::to_string(p.y); }
  static Point from_bytes(std::string_view bytes) {
    const std::string text(bytes);
    return {std::stoi(text), std::stoi(text.substr(text.find(',') + 1))};
  }
};

namespace {

class RemoteCacheTest : public testing::Test {
 protected:
  RemoteCacheTest() { start(0); }
  void start(std::uint16_t port) {
    auto document = config::read(std::string(kConfiguration).replace(std::string(kConfiguration).find("port=\"0"), 7, "port=\"" + std::to_string(port)), {});
    EXPECT_TRUE(document.ok()) << document.error().message();
    server::ServerOptions options;
    options.configuration = std::move(document).value();
    options.configured = true;
    options.endpoints["hotrod"] = [](const server::EndpointContext& context) { return hotrod::make_hotrod_endpoint(context); };
    auto started = server::Server::start(*runtime, std::move(options));
    EXPECT_TRUE(started.ok()) << started.error().message();
    server = std::move(started).value();
  }
  /// At the same port; what was in memory is gone.
  void restart() {
    const std::uint16_t port = server->addresses().front().port;
    server.reset();
    start(port);
  }
  std::string uri() const { return "hotrod://127.0.0.1:" + std::to_string(server->addresses().front().port); }
  template <class F>
  static Errc failure_of(F f) {
    try {
      f();
    } catch (const CacheException& e) {
      return e.code();
    }
    return Errc::ok;
  }

  std::unique_ptr<runtime::Runtime> runtime = runtime::make_posix_runtime({.loops = 2});
  std::unique_ptr<server::Server> server;
};

TEST_F(RemoteCacheTest, IsAMap) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::string, std::string>();
  EXPECT_EQ(cache.get("k"), std::nullopt);
  EXPECT_EQ(cache.put("k", "one"), std::nullopt);
  EXPECT_EQ(cache.put("k", "two"), std::nullopt) << "not asked for";
  EXPECT_EQ(cache.returning_previous().put("k", "three"), "two");
  EXPECT_EQ(cache.put_if_absent("k", "x"), "three");
  EXPECT_EQ(cache.put_if_absent("l", "x"), std::nullopt);
  EXPECT_EQ(cache.replace("k", "four"), "three");
  EXPECT_EQ(cache.replace("m", "four"), std::nullopt);
  EXPECT_FALSE(cache.contains("m"));
  EXPECT_FALSE(cache.replace("k", "other", "five"));
  EXPECT_TRUE(cache.replace("k", "four", "five"));
  EXPECT_FALSE(cache.remove("k", "four"));
  EXPECT_TRUE(cache.remove("k", "five"));
  EXPECT_EQ(cache.returning_previous().remove("l"), "x");
  EXPECT_EQ(cache.remove("l"), std::nullopt);
  EXPECT_TRUE(cache.empty());
  const auto found = (cache.put("k", "v"), cache.get_with_metadata("k"));
  ASSERT_TRUE(found);
  EXPECT_TRUE(cache.replace_with_version("k", "w", found->version));
  EXPECT_FALSE(cache.remove_with_version("k", found->version));
  EXPECT_TRUE(cache.remove_with_version("k", cache.get_with_metadata("k")->version));
}

TEST_F(RemoteCacheTest, MarshalsAsTheEmbeddedLibraryDoes) {
  RemoteCacheManager grid(uri());
  for (const char* name : {"plain", "proto", "text"}) {
    const auto numbers = grid.cache<std::int32_t, double>(name);
    numbers.put(-7, 0.5);
    EXPECT_EQ(numbers.get(-7), 0.5) << name;
    EXPECT_EQ(numbers.get_all({-7, 8}), (std::vector<std::pair<std::int32_t, double>>{{-7, 0.5}})) << name;
    numbers.clear();
    const auto texts = grid.cache<std::string, std::string>(name);
    texts.put("key", "value");
    EXPECT_EQ(texts.get("key"), "value") << name;
    for (const auto& [key, value] : texts) EXPECT_EQ(key + value, "keyvalue");
  }
  const auto points = grid.cache<Point, Point>("plain");
  points.put({1, 2}, {3, -4});
  EXPECT_EQ(points.get({1, 2}), (Point{3, -4}));
  EXPECT_EQ(grid.cache_with_media_type("proto", "text/plain", "application/json").get("key"), R"({"_type":"string","_value":"value"})");
}

TEST_F(RemoteCacheTest, LifetimesAreTheCachesUnlessGiven) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::string, std::string>("mortal");
  cache.put("default", "v");
  cache.put("own", "v", {.lifespan = 7s, .max_idle = kForever});
  cache.put("never", "v", {.lifespan = kForever, .max_idle = kForever});
  EXPECT_EQ(cache.get_with_metadata("default")->lifespan, 60s);
  EXPECT_EQ(cache.get_with_metadata("default")->max_idle, 50s);
  EXPECT_EQ(cache.get_with_metadata("own")->lifespan, 7s);
  EXPECT_EQ(cache.get_with_metadata("own")->max_idle, kForever);
  EXPECT_EQ(cache.get_with_metadata("never")->lifespan, kForever);
}

TEST_F(RemoteCacheTest, BulkOperationsAndIteration) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::int32_t, std::string>("plain");
  std::vector<std::pair<std::int32_t, std::string>> entries;
  for (int i = 0; i < 3500; ++i) entries.emplace_back(i, "value " + std::to_string(i));
  cache.put_all(entries);
  EXPECT_EQ(cache.size(), 3500U);
  std::set<std::int32_t> seen;
  for (const auto& [key, value] : cache) {
    EXPECT_EQ(value, "value " + std::to_string(key));
    EXPECT_TRUE(seen.insert(key).second);
  }
  EXPECT_EQ(seen.size(), 3500U);
  std::size_t with_metadata = 0;
  cache.for_each_with_metadata([&](const std::int32_t&, const ValueWithMetadata<std::string>& v) { with_metadata += v.version != 0 ? 1 : 0; });
  EXPECT_EQ(with_metadata, 3500U);
  EXPECT_EQ(cache.stream().filter([](const auto& entry) { return entry.first < 10; }).count(), 10U);
  const auto some = cache.get_all(std::vector<std::int32_t>{5, 9999, 3});
  EXPECT_EQ(some, (std::vector<std::pair<std::int32_t, std::string>>{{5, "value 5"}, {3, "value 3"}}));
  EXPECT_TRUE(cache.get_all(std::vector<std::int32_t>{}).empty());
  cache.clear();
  EXPECT_EQ(cache.begin(), cache.end());
  EXPECT_EQ(cache.statistics().at("stores"), "3500");
}

TEST_F(RemoteCacheTest, Computes) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::string, std::int64_t>("plain");
  const auto add = [](const std::int64_t& a, const std::int64_t& b) { return a + b; };
  EXPECT_EQ(cache.merge("n", 5, add), 5);
  EXPECT_EQ(cache.merge("n", 6, add), 11);
  EXPECT_EQ(cache.compute("n", [](const std::string&, const std::int64_t* old) { return *old * 2; }), 22);
  EXPECT_EQ(cache.compute_if_absent("n", [](const std::string&) { return std::int64_t{1}; }), 22);
  EXPECT_EQ(cache.compute_if_absent("m", [](const std::string&) { return std::int64_t{1}; }), 1);
  EXPECT_EQ(cache.compute_if_present("x", [](const std::string&, const std::int64_t& v) { return v; }), std::nullopt);
  EXPECT_EQ(cache.compute("m", [](const std::string&, const std::int64_t*) { return std::optional<std::int64_t>(); }), std::nullopt);
  EXPECT_FALSE(cache.contains("m"));
}

TEST_F(RemoteCacheTest, FuturesAreUnderWayTogetherAndMayBeChained) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::int32_t, std::int32_t>("plain");
  std::vector<Future<std::optional<std::int32_t>>> puts;
  for (int i = 0; i < 1000; ++i) puts.push_back(cache.async().put(i, i * i));
  for (auto& put : puts) put.get();
  auto length = cache.async().get(30).then([](std::optional<std::int32_t> v) { return std::to_string(*v).size(); });
  EXPECT_EQ(length.get(), 3U);
  EXPECT_EQ(cache.async().size().get(), 1000U);
  auto failing = cache.async().get(1).then([](std::optional<std::int32_t>) -> int { throw CacheException(Errc::corrupt, "mine"); });
  EXPECT_EQ(failure_of([&] { failing.get(); }), Errc::corrupt);
}

TEST_F(RemoteCacheTest, CachesAreMadeAndRemoved) {
  RemoteCacheManager grid(uri());
  grid.create_cache("made", "<local-cache/>");
  EXPECT_EQ(failure_of([&] { grid.create_cache("made", "<local-cache/>"); }), Errc::already_exists);
  grid.get_or_create_cache("made", "<local-cache/>");
  grid.create_cache_from_template("other", "org.infinispan.LOCAL");
  const auto names = grid.cache_names();
  for (const char* name : {"made", "other", "plain"}) EXPECT_TRUE(std::find(names.begin(), names.end(), name) != names.end()) << name;
  const auto cache = grid.cache<std::string, std::string>("made");
  cache.put("k", "v");
  grid.remove_cache("made");
  EXPECT_EQ(failure_of([&] { cache.get("k"); }), Errc::cache_not_found);
  EXPECT_EQ(failure_of([&] { grid.cache<std::string, std::string>("made"); }), Errc::cache_not_found);
  EXPECT_EQ(grid.execute("@@cache@names").front(), '[');
}

TEST_F(RemoteCacheTest, FailuresSayWhetherTheyMayHaveTakenEffect) {
  RemoteConfiguration nobody = RemoteConfiguration::from_uri("hotrod://127.0.0.1:1");
  RemoteCacheManager lost(nobody);
  try {
    lost.cache<std::string, std::string>("plain");
    FAIL() << "nobody listens there";
  } catch (const CacheException& e) {
    EXPECT_EQ(e.code(), Errc::refused);
    EXPECT_FALSE(may_have_taken_effect(e));
    EXPECT_NE(std::string(e.what()).find("127.0.0.1:1"), std::string::npos) << e.what();
  }
  EXPECT_TRUE(may_have_taken_effect(CacheException(Errc::closed, "")));
}

TEST_F(RemoteCacheTest, HandlesOutliveTheirManagerAndFail) {
  auto grid = std::make_unique<RemoteCacheManager>(uri());
  const auto cache = grid->cache<std::string, std::string>("plain");
  cache.put("k", "v");
  auto answered = cache.async().get("k");
  answered.wait();
  grid.reset();
  EXPECT_EQ(answered.get(), "v");
  EXPECT_EQ(failure_of([&] { cache.get("k"); }), Errc::closed);
}

TEST_F(RemoteCacheTest, BytesThatAreNotOfTheTypeAreCorrupt) {
  RemoteCacheManager grid(uri());
  grid.cache<std::string, std::string>("plain").put("k", "abc");
  EXPECT_EQ(failure_of([&] { grid.cache<std::string, std::int64_t>("plain").get("k"); }), Errc::corrupt);
}

/// What a listener was told, in order: "created a", "gap", ...
struct Told {
  explicit Told(runtime::Runtime& rt) : runtime(rt) {}
  void add(std::string what) {
    Locked locked(lock);
    all.push_back(std::move(what));
  }
  template <class Event>
  void event(const Event& e) {
    static constexpr const char* kNames[] = {"created", "modified", "removed", "expired"};
    add(std::string(e.current_state() ? "there " : "") + kNames[static_cast<int>(e.kind())] + " " + e.key());
  }
  /// Waits until so many came.
  std::vector<std::string> take(std::size_t count) {
    const Instant end = runtime.clock().now() + 20s;
    while (runtime.clock().now() < end) {
      {
        Locked locked(lock);
        if (all.size() >= count) return std::exchange(all, {});
      }
      runtime.scheduler().sleep_until(runtime.clock().now() + 2ms);
    }
    Locked locked(lock);
    return std::exchange(all, {});
  }
  runtime::Runtime& runtime;
  Mutex lock;
  std::vector<std::string> all;
};
using Words = std::vector<std::string>;

TEST_F(RemoteCacheTest, ListenersHearWhatHappensToKeys) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::string, std::string>("plain");
  cache.put("old", "v");
  Told told(*runtime);
  RemoteListenerOptions options;
  options.include_current_state = true;
  auto subscription = cache.on({EventKind::created, EventKind::modified, EventKind::removed}, [&](const auto& e) { told.event(e); }, options);
  cache.put("k", "1");
  cache.put("k", "2");
  cache.remove("k");
  EXPECT_EQ(told.take(4), (Words{"there created old", "created k", "modified k", "removed k"}));
  subscription.cancel();
  cache.put("k", "3");
  EXPECT_TRUE(told.take(0).empty());
  Told created(*runtime);
  const auto only_created = cache.on_created([&](const auto& e) {
    created.event(e);
    EXPECT_TRUE(cache.contains(e.key())) << "a listener may use the cache";
    throw std::runtime_error("the next event comes nevertheless");
  });
  cache.put("k", "4");
  cache.put("a", "1");
  cache.put("b", "1");
  EXPECT_EQ(created.take(2), (Words{"created a", "created b"}));
}

TEST_F(RemoteCacheTest, ConvertersOfTheServerMakeThePayload) {
  RemoteCacheManager grid(uri());
  const auto cache = grid.cache<std::string, std::string>("text");
  Told told(*runtime);
  RemoteListenerOptions options;
  options.converter = "key-value-with-previous-converter-factory";
  const auto subscription = cache.on({}, [&](const auto& e) { told.add(std::string(e.payload())); }, options);
  cache.put("k", "1");
  EXPECT_EQ(told.take(1), (Words{"KeyValueWithPrevious{key=k, value=1, prev=null}"}));
  options.converter = "nobody";
  EXPECT_NE(failure_of([&] { cache.on({}, [](const auto&) {}, options).cancel(); }), Errc::ok);
}

TEST_F(RemoteCacheTest, AListenerGoesOnAtTheNextServerAndSaysThatThereWasAGap) {
  const std::string address = uri();
  RemoteCacheManager grid(address);
  const auto cache = grid.cache<std::string, std::string>("plain");
  Told told(*runtime);
  RemoteListenerOptions options;
  options.include_current_state = true;
  options.on_gap = [&] { told.add("gap"); };
  const auto subscription = cache.on({}, [&](const auto& e) { told.event(e); }, options);
  cache.put("k", "1");
  EXPECT_EQ(told.take(1), (Words{"created k"}));
  restart();
  cache.put("new", "1");
  const Words heard = told.take(2);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0], "gap");
  EXPECT_TRUE(heard[1] == "there created new" || heard[1] == "created new") << heard[1];
}

TEST_F(RemoteCacheTest, ANearCacheAnswersUntilTheEntryChanges) {
  RemoteCacheManager grid(uri());
  RemoteCacheManager other(uri());
  const auto near = grid.cache<std::string, std::string>("text", {.near_cache_entries = 10});
  const auto far = other.cache<std::string, std::string>("text");
  far.put("k", "1");
  EXPECT_EQ(near.get("k"), "1");
  EXPECT_EQ(near.get("k"), "1");
  EXPECT_EQ(near.get_with_metadata("k")->value, "1");
  EXPECT_EQ(near.near_hits(), 2U);
  EXPECT_EQ(far.near_hits(), 0U);
  near.put("k", "2");
  EXPECT_EQ(near.get("k"), "2") << "our own writes are seen at once";
  EXPECT_EQ(near.near_hits(), 2U);
  near.get("k");
  far.put("k", "3");
  const Instant end = runtime->clock().now() + 20s;
  while (near.get("k") != "3" && runtime->clock().now() < end) runtime->scheduler().sleep_until(runtime->clock().now() + 1ms);
  EXPECT_EQ(near.get("k"), "3");
  far.put("mortal", "1", {.lifespan = 60s});
  near.get("mortal");
  const auto hits = near.near_hits();
  near.get("mortal");
  EXPECT_EQ(near.near_hits(), hits) << "what has a lifetime is not kept";
  EXPECT_EQ(near.get("absent"), std::nullopt);
}

TEST_F(RemoteCacheTest, ANearCacheForgetsEverythingWhenItsServerGoes) {
  RemoteCacheManager grid(uri());
  const auto near = grid.cache<std::string, std::string>("plain", {.near_cache_entries = 10});
  near.put("k", "1");
  near.get("k");
  EXPECT_EQ(near.get("k"), "1");
  restart();
  const Instant end = runtime->clock().now() + 20s;
  // The end of the connection is noticed a moment later.
  while (near.get("k") && runtime->clock().now() < end) runtime->scheduler().sleep_until(runtime->clock().now() + 1ms);
  EXPECT_EQ(near.get("k"), std::nullopt) << "the server came back empty";
  near.put("k", "2");
  const auto hits = near.near_hits();
  while (near.near_hits() == hits && runtime->clock().now() < end) EXPECT_EQ(near.get("k"), "2");
  EXPECT_GT(near.near_hits(), hits) << "it works again";
}

TEST_F(RemoteCacheTest, ManyThreadsShareOneClient) {
  RemoteConfiguration configuration = RemoteConfiguration::from_uri(uri());
  configuration.threads = 2;
  configuration.connections_per_server = 4;
  configuration.in_flight_max = 3;  // they wait for each other
  RemoteCacheManager grid(configuration);
  const auto cache = grid.cache<std::int32_t, std::int32_t>("plain");
  std::vector<std::unique_ptr<runtime::Event>> done;
  for (int t = 0; t < 4; ++t) done.push_back(runtime->scheduler().make_event());
  for (int t = 0; t < 4; ++t) {
    runtime->scheduler().spawn(static_cast<runtime::LoopId>(t % 2), [&, t] {
      runtime->scheduler().run_blocking([&] {
        for (int i = 0; i < 200; ++i) {
          cache.put(t * 1000 + i, i);
          EXPECT_EQ(cache.get(t * 1000 + i), i);
        }
      });
      done[static_cast<std::size_t>(t)]->set();
    });
  }
  for (auto& event : done) event->wait(kNever);
  EXPECT_EQ(cache.size(), 800U);
}

}  // namespace
}  // namespace holdfast
