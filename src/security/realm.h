// Realms: where users come from. (Properties files now; LDAP, tokens and trust stores join here later.)
//
// Owner: the server.  Threads: any.  Waits: may read a file again when it changed.
// Fails with: unauthenticated (one and the same answer for an unknown user and a wrong password), corrupt (the file).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/runtime.h"
#include "security/subject.h"
#include "base/result.h"

namespace holdfast::security {

/// What is known of one user: the clear password, or a table "algorithm -> stored form" as encrypted users.properties
/// have it ("scram-sha-256" -> iterations, salt, stored key, server key; "digest-md5" -> H(user:realm:password)).
struct Credential {
  std::optional<Bytes> clear;
  std::map<std::string, Bytes> hashed;  // decoded from base64
};

class Realm {
 public:
  virtual ~Realm() = default;
  virtual const std::string& name() const = 0;
  virtual std::optional<Credential> credential(const std::string& user) = 0;
  virtual std::vector<std::string> groups(const std::string& user) = 0;
  /// PLAIN and Basic.
  virtual Result<Subject> verify_password(const std::string& user, BytesView password) = 0;
  /// For a mechanism that has proven the user by itself.
  Subject subject_of(const std::string& user) { return {user, groups(user)}; }
};

struct PropertiesRealmOptions {
  std::string name = "default";
  std::string users_path;
  std::string groups_path;    // "" = no groups
  bool plain_text = false;    // used only when the file's own header does not say
};
/// Fails when the users file is missing, unreadable or malformed; changes of the files are picked up within 2 s.
Result<std::unique_ptr<Realm>> make_properties_realm(runtime::Runtime& runtime, const PropertiesRealmOptions& options);

}  // namespace holdfast::security
