#include "security/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/assert.h"

namespace holdfast::security {
namespace {

constexpr BytesView kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const EVP_MD* algorithm(HashKind kind) {
  switch (kind) {
    case HashKind::md5: return EVP_md5();
    case HashKind::sha1: return EVP_sha1();
    case HashKind::sha256: return EVP_sha256();
    case HashKind::sha384: return EVP_sha384();
    case HashKind::sha512: return EVP_sha512();
  }
  return nullptr;
}

const unsigned char* octets(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* octets(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

std::array<std::int8_t, 256> base64_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i) values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  return values;
}

}  // namespace

std::size_t hash_size(HashKind kind) { return static_cast<std::size_t>(EVP_MD_get_size(algorithm(kind))); }

Bytes hash(HashKind kind, BytesView data) {
  Bytes out(hash_size(kind), '\0');
  HF_ASSERT(EVP_Digest(data.data(), data.size(), octets(out), nullptr, algorithm(kind), nullptr) == 1);
  return out;
}

Bytes hmac(HashKind kind, BytesView key, BytesView data) {
  Bytes out(hash_size(kind), '\0');
  HF_ASSERT(HMAC(algorithm(kind), key.data(), static_cast<int>(key.size()), octets(data), data.size(), octets(out), nullptr) != nullptr);
  return out;
}

Bytes derive_key(HashKind kind, BytesView password, BytesView salt, std::uint32_t iterations) {
  Bytes out(hash_size(kind), '\0');
  HF_ASSERT(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt), static_cast<int>(salt.size()),
                              static_cast<int>(iterations), algorithm(kind), static_cast<int>(out.size()), octets(out)) == 1);
  return out;
}

bool equal_in_constant_time(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Bytes to_hex(BytesView bytes) {
  static constexpr BytesView kDigits = "0123456789abcdef";
  Bytes out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

Bytes to_base64(BytesView bytes) {
  Bytes out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? kBase64[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::optional<Bytes> from_base64(BytesView text) {
  static const std::array<std::int8_t, 256> kValues = base64_values();
  const std::size_t padded = text.size();
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1 || (padded != text.size() && padded % 4 != 0)) return std::nullopt;
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(group >> bits & 255);
    }
  }
  return out;
}

}  // namespace holdfast::security
