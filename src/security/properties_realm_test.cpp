#include <gtest/gtest.h>

#include "security/properties_file.h"
#include "security/stored_password.h"
#include "sim/test_world.h"

namespace holdfast::security {
namespace {

constexpr const char* kUsers = "/conf/users.properties";
constexpr const char* kGroups = "/conf/groups.properties";

class PropertiesRealm : public testing::Test {
 protected:
  Result<std::unique_ptr<Realm>> open() { return make_properties_realm(runtime_, {"default", kUsers, kGroups}); }
  void SetUp() override {
    runtime_.log().set_sink([this](const LogRecord& record) { logged_.emplace_back(record.message); }, LogLevel::warn);
  }
  void pass(Duration time) { runtime_.advance(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()); }
  void files(const Bytes& users, const Bytes& groups) {
    runtime_.put_file(kUsers, users);
    runtime_.put_file(kGroups, groups);
  }
  sim::TestWorld runtime_;
  std::vector<std::string> logged_;
};

Bytes stored_line(const std::string& user, const std::string& realm, BytesView password) {
  return user + "=scram-sha-256\\:" + to_base64(encode_scram({8192, "saltsaltsalt", derive_key(HashKind::sha256, password, "saltsaltsalt", 8192)})) +
         ";digest-md5\\:" + to_base64(encode_digest({user, realm, hash(HashKind::md5, user + ":" + realm + ":" + Bytes(password))})) + ";\n";
}

TEST_F(PropertiesRealm, KnowsUsersAndTheirGroups) {
  files("alice=pw\nbob=pw2\n", "alice=admin,ops\n");
  auto realm = open();
  ASSERT_TRUE(realm.ok()) << realm.error().message();
  const auto alice = (*realm)->verify_password("alice", "pw");
  ASSERT_TRUE(alice.ok());
  EXPECT_EQ(alice->name, "alice");
  EXPECT_EQ(alice->groups, (std::vector<std::string>{"admin", "ops"}));
  EXPECT_TRUE((*realm)->verify_password("bob", "pw2")->groups.empty());
  EXPECT_EQ((*realm)->refusals(), 0U);
}

TEST_F(PropertiesRealm, RefusesUnknownUsersAndWrongPasswordsAlikeAndCounts) {
  files("alice=pw\n", "");
  auto realm = open();
  ASSERT_TRUE(realm.ok());
  const auto wrong = (*realm)->verify_password("alice", "pw2");
  const auto unknown = (*realm)->verify_password("eve", "pw");
  ASSERT_TRUE(wrong.failed_with(Errc::unauthenticated));
  ASSERT_TRUE(unknown.failed_with(Errc::unauthenticated));
  EXPECT_EQ(wrong.error().message(), unknown.error().message());
  EXPECT_EQ((*realm)->refusals(), 2U);
}

TEST_F(PropertiesRealm, TakesChangesOverWithinTwoSeconds) {
  files("alice=pw\n", "alice=observer");
  auto realm = open();
  ASSERT_TRUE(realm.ok());
  runtime_.put_file(kUsers, "alice=new\ncarol=c\n");
  runtime_.put_file(kGroups, "alice=admin");
  pass(std::chrono::milliseconds(1900));
  EXPECT_FALSE((*realm)->verify_password("alice", "pw").ok());
  EXPECT_EQ((*realm)->verify_password("alice", "new")->groups, (std::vector<std::string>{"admin"}));
  EXPECT_TRUE((*realm)->credential("carol").has_value());
  EXPECT_TRUE(logged_.empty());
}

TEST_F(PropertiesRealm, KeepsTheUsersWhenAChangedFileIsMalformedOrGone) {
  files("alice=pw\n", "alice=admin");
  auto realm = open();
  ASSERT_TRUE(realm.ok());
  runtime_.put_file(kUsers, "alice=pw\nhalf a li");
  for (int i = 0; i < 3; ++i) {
    pass(std::chrono::seconds(2));
    EXPECT_TRUE((*realm)->verify_password("alice", "pw").ok());
  }
  ASSERT_EQ(logged_.size(), 1U);
  EXPECT_NE(logged_[0].find("/conf/users.properties:2:"), std::string::npos) << logged_[0];
  ASSERT_TRUE(runtime_.disk().remove(kUsers).ok());
  pass(std::chrono::seconds(2));
  EXPECT_TRUE((*realm)->verify_password("alice", "pw").ok());
  EXPECT_EQ(logged_.size(), 2U);
  runtime_.put_file(kUsers, "alice=pw3\n");
  pass(std::chrono::seconds(2));
  EXPECT_TRUE((*realm)->verify_password("alice", "pw3").ok());
}

TEST_F(PropertiesRealm, DoesNotOpenWithoutItsFiles) {
  EXPECT_EQ(open().error().message(), "/conf/users.properties cannot be read: cannot read /conf/users.properties: no such file");
  files("alice", "");
  const auto malformed = open();
  ASSERT_TRUE(malformed.failed_with(Errc::corrupt));
  EXPECT_EQ(malformed.error().message(), "/conf/users.properties:1: a line must look like user=password");
}

TEST_F(PropertiesRealm, UsesTheRealmOfStoredDigests) {
  files("#$REALM_NAME=grid$\n#$ALGORITHM=encrypted$\n" + stored_line("alice", "grid", "pw"), "");
  auto realm = open();
  ASSERT_TRUE(realm.ok()) << realm.error().message();
  EXPECT_EQ((*realm)->digest_realm(), "grid");
  EXPECT_EQ((*realm)->user_digest("alice", "digest-md5", HashKind::md5), hash(HashKind::md5, "alice:grid:pw"));
  EXPECT_FALSE((*realm)->user_digest("alice", "digest-sha-256", HashKind::sha256).has_value());
  EXPECT_TRUE((*realm)->verify_password("alice", "pw").ok());
  runtime_.put_file(kUsers, "#$REALM_NAME=grid$\n#$ALGORITHM=clear$\nalice=pw\n");
  pass(std::chrono::seconds(2));
  EXPECT_EQ((*realm)->digest_realm(), "default");
  EXPECT_EQ((*realm)->user_digest("alice", "digest-sha-256", HashKind::sha256), hash(HashKind::sha256, "alice:default:pw"));
}

TEST_F(PropertiesRealm, ShowsUnknownUsersASaltThatDoesNotStandOut) {
  files("#$ALGORITHM=encrypted$\n" + stored_line("alice", "default", "pw"), "");
  const auto shown = [&](const char* user) {
    auto realm = open();  // as after a restart
    return (*realm)->scram_challenge(user, "SCRAM-SHA-256", runtime_.random());
  };
  const ScramChallenge alice = shown("alice");
  const ScramChallenge eve = shown("eve");
  EXPECT_EQ(alice.salt, "saltsaltsalt");
  EXPECT_EQ(eve.salt.size(), alice.salt.size());
  EXPECT_EQ(eve.iterations, alice.iterations);
  EXPECT_EQ(shown("eve").salt, eve.salt);
  EXPECT_NE(shown("mallory").salt, eve.salt);
}

}  // namespace
}  // namespace holdfast::security
