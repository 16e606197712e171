#include "server/dispatcher.h"

#include <gtest/gtest.h>

#include "sim/test_world.h"
#include "server/internal_caches.h"

namespace holdfast::server {
namespace {

using ops::OpId;
using security::Subject;

media::MediaType type(const char* name) { return media::MediaType::parse(name).value(); }

const Subject kAdmin{"ann", {"admin"}};
const Subject kApplication{"bob", {"application"}};
const Subject kObserver{"carl", {"observer"}};
const Subject kMonitor{"dora", {"monitor"}};
const Subject kNobody{};

class DispatcherTest : public testing::Test {
 protected:
  void start(bool authorization) {
    engine::CacheManagerOptions options;
    options.configuration.default_cache = "open";
    options.configuration.caches["open"];
    options.configuration.caches["secured"].security.authorization = true;
    options.configuration.caches["observers"].security = {true, {"observer"}};
    options.configuration.caches["json"].encoding = {"text/plain", "application/json"};
    options.configuration.caches["open"].memory.max_count = 1000;
    options.configuration.templates["few*"].memory.max_count = 3;
    options.configuration.templates["*er"].memory.max_count = 4;
    options.configuration.authorization.enabled = authorization;
    options.internal_caches = internal_caches();
    authorizer = std::make_unique<security::Authorizer>(options.configuration.authorization);
    manager = engine::make_cache_manager(world, options);
    ASSERT_TRUE(manager->start().ok());
    dispatcher = std::make_unique<Dispatcher>(*manager, *authorizer);
  }
  CacheView open(const Subject& who, std::string_view cache, const DataFormat& format = {}) {
    auto view = dispatcher->open(who, cache, format);
    EXPECT_TRUE(view.ok()) << (view.ok() ? "" : view.error().message());
    return *view;
  }
  static Result<Outcome> put(const CacheView& view, std::string_view key, std::string_view value) {
    Mutation m;
    m.key = key;
    m.value = value;
    return view.write(OpId::put, m);
  }
  static std::string get(const CacheView& view, std::string_view key) {
    std::string value = "(absent)";
    const auto found = view.read(OpId::get, key, [&](const EntryView& e) { value = Bytes(e.value); });
    return found.ok() ? value : found.error().message();
  }
  Result<Bytes> task(const Subject& who, const std::string& name, const Dispatcher::TaskParameters& parameters = {}) {
    return dispatcher->execute(who, name, parameters);
  }

