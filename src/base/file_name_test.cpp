#include "base/file_name.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(FileName, SaysTheNameAndHoldsNothingThatAFileSystemMindsOrFollows) {
  EXPECT_EQ(file_name_of("a-b_C.1"), "a-b_C.1");
  EXPECT_EQ(file_name_of("../x y\n"), "%2e.%2fx%20y%0a");
  EXPECT_EQ(file_name_of("."), "%2e");
}

TEST(FileName, OfALongNameIsShortAndItsOwn) {
  const std::string one = file_name_of(std::string(300, 'x') + "1"), two = file_name_of(std::string(300, 'x') + "2");
  EXPECT_LE(one.size(), 180U);
  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace holdfast
