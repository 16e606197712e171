// Realms: where users come from. (Properties files now; LDAP, tokens and trust stores join here later.)
//
// Owner: the server.  Threads: any.  Waits: may read a file again when it changed.
// Fails with: unauthenticated (one and the same answer for an unknown user and a wrong password), corrupt (the file).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/runtime.h"
#include "security/crypto.h"
#include "security/subject.h"

namespace holdfast::security {

/// What is known of one user: the clear password, or a table "algorithm -> stored form" as encrypted users.properties
/// have it ("scram-sha-256" -> iterations, salt, salted password; "digest-md5" -> H(user:realm:password)); see
/// stored_password.h.
struct Credential {
  std::optional<Bytes> clear;
  std::map<std::string, Bytes> hashed;  // decoded from base64
};

/// What a SCRAM server shows of a user before it knows who asks.
struct ScramChallenge {
  Bytes salt;
  std::uint32_t iterations = 0;
};
/// What it checks the client's proof with (RFC 5802, section 3).
struct ScramKeys {
  Bytes stored_key;
  Bytes server_key;
};

/// A refusal is answered this long after its request arrived: it costs the guesser time, and hides how long the check
/// took. The endpoint waits (in its fiber), other connections go on.
inline constexpr Duration kRefusalDelay = std::chrono::milliseconds(250);

class Realm {
 public:
  Realm() = default;
  virtual ~Realm() = default;
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  virtual const std::string& name() const = 0;
  /// The realm name inside digests; a file of stored digests may know another one than the configuration.
  virtual std::string digest_realm() { return name(); }
  virtual std::optional<Credential> credential(const std::string& user) = 0;
  virtual std::vector<std::string> groups(const std::string& user) = 0;
  /// Is this the user's password? False also when there is no such user.
  virtual bool password_is(const std::string& user, BytesView password);
  /// The same for Basic: a refusal is counted.
  Result<Subject> verify_password(const std::string& user, BytesView password);
  /// For a mechanism that has proven the user by itself.
  Subject subject_of(const std::string& user) { return {user, groups(user)}; }

  /// H(user:realm:password) for the digest mechanisms, as `algorithm` ("digest-md5", ...) stores it. Nothing for an
  /// unknown user, or one that is stored in other forms only.
  std::optional<Bytes> user_digest(const std::string& user, std::string_view algorithm, HashKind kind);

  /// SCRAM by the mechanism's name ("SCRAM-SHA-256"). An unknown user gets a salt too, the same one each time, and no
  /// keys. Keys made from a clear password are kept until it changes.
  ScramChallenge scram_challenge(const std::string& user, std::string_view mechanism, runtime::Random& random);
  std::optional<ScramKeys> scram_keys(const std::string& user, std::string_view mechanism, HashKind kind, runtime::Random& random);

  /// How many attempts were refused.
  std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }
  /// Counts a refusal and gives its one and only answer.
  Error refuse();

 protected:
  /// How salts of unknown users must look so that they do not stand out, and the secret that they come from. Without
  /// a call: as clear passwords get theirs, with a secret of the process.
  struct Disguise {
    Bytes secret;
    std::size_t salt_bytes = 16;
    std::uint32_t iterations = 4096;
  };
  void set_disguise(Disguise disguise);

 private:
  struct CachedKeys {
    Bytes password;
    ScramKeys keys;
  };
  Disguise disguise(runtime::Random& random);

  std::atomic<std::uint64_t> refusals_{0};
  Mutex mutex_;
  Disguise disguise_;
  std::map<std::pair<std::string, std::string>, CachedKeys> cached_keys_;  // by mechanism and user
};

struct PropertiesRealmOptions {
  std::string name = "default";
  std::string users_path;
  std::string groups_path;    // "" = no groups
  bool plain_text = false;    // accepted as the original does; the users file's own header decides
};
/// Fails when the users file is missing, unreadable or malformed; changes of the files are picked up within 2 s. A
/// change that cannot be read is logged as a warning and leaves the users as they were.
Result<std::unique_ptr<Realm>> make_properties_realm(runtime::Runtime& runtime, const PropertiesRealmOptions& options);

}  // namespace holdfast::security
