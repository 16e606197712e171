#include <gtest/gtest.h>

#include "local/test_local_world.h"

namespace holdfast {
namespace {

CacheConfiguration encoded_as(const std::string& type) {
  CacheConfiguration c;
  c.encoding = {type, type};
  return c;
}

template <class T>
void comes_back(const std::string& encoding, std::initializer_list<T> values) {
  const LocalWorld w(encoded_as(encoding));
  const auto c = w.cache<T, T>();
  for (const T& v : values) {
    EXPECT_EQ(c.put(v, v), std::nullopt) << encoding;
    EXPECT_EQ(c.put(v, v), v) << encoding;
    EXPECT_EQ(c.get(v), v) << encoding;
    EXPECT_TRUE(c.contains(v));
    EXPECT_TRUE(c.replace(v, v, v));
    EXPECT_EQ(c.compute(v, [](const T&, const T* old) { return *old; }), v);
  }
  EXPECT_EQ(c.stream().count(), values.size());
  for (const auto& [key, value] : c) EXPECT_EQ(key, value);
}

TEST(Encoding, KeepsStringsAndNumbersInWhateverTheCacheDeclares) {
  for (const char* encoding : {"application/x-protostream", "application/json", "text/plain", "application/octet-stream", "application/x-java-object"}) {
    comes_back<std::int32_t>(encoding, {0, -5, 2'000'000'000});
    comes_back<std::int64_t>(encoding, {-9'000'000'000'000});
    comes_back<std::uint16_t>(encoding, {65535});
    comes_back<double>(encoding, {0.5, -1.25e100});
    comes_back<bool>(encoding, {true, false});
  }
  comes_back<std::string>("application/x-protostream", {"", "text", std::string(3000, 'x')});
  comes_back<std::vector<unsigned char>>("application/x-protostream", {{1, 2, 255}});
}

TEST(Encoding, StoresWhatOtherClientsOfTheCacheUnderstand) {
  const LocalWorld w(encoded_as("application/x-protostream"));
  w.cache<std::string, std::int32_t>().put("answer", 42);
  const auto stored = w.texts().advanced().with_media_type("", "");
  EXPECT_EQ(stored.begin()->first, "\x4a\x06" "answer");
  EXPECT_EQ(stored.begin()->second, "\x28\x2a");
  const auto json = w.texts().advanced().with_media_type("text/plain", "application/json");
  EXPECT_EQ(json.get("answer"), R"({"_type":"int32","_value":42})");
  json.put("more", R"({"_type":"int32","_value":43})");
  EXPECT_EQ((w.cache<std::string, std::int32_t>().get("more")), 43);
}

TEST(Encoding, ListenersHearConvertedKeysAndValues) {
  const LocalWorld w(encoded_as("application/x-protostream"));
  const auto c = w.cache<std::string, int>();
  std::vector<int> heard;
  const auto listener = c.on({EventKind::created, EventKind::modified}, [&](const auto& e) {
    heard.push_back(e.value() - e.old_value().value_or(0));
  }, {.filter = [](const auto& e) { return e.key() == "k"; }});
  c.put("k", 5);
  c.put("k", 12);
  c.put("other", 1);
  EXPECT_EQ(heard, (std::vector<int>{5, 7}));
}

TEST(Encoding, RefusesWhatIsNotOfItsType) {
  const LocalWorld w(encoded_as("application/json"));
  EXPECT_EQ(code_of([&] { w.texts().put("1", "{no json"); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([&] { w.texts().compute("1", [](const auto&, const auto*) { return "{no json"; }); }), Errc::invalid_argument);
  EXPECT_EQ(code_of([&] { w.texts().advanced().with_media_type("no type", ""); }), Errc::invalid_argument);
  const LocalWorld image(encoded_as("image/png"));
  EXPECT_EQ(code_of([&] { image.texts(); }), Errc::not_supported);
  EXPECT_EQ(message_of([&] { image.texts(); }), "this cache stores image/png, which cannot be converted from and to text/plain");
}

}  // namespace
}  // namespace holdfast