  sim::TestWorld world;
  std::unique_ptr<security::Authorizer> authorizer;
  std::unique_ptr<engine::CacheManager> manager;
  std::unique_ptr<Dispatcher> dispatcher;
};

TEST_F(DispatcherTest, ReadsAndWritesTheDefaultCache) {
  start(false);
  const CacheView view = open(kNobody, "");
  EXPECT_EQ(view.name(), "open");
  ASSERT_TRUE(put(view, "k", "v").ok());
  EXPECT_EQ(get(view, "k"), "v");
  EXPECT_EQ(*view.size(), 1U);
  EXPECT_TRUE(*view.contains("k"));
  ASSERT_TRUE(view.clear().ok());
  EXPECT_EQ(get(view, "k"), "(absent)");
}

TEST_F(DispatcherTest, NamesACacheThatIsNotThere) {
  start(false);
  const auto view = dispatcher->open(kNobody, "nope", {});
  ASSERT_TRUE(view.failed_with(Errc::cache_not_found));
  EXPECT_EQ(view.error().message(), "Cache with name 'nope' not found amongst the configured caches");
}

TEST_F(DispatcherTest, LetsARoleDoWhatTheCatalogSays) {
  start(true);
  ASSERT_TRUE(put(open(kApplication, "secured"), "k", "v").ok());
  EXPECT_EQ(get(open(kObserver, "secured"), "k"), "v");
  const auto refused = put(open(kObserver, "secured"), "k", "w");
  ASSERT_TRUE(refused.failed_with(Errc::permission_denied));
  EXPECT_NE(refused.error().message().find("ISPN000287: Unauthorized access: subject 'Subject with principal(s): [carl"), std::string::npos)
      << refused.error().message();
  EXPECT_TRUE(open(kMonitor, "secured").statistics().ok());
  EXPECT_TRUE(open(kMonitor, "secured").contains("k").failed_with(Errc::permission_denied));
  EXPECT_TRUE(open(kNobody, "secured").statistics().failed_with(Errc::permission_denied));
  EXPECT_TRUE(open(kApplication, "secured").set_attribute("memory.max-count", "1").failed_with(Errc::permission_denied));
}

TEST_F(DispatcherTest, LimitsACacheToItsRoles) {
  start(true);
  EXPECT_TRUE(open(kAdmin, "observers").size().failed_with(Errc::permission_denied));
  EXPECT_TRUE(open(kObserver, "observers").size().ok());
}

TEST_F(DispatcherTest, LeavesDataOfACacheWithoutAuthorizationToEverybodyButNotItsConfiguration) {
  start(true);
  EXPECT_TRUE(put(open(kNobody, "open"), "k", "v").ok());
  EXPECT_TRUE(open(kNobody, "open").set_attribute("memory.max-count", "5").failed_with(Errc::permission_denied));
  EXPECT_TRUE(open(kAdmin, "open").set_attribute("memory.max-count", "5").ok() || manager->cache_configuration("open")->memory.max_count < 0);
  EXPECT_TRUE(dispatcher->assign_alias(kApplication, "open", "other").failed_with(Errc::permission_denied));
  EXPECT_TRUE(dispatcher->assign_alias(kAdmin, "open", "other").ok());
  EXPECT_EQ(open(kNobody, "other").name(), "open");
}

TEST_F(DispatcherTest, KeepsInternalCachesForThoseWhoMayCreate) {
  start(true);
  const DataFormat text{type("text/plain"), type("text/plain")};
  EXPECT_TRUE(put(open(kApplication, kScriptCache, text), "s", "1").failed_with(Errc::permission_denied));
  EXPECT_TRUE(put(open(kAdmin, kScriptCache, text), "s", "1").ok());
  EXPECT_EQ(get(open(kApplication, kScriptCache, text), "s"), "1");
  EXPECT_TRUE(open(kNobody, kScriptCache, text).contains("s").failed_with(Errc::permission_denied));
}

TEST_F(DispatcherTest, ConvertsKeysAndValuesBothWays) {
  start(false);
  const CacheView view = open(kNobody, "json", {type("application/x-protostream"), type("application/x-protostream")});
  const CacheView plain = open(kNobody, "json");
  const Bytes key("\x4a\x01k", 3), value("\x4a\x02hi", 4);  // WrappedMessage strings
  ASSERT_TRUE(put(view, key, value).ok());
  EXPECT_EQ(get(view, key), value);
  EXPECT_NE(get(plain, "k").find("hi"), std::string::npos) << get(plain, "k");
  Mutation m;
  m.key = key;
  m.effect = Effect::remove;
  m.returns = ReturnMode::previous;
  const auto removed = view.write(OpId::remove, m);
  ASSERT_TRUE(removed.ok());
  ASSERT_TRUE(removed->previous);
  EXPECT_EQ(removed->previous->key, key);
  EXPECT_EQ(removed->previous->value, value);
}

TEST_F(DispatcherTest, IteratesInTheRequestsFormat) {
  start(false);
  const CacheView view = open(kNobody, "json", {type("application/x-protostream"), type("application/json")});
  ASSERT_TRUE(put(view, Bytes("\x4a\x01k", 3), "{\"a\":1}").ok());
  std::vector<Entry> all;
  for (std::uint32_t s = 0; s < view.segments(); ++s) {
    const auto entries = view.entries_of_segment(OpId::iterate, s);
    ASSERT_TRUE(entries.ok());
    all.insert(all.end(), entries->begin(), entries->end());
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].key, Bytes("\x4a\x01k", 3));
}

TEST_F(DispatcherTest, RefusesAFormatThatCannotBeConverted) {
  start(false);
  EXPECT_TRUE(dispatcher->open(kNobody, "json", {type("image/png"), {}}).failed_with(Errc::not_supported));
}

// ---- Administration

TEST_F(DispatcherTest, CreatesRemovesAndListsCachesByTasks) {
  start(true);
  const Dispatcher::TaskParameters made = {{"name", "fresh"}, {"configuration", "<local-cache statistics=\"true\"/>"}};
  EXPECT_TRUE(task(kApplication, "@@cache@create", made).failed_with(Errc::permission_denied));
  const auto created = task(kAdmin, "@@cache@create", made);
  ASSERT_TRUE(created.ok()) << created.error().message();
  EXPECT_EQ(*created, "");
  EXPECT_TRUE(*manager->cache_configuration("fresh")->statistics);
  const auto again = task(kAdmin, "@@cache@create", made);
  ASSERT_TRUE(again.failed_with(Errc::already_exists));
  EXPECT_EQ(again.error().message(), "ISPN000507: Cache 'fresh' already exists");
  EXPECT_TRUE(task(kAdmin, "@@cache@getorcreate", made).ok());
  EXPECT_EQ(*task(kAdmin, "@@cache@names"), R"(["___protobuf_metadata","___script_cache","fresh","json","observers","open","secured"])");
  EXPECT_EQ(*task(kNobody, "@@cache@names"), R"(["___protobuf_metadata","___script_cache","fresh","json","open"])");
  EXPECT_TRUE(task(kAdmin, "@@cache@remove", {{"name", "fresh"}}).ok());
  EXPECT_TRUE(task(kAdmin, "@@cache@remove", {{"name", "fresh"}}).ok()) << "clients remove before they create";
  EXPECT_TRUE(dispatcher->remove_cache(kAdmin, "fresh").failed_with(Errc::cache_not_found));
}

TEST_F(DispatcherTest, TakesConfigurationsInEveryFormatAndFromTemplates) {
  start(false);
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "a"}, {"configuration", R"({"local-cache":{"memory":{"max-count":7}}})"}}).ok());
  EXPECT_EQ(manager->cache_configuration("a")->memory.max_count, 7);
  EXPECT_TRUE(task(kNobody, "@@template@create", {{"name", "t"}, {"configuration", "<local-cache-configuration><memory max-count=\"9\"/></local-cache-configuration>"}}).ok());
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "b"}, {"template", "t"}}).ok());
  EXPECT_EQ(manager->cache_configuration("b")->memory.max_count, 9);
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "c"}, {"configuration", "<local-cache configuration=\"t\"/>"}}).ok());
  EXPECT_EQ(manager->cache_configuration("c")->memory.max_count, 9);
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "d"}}).ok());
  EXPECT_TRUE(task(kNobody, "@@template@remove", {{"name", "t"}}).ok());
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "e"}, {"template", "t"}}).failed_with(Errc::not_found));
  EXPECT_FALSE(task(kNobody, "@@cache@create", {{"name", "f"}, {"configuration", "<local-cache><memory max-cuont=\"1\"/></local-cache>"}}).ok());
  EXPECT_TRUE(manager->cache("f").failed_with(Errc::cache_not_found)) << "a failed creation leaves nothing";
}

