#include <gtest/gtest.h>

#include "base/varint.h"
#include "client/remote_cache.h"
#include "client/sasl_client.h"
#include "client/test_server.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ClientTest : public testing::Test {
 protected:
  ClientOptions options() { return world.options(); }

  ScriptedWorld world;
  ScriptedServer& server = world.server(0);
  sim::Simulation& simulation = world.simulation;
  sim::SimHost& here = *world.here;
  sim::SimHost& there = *world.machine(0).host;
};

TEST_F(ClientTest, AgreesOnAVersionFirst) {
  RemoteCacheManager manager(here, options());
  EXPECT_EQ(manager.cache("c").get("k").value(), std::nullopt);
  ASSERT_EQ(server.requests.size(), 2U);
  EXPECT_EQ(server.requests[0].op, Op::ping);
  EXPECT_EQ(server.requests[0].version, 31);
  EXPECT_EQ(server.requests[1].version, 40);
}

TEST_F(ClientTest, ManyRequestsAreUnderWayAndAnsweredOutOfOrder) {
  std::vector<ScriptedServer::Request> held;
  server.answer = [&](const ScriptedServer::Request& r) {
    if (r.op == Op::ping) return ScriptedServer::pong(r);
    held.push_back(r);
    Bytes all;
    if (held.size() < 10) return all;
    for (auto at = held.rbegin(); at != held.rend(); ++at) {
      all += ScriptedServer::head(*at, 0);
      append_array(all, at->rest.substr(at->rest.size() - 1));
    }
    return all;
  };
  RemoteCacheManager manager(here, options());
  const RemoteCache cache = manager.cache("c");
  std::vector<Future<std::optional<Bytes>>> futures;
  for (char key = '0'; key <= '9'; ++key) futures.push_back(cache.async_get(Bytes(1, key)));
  for (std::size_t i = 0; i < futures.size(); ++i) EXPECT_EQ(futures[i].get().value(), Bytes(1, static_cast<char>('0' + i)));
}

TEST_F(ClientTest, ASilentServerIsATimeoutThatMayHaveTakenEffect) {
  server.answer = [](const ScriptedServer::Request& r) { return r.op == Op::ping ? ScriptedServer::pong(r) : Bytes(); };
  RemoteCacheManager manager(here, options());
  const auto start = here.clock().now();
  const auto got = manager.cache("c").get("k");
  ASSERT_TRUE(got.failed_with(Errc::timeout));
  EXPECT_TRUE(took_effect_unknown(got.error()));
  EXPECT_GE(here.clock().now() - start, seconds(5));
}

TEST_F(ClientTest, ALostConnectionFailsWhatIsUnderWayAndTheNextOperationConnectsAgain) {
  server.answer = [](const ScriptedServer::Request& r) { return r.op == Op::ping ? ScriptedServer::pong(r) : Bytes(); };
  RemoteCacheManager manager(here, options());
  auto pending = manager.cache("c").async_put_if_absent("k", "v");
  simulation.after(milliseconds(100), [&] { simulation.network().reset_streams(here, there); });
  const auto got = pending.get();
  ASSERT_TRUE(got.failed_with(Errc::closed));
  EXPECT_TRUE(took_effect_unknown(got.error()));
  server.answer = [](const ScriptedServer::Request& r) { return r.op == Op::ping ? ScriptedServer::pong(r) : ScriptedServer::head(r, 0); };
  EXPECT_TRUE(manager.cache("c").contains("k").value());
  EXPECT_EQ(server.connections, 2);
}

TEST_F(ClientTest, NoServerIsAFailureWithoutEffect) {
  world.machine(0).listener.reset();
  RemoteCacheManager manager(here, options());
  const auto got = manager.cache("c").put("k", "v");
  ASSERT_FALSE(got.ok());
  EXPECT_FALSE(took_effect_unknown(got.error())) << got.error().message();
  ClientOptions none = options();
  none.servers.clear();
  EXPECT_TRUE(RemoteCacheManager(here, none).cache("c").get("k").failed_with(Errc::invalid_argument));
}

TEST_F(ClientTest, AServerThatIsDownIsSkipped) {
  ClientOptions two = options();
  two.servers.insert(two.servers.begin(), runtime::Endpoint{there.address(), 1});
  EXPECT_TRUE(RemoteCacheManager(here, two).cache("c").get("k").ok());
}

TEST_F(ClientTest, BytesThatAreNoHotRodEndTheConnection) {
  server.answer = [](const ScriptedServer::Request&) { return Bytes("HTTP/1.1 400 Bad Request\r\n\r\n"); };
  EXPECT_TRUE(RemoteCacheManager(here, options()).cache("c").get("k").failed_with(Errc::protocol_error));
}

TEST_F(ClientTest, AnAnswerThatNobodyAskedForEndsTheConnection) {
  server.answer = [](const ScriptedServer::Request& r) {
    ScriptedServer::Request other = r;
    other.id += 77;
    return r.op == Op::ping ? ScriptedServer::pong(r) : ScriptedServer::head(other, 2);
  };
  EXPECT_TRUE(RemoteCacheManager(here, options()).cache("c").get("k").failed_with(Errc::protocol_error));
}

