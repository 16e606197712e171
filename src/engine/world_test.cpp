#include <gtest/gtest.h>

#include "engine/cache_manager.h"
#include "sim/test_world.h"

namespace holdfast::engine {
namespace {

using sim::TestWorld;

/// Enough of a format to see what is kept: "name lifespan".
DefinitionFormat plain_format() {
  DefinitionFormat f;
  f.write = [](const Definition& d) { return d.name + " " + std::to_string(d.configuration.expiration.lifespan_ms); };
  f.read = [](BytesView text) -> Result<Definition> {
    const auto space = text.rfind(' ');
    if (space == BytesView::npos) return Error(Errc::corrupt, "there is no blank");
    Definition d;
    d.name = Bytes(text.substr(0, space));
    d.configuration.expiration.lifespan_ms = std::stoll(Bytes(text.substr(space + 1)));
    return d;
  };
  return f;
}

CacheManagerOptions options(bool kept = true) {
  CacheManagerOptions o;
  o.configuration.caches["default"];
  o.configuration.default_cache = "default";
  o.configuration.templates["short"].expiration.lifespan_ms = 1000;
  o.configuration.global_state = {kept, "/state"};
  o.internal_caches.push_back({"___internal", {}});
  o.definition_format = plain_format();
  return o;
}

TEST(World, FindsTheDefaultCacheAndNamesTheUnknown) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  EXPECT_EQ((*manager->cache(""))->name(), "default");
  const auto unknown = manager->cache("nope");
  EXPECT_EQ(unknown.code(), Errc::cache_not_found);
  EXPECT_EQ(unknown.error().message(), "Cache with name 'nope' not found amongst the configured caches");
  EXPECT_EQ(manager->cache_names(false), (std::vector<std::string>{"default"}));
  EXPECT_EQ(manager->cache_names(true), (std::vector<std::string>{"___internal", "default"}));
}

TEST(World, CreatesACacheOnce) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  const auto made = manager->create("new", {}, {});
  ASSERT_TRUE(made.ok());
  const auto again = manager->create("new", {}, {});
  EXPECT_EQ(again.code(), Errc::already_exists);
  EXPECT_EQ(again.error().message(), "ISPN000507: Cache 'new' already exists");
  EXPECT_EQ(*manager->create("new", {}, {.or_get = true}), *made);
}

TEST(World, CreatesFromATemplate) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  const auto made = manager->create_from_template("new", "short", {});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ((*made)->configuration().expiration.lifespan_ms, 1000);
  EXPECT_EQ(manager->create_from_template("other", "nope", {}).code(), Errc::not_found);
  EXPECT_EQ(manager->template_names(), (std::vector<std::string>{"short"}));
}

TEST(World, KeepsWhatWasMadeAtRunTimeOverARestart) {
  TestWorld world;
  CacheConfiguration c;
  c.expiration.lifespan_ms = 77;
  {
    const auto manager = make_cache_manager(world, options());
    ASSERT_TRUE(manager->start().ok());
    ASSERT_TRUE(manager->create("kept / name", c, {}).ok());
    ASSERT_TRUE(manager->create("volatile", c, {.volatile_definition = true}).ok());
    ASSERT_TRUE(manager->create("gone", c, {}).ok());
    ASSERT_TRUE(manager->remove("gone").ok());
    ASSERT_TRUE(manager->create_template("form", c).ok());
    ASSERT_TRUE((*manager->create("changed", c, {}))->set_attribute("expiration.lifespan", "88").ok());
  }
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  EXPECT_EQ(manager->cache_names(false), (std::vector<std::string>{"changed", "default", "kept / name"}));
  EXPECT_EQ(manager->cache_configuration("kept / name")->expiration.lifespan_ms, 77);
  EXPECT_EQ(manager->cache_configuration("changed")->expiration.lifespan_ms, 88);
  EXPECT_EQ(manager->template_names(), (std::vector<std::string>{"form", "short"}));
}

TEST(World, AFullDiskLeavesNoCacheBehind) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  world.fill_disk(true);
  EXPECT_EQ(manager->create("new", {}, {}).code(), Errc::out_of_space);
  EXPECT_EQ(manager->cache("new").code(), Errc::cache_not_found);
  world.fill_disk(false);
  EXPECT_TRUE(manager->create("new", {}, {}).ok());
}

TEST(World, LeavesOutADamagedDefinitionAndStarts) {
  TestWorld world;
  world.put_file("/state/caches/bad.definition", "nonsense");
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  EXPECT_EQ(manager->cache_names(false), (std::vector<std::string>{"default"}));
  EXPECT_TRUE(world.files().contains("/state/caches/bad.definition"));
}

TEST(World, RemovingADefinitionThatWasLeftOutForgetsItsFile) {
  TestWorld world;
  world.put_file("/state/caches/bad.definition", "nonsense");
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  EXPECT_EQ(manager->remove("bad").code(), Errc::cache_not_found);
  EXPECT_FALSE(world.files().contains("/state/caches/bad.definition"));
}

