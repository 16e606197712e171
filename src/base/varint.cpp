#include "base/varint.h"

namespace holdfast {

bool Reader::run_short(std::size_t count) {
  if (ok()) {
    short_ = true;
    wanted_ = at_ + count;
  }
  return false;
}

std::uint16_t Reader::u16() {
  if (!need(2)) return 0;
  const auto high = u8();
  return static_cast<std::uint16_t>(high << 8 | u8());
}

std::uint32_t Reader::u32() {
  if (!need(4)) return 0;
  const std::uint32_t high = u16();
  return high << 16 | u16();
}

std::uint64_t Reader::u64() {
  if (!need(8)) return 0;
  const std::uint64_t high = u32();
  return high << 32 | u32();
}

std::uint64_t Reader::varint(int max_bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < max_bytes; ++i) {
    const std::uint8_t byte = u8();
    if (!ok()) return 0;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  bad_ = true;
  return 0;
}

std::int32_t Reader::zigzag_vint() {
  const std::uint32_t raw = vint();
  return static_cast<std::int32_t>((raw >> 1) ^ (~(raw & 1) + 1));
}

void append_u8(Bytes& out, std::uint8_t v) { out.push_back(static_cast<char>(v)); }

namespace {

void append_big_endian(Bytes& out, std::uint64_t v, int size) {
  char buffer[8];
  for (int i = 0; i < size; ++i) buffer[i] = static_cast<char>(v >> (8 * (size - 1 - i)));
  out.append(buffer, static_cast<std::size_t>(size));
}

}  // namespace

void append_u16(Bytes& out, std::uint16_t v) { append_big_endian(out, v, 2); }
void append_u32(Bytes& out, std::uint32_t v) { append_big_endian(out, v, 4); }
void append_u64(Bytes& out, std::uint64_t v) { append_big_endian(out, v, 8); }

void append_vlong(Bytes& out, std::uint64_t v) {
  char buffer[10];
  std::size_t n = 0;
  while (v >= 0x80) {
    buffer[n++] = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  buffer[n++] = static_cast<char>(v);
  out.append(buffer, n);
}

void append_vint(Bytes& out, std::uint32_t v) { append_vlong(out, v); }

void append_zigzag_vint(Bytes& out, std::int32_t v) {
  append_vint(out, (static_cast<std::uint32_t>(v) << 1) ^ static_cast<std::uint32_t>(v >> 31));
}

void append_array(Bytes& out, BytesView bytes) {
  append_vlong(out, bytes.size());
  out.append(bytes);
}

}  // namespace holdfast
