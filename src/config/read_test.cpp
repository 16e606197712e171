#include "config/test_read.h"

namespace holdfast::config {
namespace {

const std::string kXml = R"(<infinispan xmlns="urn:infinispan:config:13.0" xmlns:server="urn:infinispan:server:13.0">
  <cache-container name="default" default-cache="one" statistics="true">
    <local-cache name="one" aliases="a b">
      <encoding media-type="text/plain"/>
      <memory max-count="10" when-full="REMOVE"/>
      <expiration lifespan="10s" max-idle="5000"/>
    </local-cache>
  </cache-container>
  <server xmlns="urn:infinispan:server:13.0">
    <interfaces><interface name="public"><inet-address value="${bind:127.0.0.1}"/></interface></interfaces>
    <socket-bindings default-interface="public" port-offset="3"><socket-binding name="default" port="11222"/></socket-bindings>
    <endpoints socket-binding="default"/>
  </server>
</infinispan>)";

const std::string kJson = R"({"infinispan": {
  "cache-container": {"name": "default", "default-cache": "one", "statistics": true, "caches": {
    "one": {"local-cache": {"aliases": ["a", "b"], "encoding": {"media-type": "text/plain"},
            "memory": {"max-count": 10, "when-full": "REMOVE"}, "expiration": {"lifespan": "10s", "max-idle": "5000"}}}}},
  "server": {
    "interfaces": [{"name": "public", "inet-address": {"value": "${bind:127.0.0.1}"}}],
    "socket-bindings": {"default-interface": "public", "port-offset": 3, "socket-binding": {"name": "default", "port": "11222"}},
    "endpoints": {"endpoint": {"socket-binding": "default"}}}}})";

const std::string kYaml = R"(
infinispan:
  cacheContainer:
    name: default
    defaultCache: one
    statistics: true
    caches:
      one:
        localCache:
          aliases: [a, b]
          encoding: {mediaType: "text/plain"}
          memory:
            maxCount: "10"
            when-full: REMOVE
          expiration:
            lifespan: 10s
            maxIdle: 5000
  server:
    interfaces:
      - name: public
        inetAddress:
          value: ${bind:127.0.0.1}
    socketBindings:
      defaultInterface: public
      portOffset: 3
      socketBinding:
        - name: default
          port: 11222
    endpoints:
      - socketBinding: default
)";

TEST(Read, GivesTheSameDocumentForEveryFormat) {
  const World world;
  const auto xml = must(world.read(kXml));
  const auto& cache = xml.container.caches.at("one");
  EXPECT_EQ(xml.container.default_cache, "one");
  EXPECT_TRUE(xml.container.statistics);
  EXPECT_EQ(cache.aliases, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cache.encoding.key_media_type, "text/plain");
  EXPECT_EQ(cache.encoding.value_media_type, "text/plain");
  EXPECT_EQ(cache.memory.max_count, 10);
  EXPECT_EQ(cache.memory.when_full, WhenFull::remove);
  EXPECT_EQ(cache.expiration.lifespan_ms, 10000);
  EXPECT_EQ(cache.expiration.max_idle_ms, 5000);
  EXPECT_EQ(xml.server.interfaces.at(0).value, "127.0.0.1");
  EXPECT_EQ(xml.server.port_offset, 3);
  EXPECT_TRUE(xml.warnings.empty());
  for (const auto& text : {kJson, kYaml}) {
    const auto other = must(world.read(text));
    EXPECT_EQ(other.container, xml.container) << text;
    EXPECT_EQ(other.server, xml.server) << text;
  }
}

TEST(Read, TakesHoldfastAsTheRoot) {
  const World world;
  EXPECT_EQ(must(world.read("<holdfast><cache-container name='x'/></holdfast>")).container.name, "x");
  EXPECT_EQ(must(world.read("holdfast: {cacheContainer: {name: x}}")).container.name, "x");
}

TEST(Read, SuggestsTheNameThatWasMeantWithItsPlace) {
  World world;
  EXPECT_EQ(world.failure("<infinispan>\n <cache-container>\n  <local-cache name='a'>\n   <memory max-cuont='1'/>\n  </local-cache></cache-container></infinispan>"),
            "test.xml:4:12: <memory> has no setting 'max-cuont', did you mean max-count?");
  EXPECT_EQ(world.failure("<infinispan><cache-container><local-cach name='a'/></cache-container></infinispan>"),
            "test.xml:1:30: <cache-container> has no element <local-cach>, did you mean local-cache?");
  world.file = "test.json";
  EXPECT_EQ(world.failure("{\"infinispan\": {\"cache-container\": {\n \"caches\": {\"a\": {\"local-cache\": {\"memory\": {\"max-cuont\": 1}}}}}}}"),
            "test.json:2:46: <memory> has no setting 'max-cuont', did you mean max-count?");
  EXPECT_EQ(world.failure("infinispan:\n  cacheContainer:\n    caches:\n      a:\n        localCach: {}\n"),
            "test.json:5:9: 'localCach' is nothing that 'caches' may have, did you mean local-cache?");
  EXPECT_EQ(world.failure("<infinspan/>"), "test.json:1:1: 'infinspan' is no configuration, did you mean infinispan?; the root is <infinispan>");
}

