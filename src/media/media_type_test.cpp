#include "media/media_type.h"

#include <gtest/gtest.h>

namespace holdfast::media {
namespace {

TEST(MediaType, ParsesNamesAndParametersInAnyCase) {
  const auto type = MediaType::parse(" Text/Plain ; Charset=\"UTF-8\";q=0.5; ");
  ASSERT_TRUE(type.ok());
  EXPECT_EQ(type->name(), "text/plain");
  EXPECT_EQ(type->parameter("charset"), "UTF-8");
  EXPECT_EQ(type->parameter("q"), "0.5");
  EXPECT_EQ(type->to_string(), "text/plain; charset=UTF-8; q=0.5");
}

TEST(MediaType, KeepsQuotedParametersThatAreNoTokens) {
  const auto type = MediaType::parse(R"(application/x-java-object;type="a;b \"c\"")");
  ASSERT_TRUE(type.ok());
  EXPECT_EQ(type->parameter("type"), "a;b \"c\"");
  const auto again = MediaType::parse(type->to_string());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *type);
}

TEST(MediaType, RefusesWhatIsNoMediaType) {
  for (const char* bad : {"", "text", "text/", "/plain", "text/pl ain", "text/plain;charset", "text/plain;=x", "text/plain;a=\"b", "text/plain; a=b\nc"}) {
    EXPECT_TRUE(MediaType::parse(bad).failed_with(Errc::invalid_argument)) << bad;
  }
  EXPECT_FALSE(MediaType::parse("text/" + std::string(2000, 'a')).ok());
}

TEST(MediaType, KnowsThePredefinedIdsOfHotRod) {
  EXPECT_EQ(MediaType::from_hotrod_id(12).name(), "application/x-protostream");
  EXPECT_TRUE(MediaType::from_hotrod_id(16).empty());
  EXPECT_TRUE(MediaType::from_hotrod_id(99).empty());
  for (std::uint32_t id = 1; id <= 17; ++id) {
    if (id == 16) continue;
    EXPECT_EQ(MediaType::from_hotrod_id(id).hotrod_id(), id);
  }
  EXPECT_EQ(MediaType::parse("application/yaml")->hotrod_id(), 0U);
}

TEST(MediaType, RefusesAControlCharacterAndAnEscapedLastQuoteInAQuotedValue) {
  EXPECT_FALSE(MediaType::parse("a/b; c=\"\\\x02\"").ok());
  EXPECT_FALSE(MediaType::parse("a/b; c=\"d\\\"").ok());
  const auto escaped = MediaType::parse("a/b; c=\"\\\"\\\\\"");
  ASSERT_TRUE(escaped.ok());
  EXPECT_EQ(*MediaType::parse(escaped->to_string()), *escaped);
}

}  // namespace
}  // namespace holdfast::media
