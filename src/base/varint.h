// Reading and writing the numbers of our wire formats: a Reader that never passes the end of its input and
// remembers that it tried to, and append_* functions.
//
// Owner: the reader borrows its input.  Threads: one at a time.  Waits: never.
// Fails with: Reader::ok() turns false and stays false; every later read gives zero or an empty view.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace holdfast {

class Reader {
 public:
  explicit Reader(BytesView input) : input_(input) {}

  /// False once a read wanted more than there was, or met a malformed number.
  bool ok() const { return !short_ && !bad_; }
  /// The input ended too soon: more bytes may help. (A malformed number is not helped by more bytes.)
  bool needs_more() const { return short_ && !bad_; }
  bool malformed() const { return bad_; }
  /// After a read that ran short: how long the input must be at least for it to succeed.
  std::size_t wanted() const { return wanted_; }
  std::size_t position() const { return at_; }
  std::size_t remaining() const { return input_.size() - at_; }
  bool at_end() const { return at_ == input_.size(); }

  std::uint8_t u8() {
    if (!need(1)) return 0;
    return static_cast<std::uint8_t>(input_[at_++]);
  }
  std::uint16_t u16();  // big-endian, as the two below
  std::uint32_t u32();
  std::uint64_t u64();
  /// 7 bits a byte, low group first; at most 5 bytes.
  std::uint32_t vint() { return one_byte() ? u8() : static_cast<std::uint32_t>(varint(5)); }
  /// At most 10 bytes.
  std::uint64_t vlong() { return one_byte() ? u8() : varint(10); }
  std::int32_t zigzag_vint();
  BytesView bytes(std::size_t count) {
    if (!need(count)) return {};
    at_ += count;
    return {input_.data() + at_ - count, count};
  }
  /// A vInt length, then that many bytes.
  BytesView array() { return bytes(vint()); }
  void fail() { bad_ = true; }

 private:
  bool need(std::size_t count) {
    if (ok() && remaining() >= count) return true;
    return run_short(count);
  }
  bool run_short(std::size_t count);
  /// The next number is small, as most are.
  bool one_byte() const { return ok() && at_ < input_.size() && static_cast<unsigned char>(input_[at_]) < 0x80; }
  std::uint64_t varint(int max_bytes);
  BytesView input_;
  std::size_t at_ = 0;
  std::size_t wanted_ = 0;
  bool short_ = false;
  bool bad_ = false;
};

void append_u8(Bytes& out, std::uint8_t v);
void append_u16(Bytes& out, std::uint16_t v);
void append_u32(Bytes& out, std::uint32_t v);
void append_u64(Bytes& out, std::uint64_t v);
void append_vint(Bytes& out, std::uint32_t v);
void append_vlong(Bytes& out, std::uint64_t v);
void append_zigzag_vint(Bytes& out, std::int32_t v);
/// A vInt length, then the bytes.
void append_array(Bytes& out, BytesView bytes);

}  // namespace holdfast
