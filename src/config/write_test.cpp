#include <libxml/xmlschemas.h>

#include <algorithm>
#include <random>
#include <set>

#include "config/descriptors.h"
#include "config/shape.h"
#include "config/templates.h"
#include "config/test_read.h"

namespace holdfast::config {
namespace {

constexpr Format kFormats[] = {Format::xml, Format::json, Format::yaml};

/// Random documents made from the descriptors themselves: every setting and element may occur.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Node element(const Element& element, int depth = 0) {
    Node node;
    node.name = element.name;
    for (const auto& setting : element.settings) {
      if (setting.refused.empty() && !setting.old && !is_reference(setting.name) && chance(3)) node.set(setting.name, value(setting));
    }
    if (element.has_text) node.text = word();
    for (const auto& child : element.children) {
      if (child.old || !child.element->refused.empty() || !chance(2)) continue;
      for (int n = child.repeats ? below(3) : 1; n > 0; --n) add(child, node, depth);
    }
    return node;
  }

 private:
  static bool is_reference(const std::string& name) {
    static const std::set<std::string> kNames{"default-cache", "configuration", "interface", "default-interface", "security-realm", "qop", "policy", "name", "socket-binding", "relative-to"};
    return kNames.contains(name);
  }
  bool chance(int one_in) { return below(one_in) == 0; }
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string word() {
    static const std::vector<std::string> kWords{"a", "text/plain", "x y", "${:$}{not}", "<&\">'", "ü", "null", "true", "12", "a: b", "- x", "#", "\\n\\", "key,value", "tab\there"};
    return kWords[static_cast<std::size_t>(below(static_cast<int>(kWords.size())))];
  }
  std::string name() { return "n" + std::to_string(++names_); }

  std::string value(const Setting& s) {
    switch (s.kind) {
      case Kind::boolean: return chance(2) ? "true" : "false";
      case Kind::choice: return s.choices[static_cast<std::size_t>(below(static_cast<int>(s.choices.size())))];
      case Kind::list: return s.choices.empty() ? name() + " " + name() : s.choices[0] + " " + s.choices[1];
      case Kind::number: return "1." + std::to_string(below(100));
      case Kind::text: return word();
      case Kind::integer:
      case Kind::duration:
      case Kind::size: break;
    }
    return std::to_string(std::max<std::int64_t>(s.min, std::min<std::int64_t>(s.max, below(3000))));
  }

  void add(const Child& child, Node& parent, int depth) {
    if (depth > 6 || child.element->name == "server-identities" || child.element->name.ends_with("-realm")) return;  // asked for protection
    if (child.element->name == "sasl" || child.element->name == "endpoints") return;  // rules beyond names: tested by hand
    const bool alone = parent.name == "interface" && !parent.children.empty();
    if (alone) return;
    Node node = element(*child.element, depth + 1);
    for (const char* key : {"name", "site"}) {
      if (child.element->setting(key) && child.repeats) node.attributes.insert(node.attributes.begin(), {key, name(), {}});
    }
    if (child.element->open && child.repeats) node.children.push_back(protocol());
    parent.children.push_back(std::move(node));
  }

  Node protocol() {
    Node node;
    node.name = "pbcast.NAKACK2";
    node.set("xmit_interval", word());
    node.set("stack.combine", "REPLACE");
    return node;
  }

  std::minstd_rand random_;
  int names_ = 0;
};

TEST(Write, ReadsBackInEveryFormatForRandomDocuments) {
  World world;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    Node root = Generator(seed).element(*root_element());
    std::vector<std::string> warnings;
    const ReadOptions options = world.options();
    Document document;
    Reading reading{.options = options, .warnings = warnings};
    const auto applied = apply(*root_element(), root, &document, reading);
    ASSERT_TRUE(applied.ok()) << seed << " " << applied.error().message();
    for (const Format format : kFormats) {
      const std::string text = write(document, format);
      const auto again = world.read(text);
      ASSERT_TRUE(again.ok()) << seed << " " << again.error().message() << "\n" << text;
      ASSERT_EQ(write(*again, Format::xml), write(document, Format::xml)) << seed << " " << format_name(format) << "\n" << text;
      ASSERT_EQ(again->container, document.container) << seed << " " << format_name(format) << "\n" << text;
      ASSERT_EQ(again->server, document.server) << seed << " " << format_name(format) << "\n" << text;
      ASSERT_EQ(write(*again, format), text);
    }
  }
}