TEST_F(DispatcherTest, ConfiguresACacheOfWhichNothingIsSaidByWildcardElseAsTheDefaultCache) {
  start(true);
  EXPECT_TRUE(task(kApplication, "@@cache@create", {{"name", "few-1"}}).failed_with(Errc::permission_denied));
  EXPECT_TRUE(task(kAdmin, "@@cache@create", {{"name", "few-1"}}).ok());
  EXPECT_EQ(manager->cache_configuration("few-1")->memory.max_count, 3);
  EXPECT_EQ(manager->cache_configuration("few-1")->parent, "few*");
  EXPECT_TRUE(task(kAdmin, "@@cache@getorcreate", {{"name", "few-2"}, {"configuration", " "}}).ok());
  EXPECT_EQ(manager->cache_configuration("few-2")->memory.max_count, 3);
  const auto ambiguous = task(kAdmin, "@@cache@create", {{"name", "fewer"}});
  ASSERT_TRUE(ambiguous.failed_with(Errc::invalid_configuration));
  EXPECT_NE(ambiguous.error().message().find("'*er' and 'few*'"), std::string::npos) << ambiguous.error().message();
  EXPECT_TRUE(task(kAdmin, "@@cache@create", {{"name", "fewer"}, {"template", "few*"}}).ok()) << "saying which one helps";
  ASSERT_TRUE(dispatcher->assign_alias(kAdmin, "open", "nickname").ok());
  EXPECT_TRUE(task(kAdmin, "@@cache@create", {{"name", "plain"}}).ok());
  EXPECT_EQ(manager->cache_configuration("plain")->memory.max_count, 1000);
  EXPECT_TRUE(manager->cache_configuration("plain")->aliases.empty());
  EXPECT_TRUE(dispatcher->open(kAdmin, "few-3", {}).failed_with(Errc::cache_not_found)) << "clients of a server create before they use";
}

