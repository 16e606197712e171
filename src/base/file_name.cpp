#include "base/file_name.h"

#include <cctype>

#include "base/hash.h"

namespace holdfast {
namespace {

constexpr std::size_t kBytesMax = 180;  // file systems take 255
constexpr std::size_t kHashBytesMax = 40;

}  // namespace

std::string file_name_of(std::string_view name) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '_' || c == '-' || (c == '.' && !out.empty())) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  if (out.size() > kBytesMax) {
    const KeyHash hash = hash_key(name);
    out = out.substr(0, kBytesMax - kHashBytesMax) + '~' + std::to_string(hash.h1) + std::to_string(hash.h2);
  }
  return out;
}

}  // namespace holdfast
