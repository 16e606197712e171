#include "base/function.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace holdfast {
namespace {

TEST(UniqueFunction, OwnsSmallAndLargeMoveOnlyCallables) {
  auto counted = std::make_shared<int>(7);
  std::weak_ptr<int> alive = counted;
  {
    UniqueFunction<int()> small = [c = std::move(counted), u = std::make_unique<int>(1)] { return *c + *u; };
    UniqueFunction<int()> moved = std::move(small);
    EXPECT_FALSE(static_cast<bool>(small));  // NOLINT: what a move leaves is part of the contract
    EXPECT_EQ(moved(), 8);
    std::array<int, 100> many{};
    many[99] = 5;
    UniqueFunction<int()> large = [many, u = std::make_unique<int>(2)] { return many[99] + *u; };
    moved = std::move(large);
    EXPECT_TRUE(alive.expired());
    EXPECT_EQ(moved(), 7);
  }
}

TEST(FunctionRef, CallsWhatItBorrows) {
  int calls = 0;
  auto add = [&calls](int n) { return calls += n; };
  const FunctionRef<int(int)> ref = add;
  EXPECT_EQ(ref(2), 2);
  EXPECT_EQ(ref(3), 5);
}

}  // namespace
}  // namespace holdfast