TEST_F(DispatcherTest, TakesFlagsAndRefusesUnknownOnes) {
  start(false);
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "a"}, {"flags", "VOLATILE,update"}}).ok());
  EXPECT_TRUE(task(kNobody, "@@cache@create", {{"name", "b"}, {"flags", "permanent"}}).ok());
  const auto refused = task(kNobody, "@@cache@create", {{"name", "c"}, {"flags", "QUICK"}});
  ASSERT_TRUE(refused.failed_with(Errc::invalid_argument));
  EXPECT_NE(refused.error().message().find("'QUICK'"), std::string::npos);
}

TEST_F(DispatcherTest, NamesAMissingParameterAndAnUnknownTask) {
  start(true);
  EXPECT_EQ(task(kAdmin, "@@cache@remove").error().message(), "task '@@cache@remove' needs the parameter 'name'");
  EXPECT_TRUE(task(kAdmin, "no-such-task").failed_with(Errc::not_found));
  EXPECT_TRUE(task(kObserver, "no-such-task").failed_with(Errc::permission_denied)) << "what tasks there are is not for everybody";
  EXPECT_TRUE(task(kAdmin, "@@cache@reindex", {{"name", "open"}}).failed_with(Errc::not_supported));
}

TEST_F(DispatcherTest, ChangesAnAttributeByTask) {
  start(false);
  ASSERT_TRUE(task(kNobody, "@@cache@create", {{"name", "a"}, {"configuration", R"({"local-cache":{"memory":{"max-count":7}}})"}}).ok());
  const auto changed = task(kNobody, "@@cache@updateConfigurationAttribute", {{"name", "a"}, {"attribute", "memory.max-count"}, {"value", "70"}});
  ASSERT_TRUE(changed.ok()) << changed.error().message();
  EXPECT_EQ(manager->cache_configuration("a")->memory.max_count, 70);
}

TEST_F(DispatcherTest, WritesTheConfigurationOfACache) {
  start(true);
  const auto text = dispatcher->cache_configuration(kAdmin, "json", "json");
  ASSERT_TRUE(text.ok()) << text.error().message();
  EXPECT_NE(text->find("application/json"), std::string::npos) << *text;
  EXPECT_TRUE(dispatcher->cache_configuration(kObserver, "json", "xml").failed_with(Errc::permission_denied));
}

// ---- Schemas

class Schemas : public DispatcherTest {
 protected:
  void SetUp() override { start(false); }
  std::string at(const std::string& key) { return get(open(kNobody, kSchemaCache, {type("text/plain"), type("text/plain")}), key); }
  Result<Outcome> put_schema(const std::string& key, const std::string& text) {
    return put(open(kNobody, kSchemaCache, {type("text/plain"), type("text/plain")}), key, text);
  }
};

TEST_F(Schemas, TellOfErrorsUntilTheyAreRepaired) {
  ASSERT_TRUE(put_schema("bad.proto", "message {").ok());
  ASSERT_TRUE(put_schema("good.proto", "message M { optional string a = 1; }").ok());
  EXPECT_EQ(at("good.proto.errors"), "(absent)");
  EXPECT_NE(at("bad.proto.errors"), "(absent)");
  EXPECT_EQ(at(".errors"), "bad.proto");
  ASSERT_TRUE(put_schema("bad.proto", "message B { optional string a = 1; }").ok());
  EXPECT_EQ(at("bad.proto.errors"), "(absent)");
  EXPECT_EQ(at(".errors"), "(absent)");
}

TEST_F(Schemas, AreRepairedByAnImportThatComesLater) {
  ASSERT_TRUE(put_schema("user.proto", "import \"base.proto\"; message U { optional Base b = 1; }").ok());
  EXPECT_EQ(at(".errors"), "user.proto");
  ASSERT_TRUE(put_schema("base.proto", "message Base { optional string a = 1; }").ok());
  EXPECT_EQ(at(".errors"), "(absent)");
}

TEST_F(Schemas, TakeNamesOfSchemasOnly) {
  EXPECT_TRUE(put_schema("text", "message M {}").failed_with(Errc::invalid_argument));
  EXPECT_TRUE(put_schema("x.proto.errors", "mine").failed_with(Errc::invalid_argument));
  EXPECT_EQ(at("text"), "(absent)");
}

class KeptSchemas : public Schemas {
 protected:
  static constexpr const char* kFolder = "/state/schemas";
  void SetUp() override {
    start(false);
    ASSERT_TRUE(dispatcher->keep_schemas(kFolder).ok());
  }
  void restart() {
    dispatcher.reset();
    manager.reset();
    SetUp();
  }
  Status remove_schema(const std::string& key) {
    return task(kNobody, "@@schemas@delete", {{"name", key}}).ok() ? success() : Status(Error(Errc::internal, key));
  }
};