TEST(World, TwoDoNotShareAFolder) {
  TestWorld world;
  const auto first = make_cache_manager(world, options());
  const auto second = make_cache_manager(world, options());
  ASSERT_TRUE(first->start().ok());
  EXPECT_EQ(second->start().code(), Errc::already_exists);
  first->stop();
  EXPECT_TRUE(second->start().ok());
}

TEST(World, RefusesToRemoveInternalAndUnknownCaches) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  EXPECT_EQ(manager->remove("___internal").code(), Errc::invalid_argument);
  EXPECT_EQ(manager->remove("nope").code(), Errc::cache_not_found);
}

TEST(World, ARemovedCacheIsStopped) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  std::vector<std::string> events;
  const auto id = manager->add_lifecycle_listener([&](LifecycleEvent e, const std::string& name) {
    events.push_back((e == LifecycleEvent::cache_started ? "started " : "stopped ") + name);
  });
  const CachePtr cache = *manager->create("new", {}, {});
  ASSERT_TRUE(manager->remove("new").ok());
  EXPECT_FALSE(cache->running());
  EXPECT_EQ(cache->contains({}, "k").code(), Errc::stopped);
  EXPECT_EQ(events, (std::vector<std::string>{"started new", "stopped new"}));
  manager->remove_lifecycle_listener(id);
  ASSERT_TRUE(manager->create("other", {}, {}).ok());
  EXPECT_EQ(events.size(), 2U);
}

TEST(World, AnAliasLeadsToItsCacheAndMovesOnWhenAssigned) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  const CachePtr a = *manager->create("a", {}, {});
  const CachePtr b = *manager->create("b", {}, {});
  ASSERT_TRUE(manager->assign_alias("a", "alias").ok());
  EXPECT_EQ(*manager->cache("alias"), a);
  ASSERT_TRUE(manager->assign_alias("b", "alias").ok());
  EXPECT_EQ(*manager->cache("alias"), b);
  EXPECT_EQ(manager->assign_alias("b", "a").code(), Errc::already_exists);
  EXPECT_EQ(manager->assign_alias("nope", "x").code(), Errc::cache_not_found);
}

TEST(World, UpdatesMutableAttributesOnlyWhenAsked) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  const CachePtr cache = *manager->create("a", {}, {});
  CacheConfiguration c;
  c.expiration.lifespan_ms = 5;
  ASSERT_TRUE(manager->create("a", c, {.or_update = true}).ok());
  EXPECT_EQ(cache->configuration().expiration.lifespan_ms, 5);
  c.segments = 12;
  EXPECT_EQ(manager->create("a", c, {.or_update = true}).code(), Errc::invalid_configuration);
}

TEST(World, RefusesWhatASimpleCacheCannotDo) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  const auto refused = [&](auto change, const char* word) {
    CacheConfiguration c;
    c.simple = true;
    change(c);
    const auto r = manager->create("simple", c, {});
    ASSERT_EQ(r.code(), Errc::invalid_configuration) << word;
    EXPECT_NE(r.error().message().find(word), std::string::npos) << r.error().message();
  };
  refused([](auto& c) { c.transaction.mode = TransactionMode::non_xa; }, "transactions");
  refused([](auto& c) { c.invocation_batching = true; }, "invocation batching");
  refused([](auto& c) { c.persistence.stores.emplace_back().name = "single-file-store"; }, "persistence");
  refused([](auto& c) { c.custom_interceptors = true; }, "custom interceptors");
  refused([](auto& c) { c.indexing.enabled = true; }, "indexing");
  refused([](auto& c) { c.encoding.value_media_type = "text/plain"; }, "transcoding");
  refused([](auto& c) { c.store_as_binary = true; }, "store-as-binary");
  refused([](auto& c) { c.mode = CacheMode::distributed; }, "local caches only");
  CacheConfiguration plain;
  plain.simple = true;
  EXPECT_TRUE(manager->create("simple", plain, {}).ok());
}

TEST(World, RefusesAnEvictionThatNeedsTransactions) {
  TestWorld world;
  const auto manager = make_cache_manager(world, options());
  ASSERT_TRUE(manager->start().ok());
  CacheConfiguration c;
  c.memory.max_count = 10;
  c.memory.when_full = WhenFull::exception;
  const auto r = manager->create("full", c, {});
  ASSERT_EQ(r.code(), Errc::invalid_configuration);
  EXPECT_NE(r.error().message().find("transactions are not built yet"), std::string::npos);
}

TEST(World, SeveralLiveBesideEachOther) {
  TestWorld world;
  CacheManagerOptions plain;
  plain.configuration.caches["c"];
  const auto first = make_cache_manager(world, plain);
  const auto second = make_cache_manager(world, plain);
  ASSERT_TRUE(first->start().ok());
  ASSERT_TRUE(second->start().ok());
  Mutation m;
  m.key = "k";
  ASSERT_TRUE((*first->cache("c"))->write({}, m).ok());
  EXPECT_FALSE((*second->cache("c"))->contains({}, "k").value());
}

}  // namespace
}  // namespace holdfast::engine
