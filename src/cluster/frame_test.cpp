#include "cluster/frame.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"

namespace holdfast::cluster {
namespace {

Bytes frame(FrameKind kind, BytesView payload) {
  Bytes out;
  const std::size_t begin = begin_frame(out, kind);
  out.append(payload);
  end_frame(out, begin);
  return out;
}

TEST(Frames, HaveTheirGoldenBytes) {
  Bytes golden("\0\0\0\x07", 4);
  append_u32(golden, crc32c(BytesView("\x04go", 3)));
  golden += "\x04go";
  EXPECT_EQ(frame(FrameKind::tell, "go"), golden);
}

TEST(Frames, ComeOutOneAfterTheOtherAlsoByteByByte) {
  const Bytes stream = frame(FrameKind::request, "one") + frame(FrameKind::answer, "");
  std::vector<std::string> seen;
  Bytes input;
  for (const char byte : stream) {
    input += byte;
    std::size_t consumed = 0;
    const auto next = next_frame(input, consumed);
    ASSERT_TRUE(next.ok());
    if (!*next) continue;
    seen.emplace_back((*next)->payload);
    input.erase(0, consumed);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"one", ""}));
}

TEST(Frames, AFlippedBitIsNoticed) {
  const Bytes good = frame(FrameKind::membership, "payload");
  for (std::size_t i = 4; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    std::size_t consumed = 0;
    EXPECT_FALSE(next_frame(bad, consumed).ok()) << i;
    EXPECT_EQ(consumed, 0U);
  }
}

TEST(Frames, ARequestOfAnotherProductIsToldApart) {
  std::size_t consumed = 0;
  EXPECT_EQ(next_frame("GET / HTTP/1.1\r\n\r\n", consumed).code(), Errc::too_large);
}

TEST(Frames, AHelloIsReadAsItWasWritten) {
  Hello hello;
  hello.cluster = "ISPN";
  hello.control = true;
  hello.node.address = {"a", 1};
  hello.node.host = "127.0.0.1";
  hello.view.id = {3, {"b", 2}};
  hello.view.members = {hello.node};
  Bytes out;
  append_hello(out, hello);
  const auto back = read_hello(out);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, hello);
  for (std::size_t n = 0; n < out.size(); ++n) EXPECT_FALSE(read_hello(BytesView(out).substr(0, n)).ok()) << n;
}

}  // namespace
}  // namespace holdfast::cluster
