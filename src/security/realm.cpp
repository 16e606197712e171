#include "security/realm.h"

#include <algorithm>

#include "security/stored_password.h"

namespace holdfast::security {
namespace {

constexpr std::size_t kSecretBytes = 32;

std::string stored_name(std::string_view mechanism) {
  std::string name(mechanism);
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return name;
}

ScramKeys keys_of(HashKind kind, BytesView salted_password) {
  return {hash(kind, hmac(kind, salted_password, "Client Key")), hmac(kind, salted_password, "Server Key")};
}

}  // namespace

Error Realm::refuse() {
  refusals_.fetch_add(1, std::memory_order_relaxed);
  return {Errc::unauthenticated, "the user name or the password is wrong"};
}

bool Realm::password_is(const std::string& user, BytesView password) {
  const std::optional<Credential> known = credential(user);
  return known && password_matches(*known, password);
}

Result<Subject> Realm::verify_password(const std::string& user, BytesView password) {
  if (!password_is(user, password)) return refuse();
  return subject_of(user);
}

std::optional<Bytes> Realm::user_digest(const std::string& user, std::string_view algorithm, HashKind kind) {
  const std::optional<Credential> known = credential(user);
  if (!known) return std::nullopt;
  if (known->clear) return hash(kind, user + ":" + digest_realm() + ":" + *known->clear);
  const auto stored = known->hashed.find(std::string(algorithm));
  if (stored == known->hashed.end()) return std::nullopt;
  auto digest = decode_digest(stored->second);
  if (!digest.ok()) return std::nullopt;
  return std::move(digest->digest);
}

ScramChallenge Realm::scram_challenge(const std::string& user, std::string_view mechanism, runtime::Random& random) {
  const std::optional<Credential> known = credential(user);
  if (known && !known->clear) {
    const auto stored = known->hashed.find(stored_name(mechanism));
    if (stored != known->hashed.end()) {
      if (auto scram = decode_scram(stored->second); scram.ok()) return {std::move(scram->salt), scram->iterations};
    }
  }
  const Disguise shape = disguise(random);
  Bytes salt = hmac(HashKind::sha256, shape.secret, std::string(mechanism) + ":" + user);
  salt.resize(std::min(shape.salt_bytes, hash_size(HashKind::sha256)));
  return {std::move(salt), shape.iterations};
}

std::optional<ScramKeys> Realm::scram_keys(const std::string& user, std::string_view mechanism, HashKind kind, runtime::Random& random) {
  const std::optional<Credential> known = credential(user);
  if (!known) return std::nullopt;
  if (!known->clear) {
    const auto stored = known->hashed.find(stored_name(mechanism));
    if (stored == known->hashed.end()) return std::nullopt;
    const auto scram = decode_scram(stored->second);
    if (!scram.ok()) return std::nullopt;
    return keys_of(kind, scram->salted_password);
  }
  const std::pair<std::string, std::string> place(mechanism, user);
  {
    Locked<Mutex> lock(mutex_);
    const auto cached = cached_keys_.find(place);
    if (cached != cached_keys_.end() && cached->second.password == *known->clear) return cached->second.keys;
  }
  const ScramChallenge shown = scram_challenge(user, mechanism, random);
  ScramKeys keys = keys_of(kind, derive_key(kind, *known->clear, shown.salt, shown.iterations));
  Locked<Mutex> lock(mutex_);
  cached_keys_[place] = {*known->clear, keys};
  return keys;
}

void Realm::set_disguise(Disguise disguise) {
  Locked<Mutex> lock(mutex_);
  disguise_ = std::move(disguise);
  cached_keys_.clear();
}

Realm::Disguise Realm::disguise(runtime::Random& random) {
  Locked<Mutex> lock(mutex_);
  if (disguise_.secret.empty()) disguise_.secret = random.secret(kSecretBytes);
  return disguise_;
}

}  // namespace holdfast::security
