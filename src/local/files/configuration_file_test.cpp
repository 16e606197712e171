#include <gtest/gtest.h>
#include <holdfast/configuration_file.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "local/test_local_world.h"

namespace holdfast {
namespace {

constexpr const char* kXml = R"(<infinispan xmlns="urn:infinispan:config:15.0">
  <cache-container default-cache="sessions">
    <local-cache name="sessions"><memory max-count="${room:100}"/><expiration lifespan="10s"/></local-cache>
    <local-cache-configuration name="short"><expiration lifespan="1s"/></local-cache-configuration>
  </cache-container>
</infinispan>)";
constexpr const char* kJson = R"({"infinispan": {"cache-container": {"default-cache": "sessions",
  "caches": {"sessions": {"local-cache": {"memory": {"max-count": "100"}, "expiration": {"lifespan": "10s"}}}}}}})";
constexpr const char* kYaml =
    "infinispan:\n"
    "  cacheContainer:\n"
    "    defaultCache: sessions\n"
    "    caches:\n"
    "      sessions:\n"
    "        localCache:\n"
    "          memory:\n"
    "            maxCount: 100\n"
    "          expiration:\n"
    "            lifespan: 10s\n";

/// A folder of this test's own, gone with it.
struct Folder {
  Folder() {
    char name[] = "/tmp/holdfast-local-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

TEST(ConfigurationFile, MakesAWorldFromTextInAnyFormat) {
  for (const char* text : {kXml, kJson, kYaml}) {
    const CacheManager world = CacheManager::from_text(text);
    EXPECT_EQ(world.cache_names(), (std::vector<std::string>{"sessions"})) << text;
    EXPECT_EQ((world.cache<int, int>().name()), "sessions");
    EXPECT_EQ(world.cache_configuration("sessions").memory.max_count, 100);
    EXPECT_EQ(world.cache_configuration("sessions").expiration.lifespan_ms, 10'000);
  }
}

TEST(ConfigurationFile, MakesAWorldFromAFile) {
  const Folder folder;
  const std::string path = folder.path + "/world.xml";
  std::ofstream(path) << kXml;
  CacheManager world = CacheManager::from_file(path);
  world.define_from_template("fleeting", "short");
  EXPECT_EQ(world.cache_configuration("fleeting").expiration.lifespan_ms, 1000);
}

TEST(ConfigurationFile, TakesPropertiesFromTheCallerAndTheEnvironment) {
  EXPECT_EQ(read_configuration(kXml, {{"room", "7"}}).container.caches.at("sessions").memory.max_count, 7);
  ::setenv("HOLDFAST_TEST_ROOM", "8", 1);
  EXPECT_EQ(read_cache_configuration(R"(<local-cache><memory max-count="${env.HOLDFAST_TEST_ROOM}"/></local-cache>)").memory.max_count, 8);
}

TEST(ConfigurationFile, SaysWhereAFileIsWrong) {
  const Folder folder;
  const std::string path = folder.path + "/wrong.xml";
  std::ofstream(path) << "<infinispan>\n<cache-container>\n<local-cache name=\"a\"><memory max-cuont=\"1\"/></local-cache>\n</cache-container></infinispan>";
  const std::string message = message_of([&] { CacheManager::from_file(path); });
  EXPECT_NE(message.find(path + ":3:"), std::string::npos) << message;
  EXPECT_NE(message.find("max-count"), std::string::npos) << message;
  EXPECT_EQ(code_of([&] { CacheManager::from_file(folder.path + "/absent.xml"); }), Errc::not_found);
}

TEST(ConfigurationFile, WritesWhatItReads) {
  const ContainerConfiguration read = read_configuration(kXml).container;
  for (const auto format : {ConfigurationFormat::xml, ConfigurationFormat::json, ConfigurationFormat::yaml}) {
    const std::string text = write_configuration(read, format);
    const ContainerConfiguration again = read_configuration(text).container;
    EXPECT_EQ(again.default_cache, "sessions") << text;
    EXPECT_EQ(again.caches.at("sessions").memory.max_count, 100);
    EXPECT_EQ(again.templates.at("short").expiration.lifespan_ms, 1000);
  }
  const std::string one = write_cache_configuration("c", read.caches.at("sessions"), ConfigurationFormat::json);
  EXPECT_EQ(read_cache_configuration(one).expiration.lifespan_ms, 10'000);
}

TEST(ConfigurationFile, KeepsCachesMadeAtRunTimeOverARestart) {
  const Folder folder;
  const std::string text = "<infinispan><cache-container><global-state><persistent-location path=\"" + folder.path +
                           "\"/></global-state></cache-container></infinispan>";
  CacheConfiguration bounded;
  bounded.memory.max_count = 5;
  {
    CacheManager world = CacheManager::from_text(text);
    world.define("kept", bounded);
    world.define("fleeting", bounded, {.volatile_definition = true});
    world.define_template("few", bounded);
    world.define_from_template("descended", "few");
    world.remove_template("few");
    world.define_template("wild*", bounded);
    world.cache<int, int>("wild-1");
  }
  const CacheManager world = CacheManager::from_text(text);
  EXPECT_EQ(world.cache_names(), (std::vector<std::string>{"descended", "kept"}));
  EXPECT_EQ(world.cache_configuration("kept").memory.max_count, 5);
  EXPECT_EQ(world.cache_configuration("descended").parent, "few");
  EXPECT_EQ(world.cache_configuration("descended").memory.max_count, 5);
}

TEST(ConfigurationFile, HandsWarningsToTheLog) {
  std::vector<std::string> log;
  CacheManagerOptions options;
  options.log = [&](LogLevel, std::string_view category, std::string_view message) { log.push_back(std::string(category) + " " + std::string(message)); };
  CacheManager::from_text(R"(<infinispan><cache-container><local-cache name="a"><indexing enabled="true"/></local-cache></cache-container></infinispan>)", options);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("indexing"), std::string::npos) << log[0];
}

}  // namespace
}  // namespace holdfast
