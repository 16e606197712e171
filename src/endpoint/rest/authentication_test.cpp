#include <gtest/gtest.h>

#include "base/base64.h"
#include "endpoint/rest/test_client.h"
#include "security/crypto.h"

namespace holdfast::rest {
namespace {

using security::HashKind;

GridOptions with_users(std::vector<std::string> mechanisms = {}) {
  GridOptions options;
  options.users = "alice=wonder\nbob=build\n";
  options.groups = "alice=admin\nbob=observer\n";
  options.authorization = true;
  options.settings.mechanisms = std::move(mechanisms);
  return options;
}
std::string basic(const std::string& user, const std::string& password) { return "Authorization: Basic " + to_base64(user + ":" + password) + "\r\n"; }

struct DigestUse {
  std::string nonce;
  std::string uri = "/rest/v2/server";
  std::string user = "alice";
  std::string password = "wonder";
  std::string count = "00000001";
  std::string method = "GET";
  HashKind kind = HashKind::md5;
};
std::string digest(const DigestUse& u) {
  const auto h = [&](const std::string& text) { return security::to_hex(security::hash(u.kind, text)); };
  const std::string response = h(h(u.user + ":default:" + u.password) + ":" + u.nonce + ":" + u.count + ":cn:auth:" + h(u.method + ":" + u.uri));
  return "Authorization: Digest username=\"" + u.user + "\", realm=\"default\", nonce=\"" + u.nonce + "\", uri=\"" + u.uri + "\", algorithm=" +
         (u.kind == HashKind::md5 ? "MD5" : "SHA-256") + ", response=\"" + response + "\", qop=auth, nc=" + u.count + ", cnonce=\"cn\"\r\n";
}
std::string nonce_of(const Answer& answer) {
  const std::string challenge = answer.header("WWW-Authenticate");
  const std::size_t at = challenge.find("nonce=\"") + 7;
  return challenge.substr(at, challenge.find('"', at) - at);
}

TEST(RestAuthentication, ChallengesWithDigestMd5First) {
  TestGrid grid(with_users());
  TestClient client(grid);
  const Answer refused = client.ask("GET", "/rest/v2/server");
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.header("WWW-Authenticate").find("Digest realm=\"default\", qop=\"auth\", nonce=\""), std::string::npos);
  EXPECT_NE(refused.header("WWW-Authenticate").find("algorithm=MD5"), std::string::npos);
  EXPECT_NE(refused.head.find("algorithm=SHA-256"), std::string::npos);
  EXPECT_LT(refused.head.find("algorithm=SHA-256"), refused.head.find("WWW-Authenticate: Basic realm=\"default\""));
  EXPECT_EQ(client.ask("GET", "/rest/v2/nowhere").status, 401);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/c/k", "x").status, 401);
  EXPECT_FALSE(client.connection->closing) << "the client answers the challenge on this connection";
}

TEST(RestAuthentication, AcceptsBasicAndCountsRefusals) {
  TestGrid grid(with_users());
  TestClient client(grid);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", basic("alice", "wonder")).status, 200);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server").status, 401) << "credentials hold for one request";
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", basic("alice", "wrong")).status, 401);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", basic("nobody", "wrong")).status, 401);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", "Authorization: Basic !!!\r\n").status, 401);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", "Authorization: Bearer x\r\n").status, 401);
  EXPECT_EQ(grid.realm->refusals(), 4U);
}

TEST(RestAuthentication, AcceptsDigestWithBothHashes) {
  TestGrid grid(with_users());
  TestClient client(grid);
  const std::string nonce = nonce_of(client.ask("GET", "/rest/v2/server"));
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce})).status, 200);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .count = "00000002", .kind = HashKind::sha256})).status, 200);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .password = "x", .count = "00000003"})).status, 401);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches", "", digest({.nonce = nonce, .count = "00000004"})).status, 401) << "the proof is for another path";
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .user = "nobody", .count = "00000005"})).status, 401);
}

TEST(RestAuthentication, RefusesAReplayAndSaysWhenANonceIsStale) {
  TestGrid grid(with_users());
  TestClient client(grid);
  const std::string nonce = nonce_of(client.ask("GET", "/rest/v2/server"));
  const std::string proof = digest({.nonce = nonce});
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", proof).status, 200);
  const Answer replay = client.ask("GET", "/rest/v2/server", "", proof);
  EXPECT_EQ(replay.status, 401);
  EXPECT_NE(replay.head.find("stale=true"), std::string::npos);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .count = "00000009"})).status, 200);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .count = "00000004"})).status, 200) << "out of order, as several connections may be";
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .count = "00000004"})).status, 401);
  grid.world.advance(10 * 60 * 1000);
  EXPECT_NE(client.ask("GET", "/rest/v2/server", "", digest({.nonce = nonce, .count = "0000000a"})).head.find("stale=true"), std::string::npos);
  EXPECT_NE(client.ask("GET", "/rest/v2/server", "", digest({.nonce = "0123"})).head.find("stale=true"), std::string::npos);
  EXPECT_EQ(grid.realm->refusals(), 0U);
}

TEST(RestAuthentication, LetsEverybodySeeHealthStatusAndHowToLogIn) {
  TestGrid grid(with_users({"DIGEST"}));
  TestClient client(grid);
  EXPECT_EQ(client.ask("GET", "/rest/v2/container/health/status").body, "HEALTHY");
  EXPECT_EQ(client.ask("GET", "/rest/v2/cache-managers/grid/health/status", "", basic("alice", "nonsense")).body, "HEALTHY");
  EXPECT_EQ(client.ask("GET", "/rest/v2/login?action=config").body, R"({"mode":"HTTP","ready":"true","DIGEST":"true"})");
  EXPECT_EQ(client.ask("GET", "/rest/v2/container/health").status, 401);
  EXPECT_EQ(client.ask("GET", "/metrics").status, 401);
  EXPECT_EQ(client.ask("GET", "/rest/v2/server", "", basic("alice", "wonder")).status, 401) << "BASIC is not among the mechanisms";
}

TEST(RestAuthentication, ShowsMetricsToEverybodyWhereTheEndpointSaysSo) {
  GridOptions options = with_users();
  options.settings.metrics_auth = false;
  TestGrid grid(options);
  TestClient client(grid);
  EXPECT_EQ(client.ask("GET", "/metrics").status, 200);
}

TEST(RestAuthentication, RefusesWhatTheRolesDoNotAllow) {
  TestGrid grid(with_users());
  TestClient client(grid);
  const std::string bob = basic("bob", "build");
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/c/k", "1", basic("alice", "wonder")).status, 204);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/new", "", bob).status, 403);
  EXPECT_EQ(client.ask("POST", "/rest/v2/server?action=stop", "", bob).status, 403);
  EXPECT_EQ(client.ask("POST", "/rest/v2/container?action=shutdown", "", bob).status, 403);
  EXPECT_FALSE(grid.control.stop_requested);
  const Answer refused = client.ask("DELETE", "/rest/v2/caches/c", "", bob);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("ISPN000287"), std::string::npos) << refused.body;
}

}  // namespace
}  // namespace holdfast::rest