TEST(WriteCache, ReadsBackInEveryFormatForRandomCaches) {
  World world;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    for (const auto& kind : cache_elements()) {
      Node node = Generator(seed).element(*kind.element);
      std::vector<std::string> warnings;
      const ReadOptions options = world.options();
      Reading reading{.options = options, .warnings = warnings};
      auto cache = read_cache_configuration(kind, node, "", {}, reading);
      ASSERT_TRUE(cache.ok()) << cache.error().message();
      const NamedCache named{seed % 2 ? "the cache" : "", kind.is_template, *cache, {}};
      for (const Format format : kFormats) {
        const std::string text = write_cache(named, format);
        const auto again = must(world.cache(text));
        ASSERT_EQ(again.configuration, named.configuration) << text << write_cache(again, format);
        ASSERT_EQ(again.name, named.name) << text;
        ASSERT_EQ(again.is_template, named.is_template) << text;
      }
    }
  }
}

TEST(WriteCache, WritesWhatDiffersAsTheOriginalDoes) {
  NamedCache cache;
  cache.name = "mycache";
  cache.configuration.mode = CacheMode::distributed;
  cache.configuration.owners = 3;
  cache.configuration.statistics = true;
  EXPECT_EQ(write_cache(cache, Format::json),
            "{\n  \"mycache\": {\n    \"distributed-cache\": {\n      \"statistics\": true,\n      \"owners\": \"3\"\n    }\n  }\n}\n");
  EXPECT_EQ(write_cache(cache, Format::yaml), "mycache:\n  distributedCache:\n    statistics: true\n    owners: \"3\"\n");
  EXPECT_EQ(write_cache(cache, Format::xml),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<distributed-cache name=\"mycache\" statistics=\"true\" owners=\"3\"/>\n");
  EXPECT_EQ(write_cache(NamedCache{}, Format::json), "{\n  \"local-cache\": {}\n}\n");
}

TEST(WriteCache, KeepsANameThatLooksLikeAnElement) {
  NamedCache cache;
  cache.name = "local-cache";
  for (const Format format : kFormats) EXPECT_EQ(must(World().cache(write_cache(cache, format))).name, "local-cache");
}

TEST(Convert, KeepsPropertiesAndWhatIsNotBuilt) {
  const World world;
  const std::string xml = R"(<infinispan xmlns="urn:infinispan:config:14.0"><cache-container name="${n:x}">
    <local-cache name="a"><persistence><file-store/></persistence><backups><backup site="NYC" strategy="SYNC"/></backups></local-cache>
    </cache-container><server xmlns="urn:infinispan:server:14.0"><security><credential-stores><credential-store name="c" path="p"/></credential-stores></security></server></infinispan>)";
  const auto json = convert(xml, world.options(), Format::json);
  ASSERT_TRUE(json.ok()) << json.error().message();
  EXPECT_TRUE(contains(*json, "\"name\": \"${n:x}\"")) << *json;
  EXPECT_TRUE(contains(*json, "soft-index-file-store")) << *json;
  EXPECT_TRUE(contains(*json, "credential-store")) << *json;
  const auto yaml = convert(*json, world.options(), Format::yaml);
  ASSERT_TRUE(yaml.ok()) << yaml.error().message();
  EXPECT_TRUE(contains(*yaml, "softIndexFileStore: {}")) << *yaml;
  const auto back = convert(*yaml, world.options(), Format::xml);
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_TRUE(contains(*back, "<backup site=\"NYC\" strategy=\"SYNC\"/>")) << *back;
  EXPECT_TRUE(contains(*back, "<cache-container name=\"${n:x}\">")) << *back;
  EXPECT_FALSE(convert("<infinispan><cache-containr/></infinispan>", world.options(), Format::json).ok());
}

