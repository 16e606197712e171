#include "cluster/frame.h"

#include "base/crc32c.h"

namespace holdfast::cluster {
namespace {

constexpr BytesView kMagic = "HFCL";

void put_u32(Bytes& out, std::size_t at, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) out[at + static_cast<std::size_t>(i)] = static_cast<char>(v >> (24 - 8 * i));
}

}  // namespace

Result<std::optional<Frame>> next_frame(BytesView input, std::size_t& consumed) {
  Reader in(input);
  const std::uint32_t length = in.u32();
  if (!in.ok()) return std::optional<Frame>();
  if (length > kFrameBytesMax) return Error(Errc::too_large, "a frame of " + std::to_string(length) + " bytes; is this another product's port?");
  if (length < kFrameHeaderBytes - 4) return Error(Errc::protocol_error, "a frame that is too short");
  if (in.remaining() < length) return std::optional<Frame>();
  const std::uint32_t checksum = in.u32();
  const BytesView body = in.bytes(length - 4);
  if (crc32c(body) != checksum) return Error(Errc::corrupt, "a frame whose checksum is wrong");
  if (static_cast<std::uint8_t>(body[0]) > static_cast<std::uint8_t>(FrameKind::tell)) return Error(Errc::protocol_error, "a frame of an unknown kind");
  consumed += 4 + length;
  return std::optional<Frame>({static_cast<FrameKind>(body[0]), body.substr(1)});
}

bool may_be_hello(BytesView input) {
  Reader in(input);
  const std::uint32_t length = in.u32();
  if (!in.ok()) return true;
  if (length > kHelloBytesMax || length < kFrameHeaderBytes - 4 + kMagic.size()) return false;
  if (input.size() < kFrameHeaderBytes) return true;
  const BytesView begin = input.substr(kFrameHeaderBytes, kMagic.size());
  return static_cast<FrameKind>(input[kFrameHeaderBytes - 1]) == FrameKind::hello && begin == kMagic.substr(0, begin.size());
}

std::size_t begin_frame(Bytes& out, FrameKind kind) {
  const std::size_t begin = out.size();
  out.append(8, '\0');
  append_u8(out, static_cast<std::uint8_t>(kind));
  return begin;
}

void end_frame(Bytes& out, std::size_t begin) {
  put_u32(out, begin, static_cast<std::uint32_t>(out.size() - begin - 4));
  put_u32(out, begin + 4, crc32c(BytesView(out).substr(begin + 8)));
}

void append_hello(Bytes& out, const Hello& hello) {
  out.append(kMagic);
  append_vint(out, hello.oldest_protocol);
  append_vint(out, hello.newest_protocol);
  append_array(out, hello.cluster);
  append_u8(out, hello.control);
  append_node(out, hello.node);
  append_view(out, hello.view);
}

Result<Hello> read_hello(BytesView payload) {
  Reader in(payload);
  if (in.bytes(kMagic.size()) != kMagic) return Error(Errc::protocol_error, "what answers there is no node of ours");
  Hello hello;
  hello.oldest_protocol = in.vint();
  hello.newest_protocol = in.vint();
  hello.cluster = in.array();
  hello.control = in.u8() != 0;
  hello.node = read_node(in);
  auto view = read_view(in);
  if (!in.ok() || !view) return Error(Errc::protocol_error, "a malformed hello");
  hello.view = std::move(*view);
  return hello;
}

}  // namespace holdfast::cluster
