#include "security/sasl.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstring>

#include "security/sasl_mechanisms.h"
#include "security/stored_password.h"
#include "sim/test_world.h"

namespace holdfast::security {
namespace {

class FixedRealm final : public Realm {
 public:
  std::map<std::string, Credential> users;
  std::string realm_name = "default";
  const std::string& name() const override { return realm_name; }
  std::optional<Credential> credential(const std::string& user) override {
    const auto at = users.find(user);
    return at == users.end() ? std::nullopt : std::optional(at->second);
  }
  std::vector<std::string> groups(const std::string& user) override { return {user + "-group"}; }
};

Credential clear(const char* password) { return {Bytes(password), {}}; }

class Sasl : public testing::Test {
 protected:
  std::unique_ptr<SaslExchange> start(std::string_view mechanism) {
    auto made = make_sasl_exchange(mechanism, context());
    EXPECT_TRUE(made.ok());
    return std::move(*made);
  }
  SaslContext context() {
    SaslContext context;
    context.realm = &realm_;
    context.random = &runtime_.random();
    return context;
  }
  FixedRealm realm_;
  sim::TestWorld runtime_;
};

/// A SCRAM client, as RFC 5802 has it.
class ScramClient {
 public:
  ScramClient(HashKind kind, std::string user, std::string password, std::string nonce = "clientnonce")
      : kind_(kind), user_(std::move(user)), password_(std::move(password)), nonce_(std::move(nonce)) {}
  Bytes first() const { return "n,," + bare(); }
  Bytes last(const Bytes& server_first) {
    const std::size_t salt_at = server_first.find(",s=");
    const std::size_t count_at = server_first.find(",i=");
    const Bytes nonce = server_first.substr(2, salt_at - 2);
    const auto salt = from_base64(server_first.substr(salt_at + 3, count_at - salt_at - 3));
    const auto count = static_cast<std::uint32_t>(std::stoul(server_first.substr(count_at + 3)));
    const Bytes salted = derive_key(kind_, password_, *salt, count);
    const Bytes without_proof = "c=biws,r=" + nonce;
    const Bytes text = bare() + "," + server_first + "," + without_proof;
    Bytes proof = hmac(kind_, salted, "Client Key");
    const Bytes signature = hmac(kind_, hash(kind_, proof), text);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    expected_ = "v=" + to_base64(hmac(kind_, hmac(kind_, salted, "Server Key"), text));
    return without_proof + ",p=" + to_base64(proof);
  }
  const Bytes& expected() const { return expected_; }

