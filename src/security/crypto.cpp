#include "security/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/assert.h"

namespace holdfast::security {
namespace {

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

}  // namespace holdfast::security
