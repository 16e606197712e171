#include "security/properties_file.h"

#include <gtest/gtest.h>

#include "security/stored_password.h"

namespace holdfast::security {
namespace {

Result<UsersFile> users(BytesView text) { return parse_users(text, "conf/users.properties"); }

Bytes clear_of(const UsersFile& file, const std::string& user) { return file.users.at(user).clear.value_or("(none)"); }

// Made by the original's own tool: user "u1", password "secret", realm "default".
constexpr const char* kStored =
    "#$REALM_NAME=default$\n#$ALGORITHM=encrypted$\n#Tue Nov 24 00:00:00 UTC 2026\n";

TEST(PropertiesFile, ReadsClearPasswordsAndTheHeader) {
  const auto file = users("#$REALM_NAME=grid$\n#$ALGORITHM=clear$\n! a comment\n\nadmin=strong pass\n  bob : b\\:c\\=d\\\\e\r\n");
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_EQ(file->realm, "grid");
  EXPECT_FALSE(file->encrypted);
  EXPECT_EQ(clear_of(*file, "admin"), "strong pass");
  EXPECT_EQ(clear_of(*file, "bob"), "b:c=d\\e");
  EXPECT_EQ(file->users.size(), 2U);
}

TEST(PropertiesFile, ReadsClearPasswordsWithoutAHeader) {
  const auto file = users("\xef\xbb\xbf" "a=b");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->realm, "");
  EXPECT_EQ(clear_of(*file, "a"), "b");
}

TEST(PropertiesFile, TakesEscapesContinuationsAndUnicode) {
  const auto file = users("j\\u00fcrgen\\ k=a\\tb\\\n   c\\ \nsmile=\\ud83d\\ude00\nname with blanks = x\nempty=\n");
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_EQ(clear_of(*file, "j\xc3\xbcrgen k"), "a\tbc ");
  EXPECT_EQ(clear_of(*file, "smile"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(clear_of(*file, "name with blanks"), "x");
  EXPECT_EQ(clear_of(*file, "empty"), "");
}

TEST(PropertiesFile, NamesFileAndLineOfAMistake) {
  const auto message = [](BytesView text) {
    const auto file = users(text);
    return file.ok() ? std::string("accepted") : file.error().message();
  };
  EXPECT_EQ(message("a=b\n\nnonsense\n"), "conf/users.properties:3: a line must look like user=password");
  EXPECT_EQ(message("a=\\u12g4"), "conf/users.properties:1: a \\u escape must be followed by four hexadecimal digits");
  EXPECT_EQ(message("a=\\ud83d!"), "conf/users.properties:1: a \\u escape must be followed by four hexadecimal digits");
  EXPECT_EQ(message("=b"), "conf/users.properties:1: a line must look like user=password");
  EXPECT_EQ(message("#$ALGORITHM=rot13$\n"), "conf/users.properties:1: the algorithm must be 'clear' or 'encrypted', not 'rot13'");
  EXPECT_EQ(message(std::string(kStored) + "a=scram-sha-1"), "conf/users.properties:4: a stored password must look like algorithm:base64");
  EXPECT_EQ(message(std::string(kStored) + "a=scram-sha-1\\:?"), "conf/users.properties:4: what is stored under 'scram-sha-1' is not base64");
  EXPECT_EQ(message(std::string(kStored) + "a=scram-sha-1\\:BQEB"),
            "conf/users.properties:4: what is stored under 'scram-sha-1' cannot be used: it is no SCRAM password (iterations, salt and salted password)");
}

TEST(PropertiesFile, NeverShowsAPasswordInAMessage) {
  const auto file = users("#$ALGORITHM=encrypted$\nuser=TopSecret");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().message().find("TopSecret"), std::string::npos);
}

TEST(PropertiesFile, ReadsEncryptedPasswords) {
  const Bytes scram = encode_scram({20000, "0123456789ab", derive_key(HashKind::sha256, "secret", "0123456789ab", 20000)});
  const Bytes digest = encode_digest({"u1", "default", hash(HashKind::md5, "u1:default:secret")});
  std::string line = "u1=scram-sha-256\\:" + to_base64(scram) + ";digest-md5\\:" + to_base64(digest) + ";future-hash\\:AAAA;\n";
  for (std::size_t at = line.find('='); (at = line.find('=', at + 1)) != std::string::npos; ++at) line.insert(at, "\\");
  const auto file = users(kStored + line);
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_TRUE(file->encrypted);
  const Credential& credential = file->users.at("u1");
  EXPECT_FALSE(credential.clear.has_value());
  EXPECT_EQ(credential.hashed.size(), 3U);
  EXPECT_TRUE(password_matches(credential, "secret"));
  EXPECT_FALSE(password_matches(credential, "Secret"));
  EXPECT_EQ(credential.hashed.at("scram-sha-256"), scram);
}

TEST(PropertiesFile, ReadsGroups) {
  const auto groups = parse_groups("# x\nadmin=admin, ops ,,\nbob observer\nnone=\n", "g");
  ASSERT_TRUE(groups.ok());
  EXPECT_EQ(groups->at("admin"), (std::vector<std::string>{"admin", "ops"}));
  EXPECT_EQ(groups->at("bob"), (std::vector<std::string>{"observer"}));
  EXPECT_TRUE(groups->at("none").empty());
  EXPECT_FALSE(parse_groups("=x", "g").ok());
}

TEST(PropertiesFile, ReadsAnyProperties) {
  const auto properties = parse_properties("# x\na.b = 1\nc:two words\nlong = one \\\n  line\nbare\n", "p");
  ASSERT_TRUE(properties.ok());
  EXPECT_EQ(*properties, (std::map<std::string, std::string>{{"a.b", "1"}, {"c", "two words"}, {"long", "one line"}, {"bare", ""}}));
  EXPECT_FALSE(parse_properties("a=\\u00", "p").ok());
}

TEST(StoredPassword, RefusesWhatIsCutShort) {
  const Bytes scram = encode_scram({4096, "salt", Bytes(20, 'x')});
  for (std::size_t n = 0; n < scram.size(); ++n) EXPECT_FALSE(check_stored("scram-sha-1", scram.substr(0, n)).ok()) << n;
  EXPECT_TRUE(check_stored("scram-sha-1", scram).ok());
  EXPECT_FALSE(check_stored("scram-sha-256", scram).ok());
  const Bytes digest = encode_digest({"u", "r", Bytes(16, 'x')});
  for (std::size_t n = 0; n < digest.size(); ++n) EXPECT_FALSE(check_stored("digest-md5", digest.substr(0, n)).ok()) << n;
  EXPECT_TRUE(check_stored("digest-md5", digest).ok());
  EXPECT_FALSE(check_stored("digest-md5", scram).ok());
  EXPECT_FALSE(check_stored("scram-sha-1", encode_scram({0, "salt", Bytes(20, 'x')})).ok());
  EXPECT_FALSE(check_stored("scram-sha-1", "\x05\xff\xff\xff\xff\xff\xff\xff").ok());
}

TEST(StoredPassword, PacksNumbersHighestGroupFirst) {
  EXPECT_EQ(to_hex(encode_scram({4096, "ab", "cd"})), "05a000" "02" "6162" "6364");
  EXPECT_EQ(to_hex(encode_scram({20000, "", "c"})), "05819c20" "00" "63");
  EXPECT_EQ(decode_scram(encode_scram({20000, "salt", "x"}))->iterations, 20000U);
}

}  // namespace
}  // namespace holdfast::security