TEST(Read, NamesSettingAndPlaceWhenAValueIsWrong) {
  const World world;
  const auto in_memory = [&](const std::string& setting) {
    return world.failure("<infinispan><cache-container><local-cache name='a'><memory " + setting + "/></local-cache></cache-container></infinispan>");
  };
  EXPECT_EQ(in_memory("max-count='many'"), "test.xml:1:60: 'max-count' of <memory>: 'many' is no whole number");
  EXPECT_EQ(in_memory("max-count='-7'"), "test.xml:1:60: 'max-count' of <memory>: -7 is out of range; it must be at least -1");
  EXPECT_EQ(in_memory("when-full='REMOVED'"),
            "test.xml:1:60: 'when-full' of <memory>: 'REMOVED' is none of NONE, MANUAL, REMOVE, EXCEPTION, did you mean REMOVE?");
  EXPECT_TRUE(contains(in_memory("max-size='1.5 elephants'"), "'1.5 elephants' is no size"));
  EXPECT_TRUE(contains(world.failure("<infinispan><cache-container statistics='yes'/></infinispan>"), "'yes' is neither true nor false"));
}

TEST(Read, AcceptsNewerAndUnknownVersionsAndRefusesThoseBefore9_4) {
  const World world;
  for (const char* version : {"9.4", "12.1", "16.0", "99.7"}) {
    EXPECT_EQ(world.failure("<infinispan xmlns='urn:infinispan:config:" + std::string(version) + "'/>"), "") << version;
  }
  EXPECT_TRUE(contains(world.failure("<infinispan xmlns='urn:infinispan:config:8.2'/>"), "older than 9.4"));
  EXPECT_TRUE(contains(world.failure("<infinispan xmlns='urn:elsewhere'/>"), "unknown namespace 'urn:elsewhere'"));
  EXPECT_TRUE(contains(world.failure("<domain xmlns='urn:jboss:domain:4.2'/>"), "inside WildFly"));
}

TEST(Read, RefusesDocumentTypesAndEntities) {
  const World world;
  EXPECT_TRUE(contains(world.failure("<!DOCTYPE infinispan [<!ENTITY a 'b'>]><infinispan>&a;</infinispan>"), "document type"));
  EXPECT_TRUE(contains(world.failure("<!DOCTYPE infinispan SYSTEM 'http://127.0.0.1/x.dtd'><infinispan/>"), "document type"));
  EXPECT_NE(world.failure("<infinispan>&unknown;</infinispan>"), "");
}

TEST(Read, BoundsWhatAliasesUnfoldTo) {
  World world;
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += std::string(j ? ", " : "") + "*a" + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_TRUE(contains(world.failure(bomb), "unfold to more than"));
}

