#include <gtest/gtest.h>

#include "client/remote_world.h"

namespace holdfast {
namespace {

std::string refusal(const std::string& uri) {
  try {
    RemoteConfiguration::from_uri(uri);
  } catch (const CacheException& e) {
    return e.what();
  }
  return "accepted";
}

TEST(RemoteConfiguration, ReadsUris) {
  const auto c = RemoteConfiguration::from_uri("hotrod://al%40ice:s%3Acret@10.0.0.1:1234,host2,[::1]:5?sasl_mechanism=PLAIN&force_return_values=true&retry=reads");
  EXPECT_EQ(c.user, "al@ice");
  EXPECT_EQ(c.password, "s:cret");
  ASSERT_EQ(c.servers.size(), 3U);
  EXPECT_EQ(c.servers[0].host, "10.0.0.1");
  EXPECT_EQ(c.servers[0].port, 1234);
  EXPECT_EQ(c.servers[1].host, "host2");
  EXPECT_EQ(c.servers[1].port, 11222);
  EXPECT_EQ(c.servers[2].host, "::1");
  EXPECT_EQ(c.servers[2].port, 5);
  EXPECT_EQ(c.mechanism, "PLAIN");
  EXPECT_TRUE(c.return_previous);
  EXPECT_EQ(c.retry, RetryPolicy::reads);
  EXPECT_EQ(RemoteConfiguration::from_uri("hotrod://h/").servers[0].host, "h");
  EXPECT_EQ(RemoteConfiguration::from_uri("hotrod://u@h").user, "u");
}

TEST(RemoteConfiguration, SaysWhatIsWrongWithAUri) {
  EXPECT_NE(refusal("http://h").find("hotrod://"), std::string::npos);
  EXPECT_NE(refusal("hotrods://h").find("TLS"), std::string::npos);
  EXPECT_NE(refusal("hotrod://").find("names no server"), std::string::npos);
  EXPECT_NE(refusal("hotrod://h:0").find("'0'"), std::string::npos);
  EXPECT_NE(refusal("hotrod://h:99999").find("65535"), std::string::npos);
  EXPECT_NE(refusal("hotrod://[::1").find("']'"), std::string::npos);
  EXPECT_NE(refusal("hotrod://:1").find("host:port"), std::string::npos);
  EXPECT_NE(refusal("hotrod://a%4@h").find("hexadecimal"), std::string::npos);
  EXPECT_NE(refusal("hotrod://h?colour=red").find("there is no client property 'colour'"), std::string::npos);
  EXPECT_NE(refusal("hotrod://h?retry=often").find("idempotent_writes"), std::string::npos);
  EXPECT_NE(refusal("hotrod://h?retry").find("name=value"), std::string::npos);
  EXPECT_NE(refusal("hotrod://h?use_ssl=true").find("TLS"), std::string::npos);
  EXPECT_EQ(refusal("hotrod://h?use_ssl=false"), "accepted");
}

TEST(RemoteConfiguration, ReadsPropertiesByTheOriginalsNames) {
  const std::string p = "infinispan.client.hotrod.";
  const auto c = RemoteConfiguration::from_properties({{p + "server_list", "a:1;b"}, {p + "auth_username", "u"}, {p + "auth_password", "p"}, {p + "client_intelligence", "BASIC"},
                                                       {p + "socket_timeout", "1500"}, {p + "connect_timeout", "70"}, {p + "operation_timeout", "9000"},
                                                       {p + "connection_pool.max_active", "3"}, {p + "threads", "2"}, {p + "in_flight_max", "5"}, {"somebody.else", "x"}});
  EXPECT_EQ(c.servers.size(), 2U);
  EXPECT_EQ(c.servers[1].host, "b");
  EXPECT_FALSE(c.topology_aware);
  const client::ClientOptions o = detail::client_options(c);
  EXPECT_EQ(o.connection.credentials->password, "p");
  EXPECT_EQ(o.connection.intelligence, client::Intelligence::basic);
  EXPECT_EQ(o.attempt_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(o.connect_timeout, std::chrono::milliseconds(70));
  EXPECT_EQ(o.operation_timeout, std::chrono::seconds(9));
  EXPECT_EQ(o.connections_per_server, 3U);
  EXPECT_EQ(o.in_flight_max, 5U);
  EXPECT_EQ(RemoteConfiguration::from_properties({{p + "uri", "hotrod://h:7"}}).servers[0].port, 7);
  EXPECT_THROW(RemoteConfiguration::from_properties({}), CacheException);
  EXPECT_THROW(RemoteConfiguration::from_properties({{p + "server_lists", "a"}}), CacheException);
}

}  // namespace
}  // namespace holdfast
