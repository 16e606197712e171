#include "config/test_read.h"

namespace holdfast::config {
namespace {

Document container(const World& world, const std::string& caches) {
  return must(world.read("<infinispan><cache-container>" + caches + "</cache-container></infinispan>"));
}
std::string failure(const World& world, const std::string& caches) {
  return world.failure("<infinispan><cache-container>" + caches + "</cache-container></infinispan>");
}

TEST(Templates, GiveWhatTheCacheDoesNotSayItself) {
  const World world;
  const auto d = container(world, R"(
    <local-cache-configuration name="base"><memory max-count="5"/><expiration lifespan="1s"/>
      <persistence><store class="a"/></persistence></local-cache-configuration>
    <local-cache-configuration name="child" configuration="base"><expiration lifespan="2s"/>
      <persistence><store class="b"/></persistence></local-cache-configuration>
    <local-cache name="c" configuration="child"><memory max-count="7"/></local-cache>)");
  const auto& c = d.container.caches.at("c");
  EXPECT_EQ(c.parent, "child");
  EXPECT_EQ(c.memory.max_count, 7);
  EXPECT_EQ(c.expiration.lifespan_ms, 2000);
  ASSERT_EQ(c.persistence.stores.size(), 2u);  // what may repeat adds up
  EXPECT_EQ(c.persistence.stores[1].attributes.at("class"), "b");
  EXPECT_EQ(d.container.templates.at("base").expiration.lifespan_ms, 1000);
}

TEST(Templates, KeepTheirSettingsWhenTheyAreWrittenAndReadAgain) {
  const World world;
  const auto d = container(world, R"(
    <distributed-cache-configuration name="z" owners="3" mode="ASYNC"><security><authorization roles="a"/></security></distributed-cache-configuration>
    <distributed-cache-configuration name="a" configuration="z" owners="2"><persistence><store class="b"/></persistence></distributed-cache-configuration>
    <distributed-cache name="c" configuration="a"><security><authorization enabled="false"/></security></distributed-cache>
    <local-cache name="x" configuration="a"/><replicated-cache name="y" configuration="org.infinispan.REPL_SYNC"/>)");
  for (const Format format : {Format::xml, Format::json, Format::yaml}) {
    const auto text = write(d, format);
    const auto again = must(world.read(text));
    EXPECT_EQ(again.container, d.container) << text;
  }
}

TEST(Templates, MustStandBeforeWhatInheritsFromThem) {
  const World world;
  EXPECT_EQ(failure(world, "<local-cache name='c' configuration='bsae'/><local-cache-configuration name='base'/>"),
            "test.xml:1:52: there is no template 'bsae'; a template has to stand before what inherits from it");
  EXPECT_TRUE(contains(failure(world, "<local-cache-configuration name='base'/><local-cache name='c' configuration='bsae'/>"), "did you mean base?"));
  EXPECT_TRUE(contains(failure(world, "<local-cache-configuration name='a' configuration='b'/><local-cache-configuration name='b' configuration='a'/>"),
                       "there is no template 'b'"));
  EXPECT_TRUE(contains(failure(world, "<local-cache-configuration name='a' configuration='a'/>"), "there is no template 'a'"));
}

TEST(Templates, AreChosenByAPatternOfNames) {
  const World world;
  const auto d = container(world, "<local-cache-configuration name='basecache*'><memory max-count='5'/></local-cache-configuration>"
                                  "<local-cache name='basecache-1'/><local-cache name='other'/>");
  EXPECT_EQ(d.container.caches.at("basecache-1").memory.max_count, 5);
  EXPECT_EQ(d.container.caches.at("other").memory.max_count, -1);
  EXPECT_EQ(d.container.caches.at("basecache-1").parent, "basecache*");
  EXPECT_EQ(must(world.cache("<local-cache name='basecacheX'/>", d.container.templates)).configuration.memory.max_count, 5);
}

TEST(Templates, TwoPatternsForOneNameAreAnErrorThatNamesBoth) {
  const World world;
  EXPECT_EQ(failure(world, "<local-cache-configuration name='a*'/><local-cache-configuration name='*b'/><local-cache name='ab'/>"),
            "test.xml:1:106: the name of cache 'ab' matches two templates, '*b' and 'a*'; say which one with configuration=\"...\"");
}

TEST(Templates, OfTheOriginalAreThere) {
  const World world;
  const auto c = must(world.cache("<distributed-cache configuration='org.infinispan.DIST_SYNC'/>")).configuration;
  EXPECT_EQ(c.remote_timeout_ms, 17500);
  EXPECT_EQ(c.state_transfer.timeout_ms, 60000);
  EXPECT_EQ(c.statistics, true);
  for (const char* name : {"LOCAL", "REPL_SYNC", "REPL_ASYNC", "DIST_SYNC", "DIST_ASYNC", "INVALIDATION_SYNC", "INVALIDATION_ASYNC"}) {
    EXPECT_TRUE(builtin_templates().contains(std::string("org.infinispan.") + name)) << name;
  }
}

TEST(ReadCache, TakesFragmentsAndDocumentsInEveryFormat) {
  const World world;
  for (const char* text : {"<local-cache name='x'><memory max-count='3'/></local-cache>",
                           "<infinispan><cache-container><local-cache name='x'><memory max-count='3'/></local-cache></cache-container></infinispan>",
                           "{\"local-cache\": {\"name\": \"x\", \"memory\": {\"max-count\": 3}}}",
                           "{\"x\": {\"local-cache\": {\"memory\": {\"max-count\": \"3\"}}}}",
                           "{\"infinispan\": {\"cache-container\": {\"caches\": {\"x\": {\"local-cache\": {\"memory\": {\"max-count\": 3}}}}}}}",
                           "x:\n  localCache:\n    memory:\n      maxCount: 3\n", "localCache: {name: x, memory: {max-count: 3}}"}) {
    const auto cache = must(world.cache(text));
    EXPECT_EQ(cache.name, "x") << text;
    EXPECT_EQ(cache.configuration.memory.max_count, 3) << text;
    EXPECT_FALSE(cache.is_template);
  }
  EXPECT_EQ(must(world.cache("<local-cache/>")).name, "");
  EXPECT_EQ(must(world.cache("localCache: ~")).configuration, CacheConfiguration());
  EXPECT_TRUE(must(world.cache("<local-cache-configuration name='t'/>")).is_template);
}

TEST(ReadCache, RefusesWhatIsNoSingleCache) {
  const World world;
  EXPECT_TRUE(contains(world.cache_failure("<infinispan><cache-container><local-cache name='x'/><local-cache name='y'/></cache-container></infinispan>"),
                       "one cache is expected, there are 2 caches"));
  EXPECT_TRUE(contains(world.cache_failure("<infinispan/>"), "one cache is expected"));
  EXPECT_TRUE(contains(world.cache_failure("<locl-cache/>"), "did you mean local-cache?"));
  EXPECT_TRUE(contains(world.cache_failure("{}"), "a map is expected"));
  EXPECT_TRUE(contains(world.cache_failure("[]"), "a map is expected"));
  EXPECT_NE(world.cache_failure(""), "");
  EXPECT_NE(world.cache_failure("{\"local-cache\": 5}"), "x");
}

TEST(ReadCache, WarnsOfAModeThatIsNotBuilt) {
  EXPECT_EQ(must(World().cache("<distributed-cache owners='3'/>")).warnings.size(), 0u);
  EXPECT_EQ(must(World().cache("<invalidation-cache/>")).warnings.size(), 1u);
}

}  // namespace
}  // namespace holdfast::config
