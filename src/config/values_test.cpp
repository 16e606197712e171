#include "config/values.h"

#include <gtest/gtest.h>

#include "config/node.h"

namespace holdfast::config {
namespace {

TEST(Values, TakeDurationsWithEveryUnit) {
  EXPECT_EQ(*parse_duration_ms("1500"), 1500);
  EXPECT_EQ(*parse_duration_ms("500ms"), 500);
  EXPECT_EQ(*parse_duration_ms("31.5s"), 31500);
  EXPECT_EQ(*parse_duration_ms("4m"), 240000);
  EXPECT_EQ(*parse_duration_ms("2 h"), 7200000);
  EXPECT_EQ(*parse_duration_ms("1d"), 86400000);
  EXPECT_EQ(*parse_duration_ms("-1"), -1);
}

TEST(Values, TakeSizesWithEveryUnit) {
  EXPECT_EQ(*parse_size_bytes("10"), 10);
  EXPECT_EQ(*parse_size_bytes("10B"), 10);
  EXPECT_EQ(*parse_size_bytes("1.5GB"), 1500000000);
  EXPECT_EQ(*parse_size_bytes("500 MB"), 500000000);
  EXPECT_EQ(*parse_size_bytes("2KiB"), 2048);
  EXPECT_EQ(*parse_size_bytes("1TiB"), std::int64_t{1} << 40);
}

TEST(Values, RefuseWhatIsNoQuantity) {
  for (const char* text : {"", "s", "10 apples", "-2", "-5s", "1e400s", "99999999999999TiB", "0x10", "1.2.3s", "NaNs", "infs"}) {
    EXPECT_FALSE(parse_duration_ms(text).ok()) << text;
    EXPECT_FALSE(parse_size_bytes(text).ok()) << text;
  }
}

TEST(Values, TakeOnlyTrueAndFalseAsBooleans) {
  EXPECT_TRUE(*parse_boolean("true"));
  EXPECT_FALSE(*parse_boolean(" false "));
  for (const char* text : {"", "TRUE", "yes", "1", "on"}) EXPECT_FALSE(parse_boolean(text).ok()) << text;
}

TEST(Values, PrintSizesWithTheLargestExactUnit) {
  EXPECT_EQ(print_size_bytes(1500000000), "1500MB");
  EXPECT_EQ(print_size_bytes(1 << 30), "1GiB");
  EXPECT_EQ(print_size_bytes(1001), "1001");
  EXPECT_EQ(print_size_bytes(-1), "-1");
  for (const std::int64_t bytes : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1024}, std::int64_t{1000}, std::int64_t{3} << 40}) {
    EXPECT_EQ(*parse_size_bytes(print_size_bytes(bytes)), bytes);
  }
}

TEST(Values, PrintNumbersThatReadBack) {
  for (const double value : {0.0, 1.0, 0.1, 1e-7, 12345.678}) EXPECT_EQ(*parse_number(print_number(value)), value);
}

TEST(Suggestion, NamesTheNearest) {
  EXPECT_EQ(suggestion("max-cuont", {"max-size", "max-count"}), ", did you mean max-count?");
  EXPECT_EQ(suggestion("local-cach", {"local-cache", "replicated-cache"}), ", did you mean local-cache?");
  EXPECT_EQ(suggestion("size", {"max-size", "max-count"}), ", did you mean max-size?");
  EXPECT_EQ(suggestion("elephant", {"max-size", "max-count"}), "");
  EXPECT_EQ(suggestion("", {"a"}), "");
}

}  // namespace
}  // namespace holdfast::config
