// Passwords in the stored forms of encrypted users.properties: what stands behind each "algorithm:" as bytes.
//
// The layout is WildFly Elytron's: an identifier byte, then for SCRAM (identifier 5) the iteration count, the salt with
// its length and the salted password, for digests (identifier 2) user and realm with their lengths and
// H(user:realm:password); numbers are base-128, highest group first.
//
// Owner: stateless; results are values.  Threads: any.  Waits: never, but verify computes.
// Fails with: corrupt.
#pragma once

#include <string>

#include "base/result.h"
#include "security/crypto.h"
#include "security/realm.h"

namespace holdfast::security {

struct StoredScram {
  std::uint32_t iterations = 0;
  Bytes salt;
  Bytes salted_password;
};
Result<StoredScram> decode_scram(BytesView stored);
Bytes encode_scram(const StoredScram& scram);

struct StoredDigest {
  std::string user;
  std::string realm;
  Bytes digest;
};
Result<StoredDigest> decode_digest(BytesView stored);
Bytes encode_digest(const StoredDigest& digest);

/// Is this well formed? An algorithm that we do not know passes: it serves somebody else.
Status check_stored(std::string_view algorithm, BytesView stored);

/// Does the password match what is stored of the user, in whichever form?
bool password_matches(const Credential& credential, BytesView password);

}  // namespace holdfast::security
