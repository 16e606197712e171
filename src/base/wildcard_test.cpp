#include "base/wildcard.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Wildcard, StarIsAnyTextAndQuestionMarkOneCharacter) {
  struct {
    const char* wildcard;
    const char* name;
    bool matches;
  } const cases[] = {
      {"a*", "a", true},      {"a*", "abc", true},      {"a*", "ba", false},    {"*b", "aab", true},      {"*b", "aba", false},
      {"a?c", "abc", true},   {"a?c", "ac", false},     {"*", "", true},        {"?", "", false},         {"a*b*c", "axxbyyc", true},
      {"a*b*c", "acb", false}, {"*aab", "aaaab", true}, {"a**", "a", true},     {"a.c", "abc", false},    {"", "a", false},
  };
  for (const auto& c : cases) EXPECT_EQ(wildcard_matches(c.wildcard, c.name), c.matches) << c.wildcard << " and " << c.name;
  EXPECT_TRUE(is_wildcard("a?"));
  EXPECT_FALSE(is_wildcard("a.b"));
}

TEST(Wildcard, ChoosesTheOneTemplateThatMatches) {
  EXPECT_EQ(*wildcard_template("session-1", {"other*", "session*", "session-1"}), std::optional<std::string>("session*"));
  EXPECT_EQ(*wildcard_template("x", {"other*", "x"}), std::nullopt) << "a template without a wildcard is chosen by its name only";
}

TEST(Wildcard, TwoThatMatchAreAnErrorThatNamesBoth) {
  const auto found = wildcard_template("ab", {"a*", "*b"});
  ASSERT_TRUE(found.failed_with(Errc::invalid_configuration));
  EXPECT_EQ(found.error().message(), "the name of cache 'ab' matches two templates, 'a*' and '*b'; say which one with configuration=\"...\"");
}

}  // namespace
}  // namespace holdfast
