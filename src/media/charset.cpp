#include "media/charset.h"

#include <algorithm>
#include <string>

namespace holdfast::media {
namespace {

struct Alias {
  std::string_view name;
  Charset charset;
};
constexpr Alias kAliases[] = {
    {"utf-8", Charset::utf8},        {"utf8", Charset::utf8},      {"iso-8859-1", Charset::latin1}, {"iso8859-1", Charset::latin1},
    {"iso_8859-1", Charset::latin1}, {"latin1", Charset::latin1},  {"us-ascii", Charset::ascii},    {"ascii", Charset::ascii},
};

std::string_view name_of(Charset charset) {
  return charset == Charset::utf8 ? "utf-8" : charset == Charset::latin1 ? "iso-8859-1" : "us-ascii";
}

/// One code point at the front of `text` and its length; length 0 when it is malformed (overlong, surrogate, cut off).
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};
CodePoint decode(BytesView text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  std::uint32_t value = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {value, length};
}

Error not_of(Charset charset) {
  return Error(Errc::invalid_argument, "the bytes are no text in " + std::string(name_of(charset)) + "; say which charset they have");
}

Result<Bytes> to_utf8(BytesView text, Charset from) {
  if (from == Charset::utf8) return is_utf8(text) ? Result<Bytes>(Bytes(text)) : Result<Bytes>(not_of(from));
  Bytes out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      out += c;
    } else if (from == Charset::ascii) {
      return not_of(from);
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

}  // namespace

Result<Charset> charset_from_name(std::string_view name) {
  if (name.empty()) return Charset::utf8;
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const Alias& alias : kAliases) {
    if (alias.name == lower) return alias.charset;
  }
  return Error(Errc::not_supported, "charset '" + lower.substr(0, 40) + "' is not supported; use utf-8, iso-8859-1 or us-ascii");
}

bool is_utf8(BytesView text) {
  while (!text.empty()) {
    const CodePoint point = decode(text);
    if (point.length == 0) return false;
    text.remove_prefix(point.length);
  }
  return true;
}

Result<Bytes> recode(BytesView text, Charset from, Charset to) {
  HF_ASSIGN(Bytes utf8, to_utf8(text, from));
  if (to == Charset::utf8) return utf8;
  const std::uint32_t limit = to == Charset::latin1 ? 0x100 : 0x80;
  Bytes out;
  for (BytesView rest = utf8; !rest.empty();) {
    const CodePoint point = decode(rest);
    if (point.value >= limit) {
      return Error(Errc::invalid_argument, "the text has characters that " + std::string(name_of(to)) + " lacks; ask for utf-8");
    }
    out += static_cast<char>(point.value);
    rest.remove_prefix(point.length);
  }
  return out;
}

}  // namespace holdfast::media
