#include "endpoint/rest/nonces.h"

#include <gtest/gtest.h>

#include "sim/test_world.h"

namespace holdfast::rest {
namespace {

using Standing = Nonces::Standing;

TEST(Nonces, KnowItsOwnAndTheirAge) {
  sim::TestWorld world;
  Nonces nonces(world);
  const std::string nonce = nonces.make();
  EXPECT_EQ(nonces.look(nonce), Standing::good);
  std::string changed = nonce;
  changed[3] = changed[3] == '0' ? '1' : '0';
  EXPECT_EQ(nonces.look(changed), Standing::forged);
  EXPECT_EQ(nonces.look("short"), Standing::forged);
  world.advance(Nonces::kLifeMs + 1);
  EXPECT_EQ(nonces.look(nonce), Standing::stale);
}

TEST(Nonces, TakesEachCountOnceInAnyNearOrder) {
  sim::TestWorld world;
  Nonces nonces(world);
  const std::string nonce = nonces.make();
  for (const std::uint32_t count : {1U, 3U, 2U, 70U, 69U, 10U}) EXPECT_TRUE(nonces.use(nonce, count)) << count;
  for (const std::uint32_t count : {1U, 3U, 2U, 70U, 69U, 10U, 5U}) EXPECT_FALSE(nonces.use(nonce, count)) << count;
  EXPECT_TRUE(nonces.use(nonce, 1000));
  EXPECT_FALSE(nonces.use(nonce, 70)) << "too far back to know";
}

TEST(Nonces, RemembersABoundedNumberAndMakesTheForgottenStale) {
  sim::TestWorld world;
  Nonces nonces(world);
  const std::string first = nonces.make();
  EXPECT_TRUE(nonces.use(first, 1));
  for (std::size_t i = 0; i < Nonces::kUsedMax; ++i) {
    world.advance(1);
    EXPECT_TRUE(nonces.use(nonces.make(), 1));
  }
  EXPECT_EQ(nonces.look(first), Standing::stale);
  EXPECT_FALSE(nonces.use(first, 2));
  EXPECT_EQ(nonces.look(nonces.make()), Standing::good);
}

}  // namespace
}  // namespace holdfast::rest