TEST_F(ClientTest, RequestsBeyondTheBoundAreNotSent) {
  server.answer = [](const ScriptedServer::Request& r) { return r.op == Op::ping ? ScriptedServer::pong(r) : Bytes(); };
  ClientOptions few = options();
  few.connection.in_flight_max = 2;
  RemoteCacheManager manager(here, few);
  auto first = manager.cache("c").async_get("a");
  auto second = manager.cache("c").async_get("b");
  const auto third = manager.cache("c").get("c");
  ASSERT_TRUE(third.failed_with(Errc::exhausted));
  EXPECT_FALSE(took_effect_unknown(third.error()));
}

TEST_F(ClientTest, ErrorsOfTheServerKeepTheirMeaning) {
  const auto error = [](ResponseStatus status, const char* text) {
    Response r;
    r.op = kErrorResponse;
    r.status = status;
    r.value = text;
    return error_of(r).code();
  };
  EXPECT_EQ(error(ResponseStatus::parse_error, "org.infinispan.server.hotrod.CacheNotFoundException: Cache with name 'x' not found"), Errc::cache_not_found);
  EXPECT_EQ(error(ResponseStatus::parse_error, "x"), Errc::invalid_argument);
  EXPECT_EQ(error(ResponseStatus::server_error, "ISPN006024: Invalid credentials"), Errc::unauthenticated);
  EXPECT_EQ(error(ResponseStatus::server_error, "ISPN000287: Unauthorized access"), Errc::permission_denied);
  EXPECT_EQ(error(ResponseStatus::server_error, "ISPN000507: Cache 'x' already exists"), Errc::already_exists);
  EXPECT_EQ(error(ResponseStatus::server_error, "x"), Errc::internal);
  EXPECT_EQ(error(ResponseStatus::timed_out, "x"), Errc::timeout);
  EXPECT_EQ(error(ResponseStatus::node_suspected, "x"), Errc::node_suspected);
  EXPECT_EQ(error(ResponseStatus::illegal_lifecycle, "x"), Errc::stopped);
  EXPECT_EQ(error(ResponseStatus::unknown_operation, "x"), Errc::not_supported);
  EXPECT_EQ(error(ResponseStatus::unknown_version, "x"), Errc::protocol_error);
}

TEST(SaslClient, ScramGivesTheMessagesOfTheStandard) {
  // RFC 7677, section 3.
  const auto scram = make_sasl_client("SCRAM-SHA-256", {"user", "pencil", ""}, "rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(scram->first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(scram->answer("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").value(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_TRUE(scram->answer("v=AAAA").failed_with(Errc::unauthenticated)) << "a server that does not know the password";
  EXPECT_TRUE(scram->answer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").ok());
}

TEST(SaslClient, ScramRefusesChallengesThatMakeNoSense) {
  for (const char* challenge : {"", "r=other,s=QQ==,i=1", "r=nonce1,s=!,i=1", "r=nonce1,s=QQ==,i=0", "r=nonce1,s=QQ==,i=99999999999", "r=nonce1,s=QQ==,i=x", "r=nonce1,i=1"}) {
    EXPECT_TRUE(make_sasl_client("SCRAM-SHA-1", {"user", "pencil", ""}, "nonce")->answer(challenge).failed_with(Errc::protocol_error)) << challenge;
  }
  EXPECT_EQ(make_sasl_client("SCRAM-SHA-1", {"a,b=c", "", ""}, "n")->first(), "n,,n=a=2Cb=3Dc,r=n");
  EXPECT_EQ(make_sasl_client("PLAIN", {"u", "p", ""}, "")->first(), Bytes("\0u\0p", 4));
  EXPECT_EQ(make_sasl_client("NTLM", {"u", "p", ""}, ""), nullptr);
}

TEST_F(ClientTest, AuthenticatesWithTheStrongestMechanismBothKnow) {
  server.answer = [](const ScriptedServer::Request& r) {
    if (r.op == Op::ping) return ScriptedServer::pong(r);
    Bytes out = ScriptedServer::head(r, r.op == Op::get ? 2 : 0);
    if (r.op == Op::auth_mech_list) {
      append_vint(out, 2);
      append_array(out, "NTLM");
      append_array(out, "PLAIN");
    } else if (r.op == Op::auth) {
      append_u8(out, 1);
      append_array(out, "");
    }
    return out;
  };
  ClientOptions with = options();
  with.connection.credentials = Credentials{"u", "p", ""};
  ASSERT_TRUE(RemoteCacheManager(here, with).cache("c").get("k").ok());
  ASSERT_EQ(server.requests.size(), 4U);
  EXPECT_TRUE(server.requests[2].rest.ends_with(Bytes("\x05PLAIN\x04\0u\0p", 11)));
  // However a server words its refusal.
  const auto answer = server.answer;
  server.answer = [&](const ScriptedServer::Request& r) {
    Bytes out = r.op == Op::auth ? ScriptedServer::head(r, 0x84, kErrorResponse) : answer(r);
    if (r.op == Op::auth) append_array(out, "javax.security.sasl.SaslException: no");
    return out;
  };
  EXPECT_TRUE(RemoteCacheManager(here, with).cache("c").get("k").failed_with(Errc::unauthenticated));
  server.answer = answer;
  with.connection.credentials->mechanism = "SCRAM-SHA-1";
  const auto refused = RemoteCacheManager(here, with).cache("c").get("k");
  ASSERT_TRUE(refused.failed_with(Errc::not_supported));
  EXPECT_NE(refused.error().message().find("NTLM, PLAIN"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::client