TEST(Read, WarnsOnceForWhatIsKnownAndNotBuilt) {
  const World world;
  const auto document = must(world.read(R"(<infinispan><cache-container><local-cache name="a">
    <persistence><file-store path="x"><property name="k">v</property></file-store></persistence>
    <query default-max-results="10"/></local-cache></cache-container></infinispan>)"));
  ASSERT_EQ(document.warnings.size(), 2u);
  EXPECT_EQ(document.warnings[0], "test.xml:2:18: <file-store> is kept, stores are not built yet: entries live in memory only");
  EXPECT_EQ(document.warnings[1], "test.xml:3:5: <query> is kept, has no effect yet");
  const auto& store = document.container.caches.at("a").persistence.stores.at(0);
  EXPECT_EQ(store.name, "single-file-store");
  EXPECT_EQ(store.children.at(0).text, "v");
}

TEST(Read, TellsStoresApartByVersionOfTheSchema) {
  const World world;
  const auto kind = [&](const std::string& space) {
    const auto d = must(world.read("<infinispan " + space + "><cache-container><local-cache name='a'><persistence><file-store/></persistence></local-cache></cache-container></infinispan>"));
    return d.container.caches.at("a").persistence.stores.at(0).name;
  };
  EXPECT_EQ(kind(""), "single-file-store");
  EXPECT_EQ(kind("xmlns='urn:infinispan:config:12.1'"), "single-file-store");
  EXPECT_EQ(kind("xmlns='urn:infinispan:config:13.0'"), "soft-index-file-store");
}

TEST(Read, TakesTheOlderSpellingsOfBounds) {
  const World world;
  EXPECT_EQ(must(world.cache("<local-cache><eviction strategy='LRU' max-entries='7'/></local-cache>")).configuration.memory.max_count, 7);
  const auto binary = must(world.cache("<local-cache><memory><binary size='700' eviction='MEMORY'/></memory></local-cache>")).configuration.memory;
  EXPECT_EQ(binary.max_size_bytes, 700);
  EXPECT_EQ(binary.storage, Storage::heap);
  EXPECT_EQ(must(world.cache("<local-cache><memory><off-heap size='9'/></memory></local-cache>")).configuration.memory.storage, Storage::off_heap);
  EXPECT_EQ(must(world.cache("<local-cache><memory storage='OBJECT'/></local-cache>")).configuration.memory.storage, Storage::heap);
}

TEST(Read, IgnoresStrayCharactersWithAWarning) {
  const auto document = must(World().read("<infinispan>\n><cache-container/></infinispan>"));
  ASSERT_EQ(document.warnings.size(), 1u);
  EXPECT_EQ(document.warnings[0], "test.xml:1:1: <infinispan> takes no text, '>' is ignored");
}

TEST(Read, RefusesWhatIsThereTwice) {
  const World world;
  EXPECT_EQ(world.failure("<infinispan><cache-container><local-cache name='a'/><local-cache name='a'/></cache-container></infinispan>"),
            "test.xml:1:53: cache 'a' is there twice");
  EXPECT_TRUE(contains(world.failure("<infinispan><cache-container/><cache-container/></infinispan>"), "is there twice"));
  EXPECT_TRUE(contains(world.failure("{\"infinispan\":{\"cache-container\":{\"name\":\"a\",\"name\":\"b\"}}}"), "'name' is there twice"));
}

TEST(Read, WantsTheDefaultCacheToExist) {
  EXPECT_EQ(World().failure("<infinispan><cache-container default-cache='on'><local-cache name='one'/></cache-container></infinispan>"),
            "test.xml:1:30: there is no cache 'on', did you mean one?");
}

TEST(ReadFiles, LaterFilesAddAndOverride) {
  World world;
  world.files["a.xml"] = "<infinispan><cache-container name='a' statistics='true'><local-cache name='x'><memory max-count='1'/></local-cache></cache-container></infinispan>";
  world.files["b.yaml"] = "infinispan: {cacheContainer: {name: b, caches: {x: {localCache: {memory: {maxCount: 2}}}, y: {localCache: ~}}}}";
  const auto d = must(read_files({"a.xml", "b.yaml"}, world.options()));
  EXPECT_EQ(d.container.name, "b");
  EXPECT_TRUE(d.container.statistics);
  EXPECT_EQ(d.container.caches.at("x").memory.max_count, 2);
  EXPECT_TRUE(d.container.caches.contains("y"));
  EXPECT_EQ(read_files({"none.xml"}, world.options()).code(), Errc::not_found);
}

TEST(Includes, AreRelativeToTheFileThatHasThem) {
  World world;
  world.file = "conf/main.xml";
  world.files["conf/parts/caches.xml"] = "<local-cache name='in'><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='memory.xml'/></local-cache>";
  world.files["conf/parts/memory.xml"] = "<memory max-count='${n:5}'/>";
  const std::string main = "<infinispan xmlns:xi='http://www.w3.org/2001/XInclude'><cache-container><xi:include href='parts/${part:caches}.xml'/></cache-container></infinispan>";
  EXPECT_EQ(must(world.read(main)).container.caches.at("in").memory.max_count, 5);
  world.files["conf/parts/memory.xml"] = "<memory max-cuont='5'/>";
  EXPECT_TRUE(contains(world.failure(main), "conf/parts/memory.xml:1:9: "));
  world.files.erase("conf/parts/memory.xml");
  EXPECT_TRUE(contains(world.failure(main), "conf/parts/caches.xml:1:24: the included file cannot be read"));
}

TEST(Includes, EndWhenAFileIncludesItself) {
  World world;
  world.files["test.xml"] = "<infinispan xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='test.xml'/></infinispan>";
  EXPECT_TRUE(contains(world.failure(world.files["test.xml"]), "does a file include itself?"));
}

TEST(Properties, ComeFromTheFirstNameThatIsSet) {
  World world;
  const auto name = [&](const std::string& value) {
    auto d = world.read("<infinispan><cache-container name='" + value + "'/></infinispan>");
    return d.ok() ? d->container.name : d.error().message();
  };
  EXPECT_EQ(name("${a:x}"), "x");
  EXPECT_EQ(name("${a,b:x}-${:$}{c}"), "x-${c}");
  EXPECT_EQ(name("${a:${b:${c:deep}}}"), "deep");
  EXPECT_EQ(name("${a:}"), "");
  EXPECT_EQ(name("${a:http://x}"), "http://x");
  world.properties["b"] = "B";
  EXPECT_EQ(name("${a,b:x}"), "B");
  EXPECT_EQ(name("1${a:${b}}2"), "1B2");
  EXPECT_EQ(name("${gone}"), "test.xml:1:30: the property 'gone' is not set and has no default; set it with -Dgone=value or write ${gone:default}");
  EXPECT_TRUE(contains(name("${open"), "has no closing }"));
}

}  // namespace
}  // namespace holdfast::config