 private:
  Bytes bare() const { return "n=" + user_ + ",r=" + nonce_; }
  HashKind kind_;
  std::string user_, password_, nonce_;
  Bytes expected_;
};

struct ScramCase {
  const char* mechanism;
  const char* stored;
  HashKind kind;
};
constexpr ScramCase kScrams[] = {{"SCRAM-SHA-1", "scram-sha-1", HashKind::sha1}, {"SCRAM-SHA-256", "scram-sha-256", HashKind::sha256},
                                 {"SCRAM-SHA-384", "scram-sha-384", HashKind::sha384}, {"SCRAM-SHA-512", "scram-sha-512", HashKind::sha512}};

TEST_F(Sasl, ScramProvesAClearPasswordWithEveryHash) {
  realm_.users["alice"] = clear("pw");
  for (const auto& [mechanism, stored, kind] : kScrams) {
    for (int round = 0; round < 2; ++round) {  // the second time with kept keys
      const auto exchange = start(mechanism);
      ScramClient client(kind, "alice", "pw");
      const auto shown = exchange->step(client.first());
      ASSERT_TRUE(shown.ok());
      EXPECT_FALSE(shown->authenticated);
      const auto done = exchange->step(client.last(shown->challenge));
      ASSERT_TRUE(done.ok()) << mechanism;
      EXPECT_TRUE(done->authenticated);
      EXPECT_EQ(done->challenge, client.expected());
      EXPECT_EQ(done->subject.name, "alice");
      EXPECT_EQ(done->subject.groups, (std::vector<std::string>{"alice-group"}));
      EXPECT_FALSE(exchange->step("").ok());
    }
  }
}

TEST_F(Sasl, ScramProvesAStoredPasswordWithEveryHash) {
  for (const auto& [mechanism, stored, kind] : kScrams) {
    realm_.users["bob"].hashed[stored] = encode_scram({5000, "pepper", derive_key(kind, "pw", "pepper", 5000)});
    const auto exchange = start(mechanism);
    ScramClient client(kind, "bob", "pw");
    const auto shown = exchange->step(client.first());
    ASSERT_TRUE(shown.ok());
    EXPECT_NE(shown->challenge.find(",s=" + to_base64("pepper") + ",i=5000"), Bytes::npos);
    EXPECT_TRUE(exchange->step(client.last(shown->challenge))->authenticated);
  }
}

// The servers above accept what this client says; here the client is measured by the RFCs.
TEST(ScramClient, MeetsTheVectorsOfRfc5802And7677) {
  ScramClient one(HashKind::sha1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
  EXPECT_EQ(one.last("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"),
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  EXPECT_EQ(one.expected(), "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
  ScramClient two(HashKind::sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(two.last("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(two.expected(), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST_F(Sasl, ScramAnswersUnknownUsersTheSameStepsAndRefusesThemAlike) {
  realm_.users["alice"] = clear("pw");
  for (const auto& [mechanism, stored, kind] : kScrams) {
    std::vector<std::string> outcomes;
    for (const char* user : {"alice", "eve"}) {
      const auto exchange = start(mechanism);
      ScramClient client(kind, user, "wrong");
      const auto shown = exchange->step(client.first());
      ASSERT_TRUE(shown.ok());
      const auto done = exchange->step(client.last(shown->challenge));
      ASSERT_TRUE(done.failed_with(Errc::unauthenticated));
      outcomes.push_back(std::to_string(shown->challenge.size()) + done.error().message());
    }
    EXPECT_EQ(outcomes[0], outcomes[1]);
  }
  EXPECT_EQ(realm_.refusals(), 8U);
}

TEST_F(Sasl, ScramRefusesMalformedMessages) {
  realm_.users["alice"] = clear("pw");
  for (const char* bad : {"x", "n", "n,", "n,,", "n,,n=alice", "n,,n=,r=x", "n,,n=a=4C,r=x", "p=tls-unique,,n=alice,r=x", "n,a=bob,n=alice,r=x",
                          "n,,m=ext,n=alice,r=x", "n,,n=alice,r=", "y,,r=x,n=alice"}) {
    EXPECT_TRUE(start("SCRAM-SHA-256")->step(bad).failed_with(Errc::unauthenticated)) << bad;
  }
  for (const char* bad : {"", "c=biws", "c=biws,r=other,p=AAAA", "c=biws,r=$,p=AAAA", "c=eSws,r=$,p=$", "r=$,c=biws,p=$"}) {
    const auto exchange = start("SCRAM-SHA-256");
    ScramClient client(HashKind::sha256, "alice", "pw");
    const auto shown = exchange->step(client.first());
    const Bytes good = client.last(shown->challenge);
    Bytes message = bad;
    if (const auto at = message.find("r=$"); at != Bytes::npos) message.replace(at, 3, "r=" + shown->challenge.substr(2, shown->challenge.find(",s=") - 2));
    if (const auto at = message.find("p=$"); at != Bytes::npos) message.replace(at, 3, good.substr(good.find("p=")));
    EXPECT_TRUE(exchange->step(message).failed_with(Errc::unauthenticated)) << bad;
    EXPECT_TRUE(exchange->step(good).failed_with(Errc::unauthenticated)) << "an exchange that failed is over";
  }
}

TEST_F(Sasl, ScramAsksAClientThatDoesNotSpeakFirst) {
  realm_.users["a,b=c"] = clear("pw");
  const auto exchange = start("SCRAM-SHA-256");
  const auto asked = exchange->step("");
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ(asked->challenge, "");
  ScramClient client(HashKind::sha256, "a=2Cb=3Dc", "pw");
  const auto shown = exchange->step(client.first());
  EXPECT_EQ(exchange->step(client.last(shown->challenge))->subject.name, "a,b=c");
}

TEST_F(Sasl, ScramTakesAPasswordThatChanged) {
  realm_.users["alice"] = clear("old");
  const auto attempt = [&](const char* password) {
    const auto exchange = start("SCRAM-SHA-1");
    ScramClient client(HashKind::sha1, "alice", password);
    return exchange->step(client.last(exchange->step(client.first())->challenge)).ok();
  };
  EXPECT_TRUE(attempt("old"));
  realm_.users["alice"] = clear("new");
  EXPECT_FALSE(attempt("old"));
  EXPECT_TRUE(attempt("new"));
}

TEST_F(Sasl, PlainChecksThePassword) {
  realm_.users["alice"] = clear("pw");
  const auto attempt = [&](BytesView message) { return start("PLAIN")->step(message); };
  const auto done = attempt(BytesView("\0alice\0pw", 9));
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done->authenticated);
  EXPECT_EQ(done->subject.name, "alice");
  EXPECT_TRUE(attempt(BytesView("alice\0alice\0pw", 14)).ok());
  for (const BytesView bad : {BytesView("\0alice\0px", 9), BytesView("\0eve\0pw", 7), BytesView("bob\0alice\0pw", 12), BytesView("alice"),
                              BytesView("\0alice", 6), BytesView("\0\0", 2), BytesView("\0alice\0", 7), BytesView("\0alice\0pw\0", 10)}) {
    EXPECT_TRUE(attempt(bad).failed_with(Errc::unauthenticated));
  }
  EXPECT_TRUE(attempt(Bytes(70000, 'x')).failed_with(Errc::unauthenticated));
}

struct DigestClient {
  HashKind kind = HashKind::md5;
  Bytes user = "alice";
  Bytes password = "pw";
  Bytes cnonce = "cn";
  Bytes uri = "hotrod/infinispan";

  Bytes proof(const Bytes& realm, const Bytes& nonce, const Bytes& method) const {
    const Bytes a1 = hash(kind, user + ":" + realm + ":" + password) + ":" + nonce + ":" + cnonce;
    return to_hex(hash(kind, to_hex(hash(kind, a1)) + ":" + nonce + ":00000001:" + cnonce + ":auth:" + to_hex(hash(kind, method + ":" + uri))));
  }
  Bytes answer(const Bytes& challenge) const {
    const auto fields = parse_directives(challenge);
    const Bytes& realm = fields->at("realm");
    const Bytes& nonce = fields->at("nonce");
    return "username=\"" + user + "\",realm=\"" + realm + "\",nonce=\"" + nonce + "\",cnonce=\"" + cnonce + "\",nc=00000001,qop=auth,digest-uri=\"" +
           uri + "\",response=" + proof(realm, nonce, "AUTHENTICATE");
  }
};

TEST(DigestClient, MeetsTheVectorOfRfc2831) {
  const DigestClient chris{HashKind::md5, "chris", "secret", "OA6MHXh6VqTrRk", "imap/elwood.innosoft.com"};
  EXPECT_EQ(chris.proof("elwood.innosoft.com", "OA6MG9tEQGm2hh", "AUTHENTICATE"), "d388dad90d4bbd760a152321f2143af7");
  EXPECT_EQ(chris.proof("elwood.innosoft.com", "OA6MG9tEQGm2hh", ""), "ea40f60335c427b5527b84dbabcdfffd");
}

TEST_F(Sasl, DigestProvesClearAndStoredPasswords) {
  const std::pair<const char*, HashKind> kDigests[] = {{"DIGEST-MD5", HashKind::md5}, {"DIGEST-SHA", HashKind::sha1}, {"DIGEST-SHA-256", HashKind::sha256},
                                                      {"DIGEST-SHA-384", HashKind::sha384}, {"DIGEST-SHA-512", HashKind::sha512}};
  for (const auto& [mechanism, kind] : kDigests) {
    std::string stored = mechanism;
    for (char& c : stored) c = static_cast<char>(std::tolower(c));
    Credential hashed;
    hashed.hashed[stored] = encode_digest({"alice", "default", hash(kind, "alice:default:pw")});
    for (const Credential& credential : {clear("pw"), hashed}) {
      realm_.users["alice"] = credential;
      const auto exchange = start(mechanism);
      const Bytes challenge = exchange->step("")->challenge;
      const auto done = exchange->step(DigestClient{.kind = kind}.answer(challenge));
      ASSERT_TRUE(done.ok()) << mechanism;
      EXPECT_TRUE(done->authenticated);
      EXPECT_EQ(done->challenge, "rspauth=" + DigestClient{.kind = kind}.proof("default", parse_directives(challenge)->at("nonce"), ""));
      const auto again = start(mechanism);
      EXPECT_FALSE(again->step(DigestClient{.kind = kind, .password = "wrong"}.answer(again->step("")->challenge)).ok());
    }
  }
}

TEST_F(Sasl, DigestRefusesWhatIsNotItsOwn) {
  realm_.users["alice"] = clear("pw");
  EXPECT_FALSE(start("DIGEST-MD5")->step("username=\"alice\"").ok());
  const auto attempt = [&](const char* from, const char* to) {
    const auto exchange = start("DIGEST-MD5");
    Bytes answer = DigestClient{}.answer(exchange->step("")->challenge);
    const std::size_t at = answer.find(from);
    EXPECT_NE(at, Bytes::npos) << from;
    answer.replace(at, std::strlen(from), to);
    return exchange->step(answer).ok();
  };
  EXPECT_TRUE(attempt("nc=", "nc="));
  EXPECT_TRUE(attempt(",qop=auth", ""));  // "auth" is what is meant by silence
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"nc=00000001", "nc=00000002"}, {"realm=\"default\"", "realm=\"other\""}, {"nonce=\"", "nonce=\"z"}, {"cnonce=\"cn\"", "cnonce=\"\""},
           {"hotrod/infinispan", "imap/infinispan"}, {"hotrod/infinispan", "hotrod/evil"}, {"qop=auth", "qop=auth-int"},
           {"nc=", "authzid=\"bob\",nc="}, {"nc=", "username=\"bob\",nc="}, {"response=", "response=00"}, {"username=\"alice\"", "username=\"alice"}}) {
    EXPECT_FALSE(attempt(from, to)) << to;
  }
}

TEST_F(Sasl, DigestGivesUnknownUsersTheSameSteps) {
  const auto exchange = start("DIGEST-MD5");
  const auto challenge = exchange->step("");
  ASSERT_TRUE(challenge.ok());
  const auto refused = exchange->step(DigestClient{}.answer(challenge->challenge));
  EXPECT_EQ(refused.error().message(), realm_.refuse().message());
}

TEST_F(Sasl, ExternalTakesThePeersWholeName) {
  EXPECT_FALSE(start("EXTERNAL")->step("").ok());
  SaslContext tls = context();
  tls.external_name = "CN=alice,O=grid";
  EXPECT_EQ((*make_sasl_exchange("EXTERNAL", tls))->step("")->subject.name, "CN=alice,O=grid");
  EXPECT_FALSE((*make_sasl_exchange("EXTERNAL", tls))->step("CN=bob").ok());
}

TEST_F(Sasl, KnowsItsMechanisms) {
  EXPECT_EQ(sasl_mechanisms().size(), 11U);
  EXPECT_TRUE(make_sasl_exchange("GSSAPI", context()).failed_with(Errc::not_supported));
}

TEST(Directives, AreParsedStrictly) {
  const auto parsed = parse_directives(R"( a=b, , C="d, \"e\"" ,x= )");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->at("a"), "b");
  EXPECT_EQ(parsed->at("c"), "d, \"e\"");
  EXPECT_EQ(parsed->at("x"), "");
  for (const char* bad : {"a", "a=b c=d", "=b", "a=\"b", "a=\"b\"c", "a=1,A=2", "a b=c", "a=\"\\"}) EXPECT_FALSE(parse_directives(bad)) << bad;
}

}  // namespace
}  // namespace holdfast::security
