#include <gtest/gtest.h>

#include "endpoint/hotrod/test_client.h"
#include "security/realm.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

/// One user, "alice" with the password "secret".
class OneUser final : public security::Realm {
 public:
  const std::string& name() const override { return name_; }
  std::optional<security::Credential> credential(const std::string& user) override {
    if (user != "alice") return std::nullopt;
    security::Credential credential;
    credential.clear = "secret";
    return credential;
  }
  std::vector<std::string> groups(const std::string&) override { return {}; }

 private:
  std::string name_ = "default";
};

server::ConnectorSettings with_mechanisms(std::vector<std::string> mechanisms) {
  server::ConnectorSettings settings;
  settings.mechanisms = std::move(mechanisms);
  return settings;
}

class Authentication : public testing::Test {
 protected:
  Bytes auth(std::string_view mechanism, std::string_view response) { return client.say({.op = 0x23}, Body().array(mechanism).array(response)); }
  Bytes get() { return client.say({.op = 0x03}, Body().array("k")); }
  const Bytes complete = response(0x24, S::success, Body().u8(1).array(""));
  const Bytes refused = error(S::server_error, "java.lang.SecurityException: ISPN006024: Invalid credentials");
  const Bytes required = error(S::server_error, "java.lang.SecurityException: ISPN006017: Operation 'GET' requires authentication");
  const std::string good = std::string("\0alice\0secret", 13);
  const std::string bad = std::string("\0alice\0wrong", 12);

  TestGrid grid{{{"default", {}}}, {}, std::make_unique<OneUser>(), with_mechanisms({"SCRAM-SHA-256", "PLAIN", "DIGEST-MD5"})};
  TestClient client{grid};
};

TEST_F(Authentication, ListsTheMechanismsInConfiguredOrder) {
  EXPECT_EQ(client.say({.op = 0x21}), response(0x22, S::success, Body().vint(3).array("SCRAM-SHA-256").array("PLAIN").array("DIGEST-MD5")));
}

TEST_F(Authentication, TheListSaysThatACacheDoesNotExist) {
  EXPECT_EQ(client.say({.op = 0x21, .cache = "no"}),
            error(S::parse_error, "org.infinispan.server.hotrod.CacheNotFoundException: Cache with name 'no' not found amongst the configured caches"));
  EXPECT_NE(client.say({.op = 0x21, .cache = "default"}).find("PLAIN"), Bytes::npos);
}

TEST_F(Authentication, NothingButPingAndItselfGoesBeforeIt) {
  EXPECT_EQ(get(), required);
  EXPECT_EQ(client.say({.op = 0x01}, Body().array("k").u8(0x88).array("v")),
            error(S::server_error, "java.lang.SecurityException: ISPN006017: Operation 'PUT' requires authentication"));
  EXPECT_EQ(client.say({.op = 0x17, .version = 28}), response(0x18, S::success));
  EXPECT_EQ(client.say({.op = 0x2B}, Body().array("@@cache@names").u8(0)),
            error(S::server_error, "java.lang.SecurityException: ISPN006017: Operation 'EXEC' requires authentication"));
  EXPECT_FALSE(client.connection->closing);
}

TEST_F(Authentication, PlainIsCompleteAtOnce) {
  EXPECT_EQ(auth("PLAIN", good), complete);
  EXPECT_EQ(get(), response(0x04, S::key_does_not_exist));
}

TEST_F(Authentication, AWrongPasswordIsRefusedAndMayTryAgain) {
  EXPECT_EQ(auth("PLAIN", bad), refused);
  EXPECT_EQ(auth("PLAIN", std::string("\0nobody\0x", 9)), refused);
  EXPECT_EQ(get(), required);
  EXPECT_EQ(auth("PLAIN", good), complete);
}

TEST_F(Authentication, AFailedSecondAttemptEndsTheFirst) {
  EXPECT_EQ(auth("PLAIN", good), complete);
  EXPECT_EQ(auth("PLAIN", bad), refused);
  EXPECT_EQ(get(), required);
}

TEST_F(Authentication, AnotherAuthAfterCompletionStartsANewExchange) {
  EXPECT_EQ(auth("PLAIN", good), complete);
  const Bytes challenge = auth("DIGEST-MD5", "");
  EXPECT_EQ(challenge[5], 0);
  EXPECT_NE(challenge.find("realm=\"default\""), Bytes::npos);
  EXPECT_EQ(auth("PLAIN", good), complete);
  EXPECT_EQ(get(), response(0x04, S::key_does_not_exist));
}

TEST_F(Authentication, AMechanismThatIsNotOfferedIsInvalid) {
  EXPECT_EQ(auth("SCRAM-SHA-1", ""), error(S::server_error, "java.lang.IllegalArgumentException: ISPN006025: Invalid mech 'SCRAM-SHA-1'"));
}

TEST_F(Authentication, AScramChallengeIsNotComplete) {
  const Bytes answer = auth("SCRAM-SHA-256", "n,,n=alice,r=abc");
  EXPECT_EQ(answer[5], 0);
  EXPECT_NE(answer.find("r=abc"), Bytes::npos);
  EXPECT_EQ(auth("SCRAM-SHA-256", "c=biws,r=abc,p=AAAA"), refused);
}

TEST(WithoutAuthentication, AuthIsInvalidAndTheListEmpty) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.say({.op = 0x21}), response(0x22, S::success, Body().vint(0)));
  EXPECT_EQ(client.say({.op = 0x23}, Body().array("PLAIN").array("")),
            error(S::server_error, "java.lang.UnsupportedOperationException: ISPN006007: The requested operation is invalid"));
}

}  // namespace
}  // namespace holdfast::hotrod
