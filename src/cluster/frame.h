// Frames: how bytes travel between nodes. Length (4 bytes, of all that follows), CRC-32C of kind and payload (4), kind (1),
// payload. The first frame of a connection is a hello, which is answered by a hello.
//
// Owner: views borrow the input.  Threads: any.  Waits: never.
// Fails with: corrupt (checksum), too_large, protocol_error (not a hello, another product).
#pragma once

#include <optional>

#include "base/result.h"
#include "model/view.h"

namespace holdfast::cluster {

enum class FrameKind : std::uint8_t {
  hello,       // Hello
  membership,  // Message
  request,     // id (8), method (1), body
  answer,      // id (8), Errc (1), body or the error's sentence
  tell,        // method (1), body
};

struct Frame {
  FrameKind kind = FrameKind::hello;
  BytesView payload;
};

inline constexpr std::size_t kFrameHeaderBytes = 9;
inline constexpr std::size_t kFrameBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kHelloBytesMax = std::size_t{4} << 20;  // room for a view of some ten thousand members

/// Takes the next frame off the front of `input`. Nothing: it has not arrived whole. `consumed` grows by its size.
Result<std::optional<Frame>> next_frame(BytesView input, std::size_t& consumed);

/// Begins a frame in `out`; returns where, for end_frame(). Everything appended between the two is its payload.
std::size_t begin_frame(Bytes& out, FrameKind kind);
void end_frame(Bytes& out, std::size_t begin);

/// False as soon as the front of a connection's input shows that no hello will come of it, so that a stranger's bytes are
/// never waited for or kept.
bool may_be_hello(BytesView input);

/// What both ends say first.
struct Hello {
  std::uint32_t oldest_protocol = 1, newest_protocol = 1;
  std::string cluster;
  bool control = false;  // the sender's control loop: membership travels here
  NodeInfo node;
  View view;
  friend bool operator==(const Hello&, const Hello&) = default;
};
void append_hello(Bytes& out, const Hello& hello);
Result<Hello> read_hello(BytesView payload);

}  // namespace holdfast::cluster
