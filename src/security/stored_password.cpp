#include "security/stored_password.h"

#include <array>
#include <optional>

namespace holdfast::security {
namespace {

constexpr char kDigestIdentifier = 2;
constexpr char kScramIdentifier = 5;
constexpr std::uint32_t kIterationsMax = 10'000'000;

struct Form {
  std::string_view algorithm;
  HashKind hash;
  bool scram;
};

// The cheapest to check come first; the weak hashes stand last.
constexpr std::array<Form, 9> kForms = {{
    {"digest-sha-512", HashKind::sha512, false}, {"digest-sha-384", HashKind::sha384, false},
    {"digest-sha-256", HashKind::sha256, false}, {"scram-sha-512", HashKind::sha512, true},
    {"scram-sha-384", HashKind::sha384, true},   {"scram-sha-256", HashKind::sha256, true},
    {"scram-sha-1", HashKind::sha1, true},       {"digest-sha", HashKind::sha1, false},
    {"digest-md5", HashKind::md5, false},
}};

const Form* form_of(std::string_view algorithm) {
  for (const Form& form : kForms) {
    if (form.algorithm == algorithm) return &form;
  }
  return nullptr;
}

/// Reads the packed numbers and the counted strings of the layout; nothing once the input ran out.
class Packed {
 public:
  explicit Packed(BytesView input) : rest_(input) {}

  std::optional<char> octet() {
    if (rest_.empty()) return std::nullopt;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  std::optional<std::uint32_t> number() {
    std::uint64_t value = 0;
    for (int i = 0; i < 5; ++i) {
      const auto group = octet();
      if (!group) return std::nullopt;
      value = value << 7 | (static_cast<unsigned char>(*group) & 0x7fU);
      if ((static_cast<unsigned char>(*group) & 0x80U) == 0) return value > 0x7fffffffU ? std::nullopt : std::optional(static_cast<std::uint32_t>(value));
    }
    return std::nullopt;
  }
  std::optional<Bytes> counted() {
    const auto size = number();
    if (!size || *size > rest_.size()) return std::nullopt;
    Bytes bytes(rest_.substr(0, *size));
    rest_.remove_prefix(*size);
    return bytes;
  }
  BytesView rest() const { return rest_; }

 private:
  BytesView rest_;
};

void append_number(Bytes& out, std::uint32_t value) {
  for (int shift = 28; shift > 0; shift -= 7) {
    if (value >> shift != 0) out += static_cast<char>(0x80 | (value >> shift & 0x7f));
  }
  out += static_cast<char>(value & 0x7f);
}

void append_counted(Bytes& out, BytesView bytes) {
  append_number(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

bool form_matches(const Form& form, BytesView stored, BytesView password) {
  if (form.scram) {
    const auto scram = decode_scram(stored);
    return scram.ok() &&
           equal_in_constant_time(scram->salted_password, derive_key(form.hash, password, scram->salt, scram->iterations));
  }
  const auto digest = decode_digest(stored);
  return digest.ok() &&
         equal_in_constant_time(digest->digest, hash(form.hash, digest->user + ":" + digest->realm + ":" + Bytes(password)));
}

}  // namespace

Result<StoredScram> decode_scram(BytesView stored) {
  Packed in(stored);
  const auto identifier = in.octet();
  const auto iterations = in.number();
  auto salt = in.counted();
  if (identifier != kScramIdentifier || !salt || in.rest().empty()) {
    return Error(Errc::corrupt, "it is no SCRAM password (iterations, salt and salted password)");
  }
  if (*iterations == 0 || *iterations > kIterationsMax) {
    return Error(Errc::corrupt, "its iteration count " + std::to_string(*iterations) + " is not between 1 and " + std::to_string(kIterationsMax));
  }
  return StoredScram{*iterations, std::move(*salt), Bytes(in.rest())};
}

Bytes encode_scram(const StoredScram& scram) {
  Bytes out(1, kScramIdentifier);
  append_number(out, scram.iterations);
  append_counted(out, scram.salt);
  return out + scram.salted_password;
}

Result<StoredDigest> decode_digest(BytesView stored) {
  Packed in(stored);
  const auto identifier = in.octet();
  auto user = in.counted();
  auto realm = in.counted();
  if (identifier != kDigestIdentifier || !user || !realm || in.rest().empty()) {
    return Error(Errc::corrupt, "it is no digest password (user, realm and digest)");
  }
  return StoredDigest{std::move(*user), std::move(*realm), Bytes(in.rest())};
}

Bytes encode_digest(const StoredDigest& digest) {
  Bytes out(1, kDigestIdentifier);
  append_counted(out, digest.user);
  append_counted(out, digest.realm);
  return out + digest.digest;
}

Status check_stored(std::string_view algorithm, BytesView stored) {
  const Form* form = form_of(algorithm);
  if (form == nullptr) return success();
  std::size_t size = 0;
  const std::string prefix = "what is stored under '" + std::string(algorithm) + "' cannot be used";
  if (form->scram) {
    auto scram = decode_scram(stored);
    if (!scram.ok()) return scram.error().in(prefix);
    size = scram->salted_password.size();
  } else {
    auto digest = decode_digest(stored);
    if (!digest.ok()) return digest.error().in(prefix);
    size = digest->digest.size();
  }
  if (size != hash_size(form->hash)) return Error(Errc::corrupt, prefix + ": its hash has " + std::to_string(size) + " bytes");
  return success();
}

bool password_matches(const Credential& credential, BytesView password) {
  if (credential.clear) {
    // Hashed first, so that not even the length shows in the time.
    return equal_in_constant_time(hash(HashKind::sha256, *credential.clear), hash(HashKind::sha256, password));
  }
  for (const Form& form : kForms) {
    const auto stored = credential.hashed.find(std::string(form.algorithm));
    if (stored != credential.hashed.end()) return form_matches(form, stored->second, password);
  }
  return false;
}

}  // namespace holdfast::security
