// GNU SASL's client against our server: another implementation's opinion of every mechanism that it knows.
#include <gsasl.h>
#include <gtest/gtest.h>

#include "security/sasl.h"
#include "security/stored_password.h"
#include "sim/test_world.h"

namespace holdfast::security {
namespace {

constexpr const char* kUsers = "/users.properties";

class GsaslClient {
 public:
  GsaslClient(const char* mechanism, const char* user, const char* password) {
    EXPECT_EQ(gsasl_init(&library_), GSASL_OK);
    EXPECT_EQ(gsasl_client_start(library_, mechanism, &session_), GSASL_OK);
    gsasl_property_set(session_, GSASL_AUTHID, user);
    gsasl_property_set(session_, GSASL_PASSWORD, password);
    gsasl_property_set(session_, GSASL_SERVICE, "hotrod");
    gsasl_property_set(session_, GSASL_HOSTNAME, "infinispan");
  }
  ~GsaslClient() {
    gsasl_finish(session_);
    gsasl_done(library_);
  }
  /// GSASL_OK or GSASL_NEEDS_MORE, else the client refuses what the server said.
  int step(BytesView input, Bytes& output) {
    char* out = nullptr;
    std::size_t size = 0;
    const int code = gsasl_step(session_, input.data(), input.size(), &out, &size);
    if (out != nullptr) output.assign(out, size);
    gsasl_free(out);
    return code;
  }

 private:
  Gsasl* library_ = nullptr;
  Gsasl_session* session_ = nullptr;
};

enum class Answer { authenticated, refused, client_doubts };

Answer run(const char* mechanism, Realm& realm, runtime::Random& random, const char* password) {
  SaslContext context;
  context.realm = &realm;
  context.random = &random;
  context.external_name = "CN=alice";
  auto server = make_sasl_exchange(mechanism, context);
  GsaslClient client(mechanism, "alice", password);
  Bytes to_server;
  Bytes to_client;
  // Where the server speaks first the client says nothing at its first step.
  for (int round = 0; round < 6; ++round) {
    to_server.clear();
    const bool digest_start = round == 0 && std::string_view(mechanism).starts_with("DIGEST");
    const int code = digest_start ? GSASL_NEEDS_MORE : client.step(to_client, to_server);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE) return Answer::client_doubts;
    const auto step = (*server)->step(to_server);
    if (!step.ok()) return Answer::refused;
    to_client = step->challenge;
    if (!step->authenticated) continue;
    if (to_client.empty()) return Answer::authenticated;
    const int verdict = client.step(to_client, to_server);
    return verdict == GSASL_OK ? Answer::authenticated : Answer::client_doubts;
  }
  return Answer::client_doubts;
}

std::string encrypted_users() {
  const Bytes one = encode_scram({4096, "salt", derive_key(HashKind::sha1, "pencil", "salt", 4096)});
  const Bytes two = encode_scram({20000, "pepper", derive_key(HashKind::sha256, "pencil", "pepper", 20000)});
  const Bytes digest = encode_digest({"alice", "grid", hash(HashKind::md5, "alice:grid:pencil")});
  return "#$REALM_NAME=grid$\n#$ALGORITHM=encrypted$\nalice=scram-sha-1\\:" + to_base64(one) + ";scram-sha-256\\:" + to_base64(two) + ";digest-md5\\:" +
         to_base64(digest) + ";\n";
}

TEST(Gsasl, AgreesWithEveryMechanismItKnows) {
  for (const std::string& users : {std::string("alice=pencil\n"), encrypted_users()}) {
    sim::TestWorld runtime;
    runtime.put_file(kUsers, users);
    const auto realm = make_properties_realm(runtime, {"default", kUsers, ""});
    ASSERT_TRUE(realm.ok()) << realm.error().message();
    for (const char* mechanism : {"PLAIN", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}) {
      EXPECT_EQ(run(mechanism, **realm, runtime.random(), "pencil"), Answer::authenticated) << mechanism;
      EXPECT_EQ(run(mechanism, **realm, runtime.random(), "crayon"), Answer::refused) << mechanism;
    }
    EXPECT_EQ(run("EXTERNAL", **realm, runtime.random(), ""), Answer::authenticated);
  }
}

}  // namespace
}  // namespace holdfast::security