TEST(Convert, TakesOneCacheToo) {
  const auto yaml = convert("<local-cache name='a'><memory max-count='5'/></local-cache>", World().options(), Format::yaml);
  ASSERT_TRUE(yaml.ok());
  EXPECT_EQ(*yaml, "a:\n  localCache:\n    memory:\n      maxCount: \"5\"\n");
}

TEST(Schema, NamesEverySettingOnce) {
  const auto all = settings();
  std::set<std::string> paths;
  for (const auto& row : all) {
    EXPECT_TRUE(paths.insert(row.path).second) << row.path;
    EXPECT_FALSE(row.doc.empty()) << row.path;
    EXPECT_FALSE(row.type.empty()) << row.path;
  }
  const auto at = std::find_if(all.begin(), all.end(), [](const auto& row) { return row.path == "cache-container/local-cache/memory@max-count"; });
  ASSERT_NE(at, all.end());
  EXPECT_EQ(at->type, "integer");
  EXPECT_EQ(at->fallback, "-1");
  EXPECT_TRUE(at->mutable_at_runtime);
  EXPECT_TRUE(at->built);
}

void silent(void*, const char*, ...) {}

class Validator {
 public:
  explicit Validator(const std::string& schema) {
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(schema.data(), static_cast<int>(schema.size()));
    schema_ = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
  }
  ~Validator() { xmlSchemaFree(schema_); }
  bool accepts(const std::string& text) const {
    xmlDocPtr document = xmlReadMemory(text.data(), static_cast<int>(text.size()), "text", nullptr, 0);
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema_);
    xmlSchemaSetValidErrors(context, silent, silent, nullptr);
    const bool valid = schema_ && document && xmlSchemaValidateDoc(context, document) == 0;
    xmlSchemaFreeValidCtxt(context);
    xmlFreeDoc(document);
    return valid;
  }

 private:
  xmlSchemaPtr schema_;
};

TEST(Schema, AcceptsWhatIsWrittenAndRefusesWhatIsUnknown) {
  const Validator validator(xml_schema());
  const World world;
  EXPECT_TRUE(validator.accepts("<local-cache name='a' statistics='${s:true}'><memory max-count='5'/></local-cache>"));
  EXPECT_FALSE(validator.accepts("<local-cache name='a'><memory max-cuont='5'/></local-cache>"));
  EXPECT_FALSE(validator.accepts("<local-cache name='a' statistics='yes'/>"));
  EXPECT_FALSE(validator.accepts("<holdfast><cache-containr/></holdfast>"));
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::vector<std::string> warnings;
    const ReadOptions options = world.options();
    Document document;
    Reading reading{.options = options, .warnings = warnings};
    ASSERT_TRUE(apply(*root_element(), Generator(seed).element(*root_element()), &document, reading).ok());
    const std::string text = write(document, Format::xml);
    EXPECT_TRUE(validator.accepts(text)) << text;
  }
}

TEST(Schema, IsWellFormedInBothForms) {
  const auto xsd = xml_schema();
  EXPECT_TRUE(contains(xsd, "<xs:element name=\"holdfast\" type=\"configuration\"/>"));
  EXPECT_TRUE(contains(xsd, "<xs:element ref=\"local-cache\"/>"));
  const auto json = json_schema();
  EXPECT_TRUE(contains(json, "\"max-count\""));
  EXPECT_TRUE(contains(json, "draft-07"));
  EXPECT_TRUE(contains(json, "\"$ref\": \"#/definitions/local-cache\""));
}

TEST(Definitions, KeepTheNameOfTheirTemplateAndTheirOwnSettings) {
  NamedCache cache{"c ${x}", false, {}, {}};
  cache.configuration.parent = "gone";
  cache.configuration.memory.max_count = 5;
  const std::string text = write_definition(cache);
  const NamedCache again = must(read_definition(text));
  EXPECT_EQ(again.name, cache.name);
  EXPECT_EQ(again.configuration, cache.configuration) << text;
  cache.is_template = true;
  EXPECT_TRUE(must(read_definition(write_definition(cache))).is_template);
  EXPECT_TRUE(read_definition("<infinispan/>").failed_with(Errc::invalid_configuration));
}

}  // namespace
}  // namespace holdfast::config