TEST_F(KeptSchemas, AreThereAgainAfterARestartWithTheirErrors) {
  ASSERT_TRUE(put_schema("dir/a.proto", "message A { optional string a = 1; }").ok());
  ASSERT_TRUE(put_schema("bad.proto", "message {").ok());
  ASSERT_TRUE(put_schema("gone.proto", "message G {}").ok());
  ASSERT_TRUE(remove_schema("gone.proto").ok());
  restart();
  EXPECT_EQ(at("dir/a.proto"), "message A { optional string a = 1; }");
  EXPECT_EQ(at("gone.proto"), "(absent)");
  EXPECT_EQ(at(".errors"), "bad.proto");
  ASSERT_TRUE(open(kNobody, kSchemaCache).clear().ok());
  restart();
  EXPECT_EQ(at("dir/a.proto"), "(absent)");
  EXPECT_EQ(at(".errors"), "(absent)");
}

TEST_F(KeptSchemas, WithALifespanEndWithTheServer) {
  Mutation m;
  m.key = "short.proto";
  m.value = "message S {}";
  m.lifespan_ms = 1000;
  ASSERT_TRUE(open(kNobody, kSchemaCache, {type("text/plain"), type("text/plain")}).write(OpId::put, m).ok());
  restart();
  EXPECT_EQ(at("short.proto"), "(absent)");
}

TEST_F(KeptSchemas, AFullDiskRefusesAChangeAndLosesNothing) {
  ASSERT_TRUE(put_schema("a.proto", "message A {}").ok());
  world.fill_disk(true);
  const auto refused = put_schema("b.proto", "message {");
  ASSERT_TRUE(refused.failed_with(Errc::out_of_space));
  EXPECT_NE(refused.error().message().find("the schema 'b.proto' could not be kept"), std::string::npos) << refused.error().message();
  EXPECT_TRUE(put_schema("a.proto", "message Changed {}").failed_with(Errc::out_of_space));
  EXPECT_EQ(at("a.proto"), "message A {}");
  EXPECT_EQ(at("b.proto"), "(absent)");
  EXPECT_EQ(at(".errors"), "(absent)");
  world.fill_disk(false);
  ASSERT_TRUE(put_schema("b.proto", "message B {}").ok());
  restart();
  EXPECT_EQ(at("a.proto"), "message A {}");
  EXPECT_EQ(at("b.proto"), "message B {}");
}

TEST_F(KeptSchemas, ADamagedFileIsLeftAloneAndTheOthersAreThere) {
  ASSERT_TRUE(put_schema("a.proto", "message A {}").ok());
  ASSERT_TRUE(put_schema("b.proto", "message B {}").ok());
  world.put_file(std::string(kFolder) + "/a.proto.schema", "\x05");
  restart();
  EXPECT_EQ(at("a.proto"), "(absent)");
  EXPECT_EQ(at("b.proto"), "message B {}");
  EXPECT_EQ(world.files().at(std::string(kFolder) + "/a.proto.schema"), "\x05");
  ASSERT_TRUE(put_schema("a.proto", "message A2 {}").ok());
  restart();
  EXPECT_EQ(at("a.proto"), "message A2 {}");
}

TEST_F(Schemas, AreKeptByTasks) {
  const std::string name = "@@schemas@createOrUpdate";
  const std::string text = "message M { optional string a = 1; }";
  EXPECT_EQ(*task(kNobody, name, {{"name", "m.proto"}, {"content", text}, {"op", "c"}}), "c");
  EXPECT_EQ(*task(kNobody, name, {{"name", "m.proto"}, {"content", text}, {"op", "s"}}), "n");
  EXPECT_EQ(*task(kNobody, name, {{"name", "m.proto"}, {"content", text + " "}, {"op", "u"}}), "u");
  EXPECT_TRUE(task(kNobody, name, {{"name", "m.proto"}, {"content", "message {"}, {"op", "s"}})->starts_with("u;"));
  EXPECT_EQ(*task(kNobody, "@@schemas@delete", {{"name", "m.proto"}}), "1");
  EXPECT_EQ(*task(kNobody, "@@schemas@delete", {{"name", "m.proto"}}), "0");
  EXPECT_EQ(at(".errors"), "(absent)");
}

}  // namespace
}  // namespace holdfast::server
