#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "local/test_local_world.h"

namespace app {
struct Person {
  std::string name;
  int born = 0;
  friend bool operator==(const Person&, const Person&) = default;
};
}  // namespace app

template <>
struct holdfast::Marshaller<app::Person> {
  static std::string to_bytes(const app::Person& p) { return std::to_string(p.born) + " " + p.name; }
  static app::Person from_bytes(std::string_view bytes) {
    const auto blank = bytes.find(' ');
    if (blank == std::string_view::npos) throw CacheException(Errc::corrupt, "no person");
    return {std::string(bytes.substr(blank + 1)), std::stoi(std::string(bytes.substr(0, blank)))};
  }
};

namespace holdfast {
namespace {

using app::Person;

TEST(Marshaller, TakesTypesOfTheProgram) {
  LocalWorld w;
  const auto c = w.cache<Person, Person>();
  const Person ada{"Ada", 1815}, alan{"Alan", 1912};
  EXPECT_EQ(c.put(ada, alan), std::nullopt);
  EXPECT_EQ(c.get(ada), alan);
  EXPECT_EQ(c.get(alan), std::nullopt);
  EXPECT_TRUE(c.replace(ada, alan, ada));
  EXPECT_EQ(c.compute(ada, [](const Person& key, const Person* old) { return Person{old->name + "!", key.born + 1}; }), (Person{"Ada!", 1816}));
  for (const auto& [key, value] : c) EXPECT_EQ(value.born, key.born + 1);
  EXPECT_EQ(c.async().get(ada).get()->name, "Ada!");
}

TEST(Marshaller, FailsWhenTheBytesAreOfAnotherType) {
  LocalWorld w;
  w.texts().put("k", "text");
  EXPECT_EQ(code_of([&] { static_cast<void>(w.cache<std::string, Person>().get("k")); }), Errc::corrupt);
  EXPECT_EQ(message_of([&] { static_cast<void>(w.cache<std::string, std::int64_t>().get("k")); }),
            "a number of 8 bytes was expected, but 4 bytes are stored; use the type that wrote them");
}

template <class T>
void comes_back(std::initializer_list<T> values) {
  LocalWorld w;
  const auto c = w.cache<T, T>();
  for (const T& v : values) {
    c.put(v, v);
    EXPECT_EQ(c.get(v), v);
  }
  EXPECT_EQ(c.size(), values.size());
}

enum class Colour : std::uint8_t { red, green };

TEST(Marshaller, KnowsTheUsualTypes) {
  comes_back<bool>({false, true});
  comes_back<char>({'a', '\0'});
  comes_back<std::int32_t>({0, -1, std::numeric_limits<std::int32_t>::min()});
  comes_back<std::uint64_t>({0, std::numeric_limits<std::uint64_t>::max()});
  comes_back<double>({0.5, -1e300, std::numeric_limits<double>::infinity()});
  comes_back<float>({0.25F});
  comes_back<Colour>({Colour::red, Colour::green});
  comes_back<std::string>({"", "text", std::string("with\0zero", 9), std::string(5000, 'x')});
  comes_back<std::vector<std::byte>>({{}, {std::byte{0}, std::byte{255}}});
  comes_back<std::vector<unsigned char>>({{1, 2, 3}});
}

}  // namespace
}  // namespace holdfast
