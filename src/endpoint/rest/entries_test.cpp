#include <gtest/gtest.h>

#include "endpoint/rest/test_client.h"

namespace holdfast::rest {
namespace {

const std::string kPath = "/rest/v2/caches/c/k";

TEST(RestEntries, StoresShowsAndRemovesAnEntry) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("GET", kPath).status, 404);
  EXPECT_EQ(client.ask("PUT", kPath, "value", "Content-Type: text/plain\r\n").status, 204);
  const Answer got = client.ask("GET", kPath, "", "Accept: text/plain\r\n");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "value");
  EXPECT_EQ(got.header("Content-Type"), "text/plain");
  EXPECT_EQ(got.header("Content-Length"), "5");
  EXPECT_FALSE(got.header("ETag").empty());
  EXPECT_FALSE(got.header("created").empty());
  EXPECT_EQ(got.header("Cache-Control"), "");
  const Answer head = client.ask("HEAD", kPath);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), "5");
  EXPECT_EQ(client.ask("DELETE", kPath).status, 204);
  EXPECT_EQ(client.ask("DELETE", kPath).status, 404);
}

TEST(RestEntries, PostCreatesOnlyAndPutReplaces) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("POST", kPath, "1").status, 204);
  const Answer again = client.ask("POST", kPath, "2");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.header("Content-Type"), "application/problem+json");
  EXPECT_NE(again.body.find("\"status\":409"), std::string::npos);
  EXPECT_EQ(client.ask("PUT", kPath, "3").status, 204);
  EXPECT_EQ(client.ask("GET", kPath).body, "3");
}

TEST(RestEntries, DecodesKeysInPaths) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/c/a%2Fb%20c", "1").status, 204);
  EXPECT_TRUE((*grid.manager->cache("c"))->contains({}, "a/b c").value());
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/c/a%2fb%20c").body, "1");
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/c/%zz").status, 400);
}

TEST(RestEntries, KeepsTheTimesThatTheHeadersSay) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("PUT", kPath, "v", "timeToLiveSeconds: 100\r\nmaxIdleTimeSeconds: 50\r\n").status, 204);
  grid.world.advance(10'000);
  const Answer got = client.ask("GET", kPath);
  EXPECT_EQ(got.header("timeToLiveSeconds"), "100");
  EXPECT_EQ(got.header("maxIdleTimeSeconds"), "50");
  EXPECT_EQ(got.header("Cache-Control").substr(0, 8), "max-age=");
  EXPECT_FALSE(got.header("Expires").empty());
  EXPECT_EQ(client.ask("GET", kPath, "", "Cache-Control: min-fresh=1000\r\n").status, 404);
  grid.world.advance(51'000);
  EXPECT_EQ(client.ask("GET", kPath).status, 404);
  EXPECT_EQ(client.ask("PUT", kPath, "v", "timeToLiveSeconds: soon\r\n").status, 400);
  EXPECT_EQ(client.ask("PUT", kPath, "v", "timeToLiveSeconds: -1\r\n").status, 204);
}

TEST(RestEntries, ObeysConditions) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("PUT", kPath, "1", "If-Match: *\r\n").status, 412);
  const Answer put = client.ask("PUT", kPath, "1", "If-None-Match: *\r\n");
  EXPECT_EQ(put.status, 204);
  const std::string tag = put.header("ETag");
  EXPECT_EQ(client.ask("GET", kPath).header("ETag"), tag);
  EXPECT_EQ(client.ask("PUT", kPath, "2", "If-None-Match: *\r\n").status, 412);
  EXPECT_EQ(client.ask("GET", kPath, "", "If-None-Match: " + tag + "\r\n").status, 304);
  EXPECT_EQ(client.ask("GET", kPath, "", "If-None-Match: \"1\", W/" + tag + "\r\n").status, 304);
  EXPECT_EQ(client.ask("GET", kPath, "", "If-Match: \"1\"\r\n").status, 412);
  EXPECT_EQ(client.ask("PUT", kPath, "2", "If-Match: " + tag + "\r\n").status, 204);
  EXPECT_EQ(client.ask("PUT", kPath, "3", "If-Match: " + tag + "\r\n").status, 412);
  EXPECT_EQ(client.ask("DELETE", kPath, "", "If-Match: " + tag + "\r\n").status, 412);
  const std::string second = client.ask("GET", kPath).header("ETag");
  EXPECT_EQ(client.ask("PUT", kPath, "3", "If-Match: " + tag + ", " + second + "\r\n").status, 204);
  EXPECT_EQ(client.ask("DELETE", kPath, "", "If-None-Match: " + client.ask("GET", kPath).header("ETag") + "\r\n").status, 412);
  EXPECT_EQ(client.ask("DELETE", kPath, "", "If-None-Match: " + tag + "\r\n").status, 204);
  EXPECT_EQ(client.ask("DELETE", kPath, "", "If-Match: " + tag + "\r\n").status, 412);
}

TEST(RestEntries, ObeysConditionsOnDates) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", kPath, "1");
  const std::string modified = client.ask("GET", kPath).header("Last-Modified");
  EXPECT_EQ(client.ask("GET", kPath, "", "If-Modified-Since: " + modified + "\r\n").status, 304);
  EXPECT_EQ(client.ask("GET", kPath, "", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
  EXPECT_EQ(client.ask("GET", kPath, "", "If-Modified-Since: yesterday\r\n").status, 200);
  EXPECT_EQ(client.ask("PUT", kPath, "2", "If-Unmodified-Since: " + modified + "\r\n").status, 204);
  EXPECT_EQ(client.ask("PUT", kPath, "2", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 412);
  EXPECT_EQ(client.ask("GET", kPath, "", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 412);
}

TEST(RestEntries, ConvertsKeysAndValuesAsTheHeadersSay) {
  TestGrid grid;
  TestClient client(grid);
  const std::string path = "/rest/v2/caches/proto/7";
  EXPECT_EQ(client.ask("PUT", path, "hello", "Content-Type: text/plain\r\nKey-Content-Type: application/x-java-object; type=java.lang.Integer\r\n").status, 204);
  EXPECT_TRUE((*grid.manager->cache("proto"))->contains({}, "\x28\x07").value());
  EXPECT_EQ(client.ask("GET", path).status, 404);
  const std::string key_type = "Key-Content-Type: application/x-java-object;type=java.lang.Integer\r\n";
  EXPECT_EQ(client.ask("GET", path, "", key_type + "Accept: text/plain\r\n").body, "hello");
  EXPECT_EQ(client.ask("GET", path, "", key_type + "Accept: application/json\r\n").body, R"({"_type":"string","_value":"hello"})");
  const Answer raw = client.ask("GET", path, "", key_type);
  EXPECT_EQ(raw.body, "J\x05hello");
  EXPECT_EQ(raw.header("Content-Type"), "application/x-protostream");
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/json/j", "no json", "Content-Type: text/plain\r\n").status, 400);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/json/j", "{}", "Content-Type: image/png\r\n").status, 415);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/json/j", "{}", "Content-Type: nonsense\r\n").status, 400);
}

TEST(RestEntries, NegotiatesWhatTheClientAccepts) {
  TestGrid grid;
  TestClient client(grid);
  const std::string path = "/rest/v2/caches/text/k";
  client.ask("PUT", path, "[1]", "Content-Type: text/plain\r\n");
  EXPECT_EQ(client.ask("GET", path, "", "Accept: image/png\r\n").status, 406);
  EXPECT_EQ(client.ask("GET", path, "", "Accept: image/png, */*;q=0.1\r\n").header("Content-Type"), "text/plain");
  EXPECT_EQ(client.ask("GET", path, "", "Accept: text/plain;q=0.2, application/json\r\n").header("Content-Type"), "application/json");
  EXPECT_EQ(client.ask("GET", path, "", "Accept: application/*;q=0.5, text/plain;q=0\r\n").header("Content-Type"), "application/json");
  EXPECT_EQ(client.ask("GET", path, "", "Accept: text/plain;q=7\r\n").status, 400);
  EXPECT_EQ(client.ask("GET", path, "", "Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2\r\n").status, 200);
}

TEST(RestEntries, TakesTheFlagsHeader) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("PUT", kPath, "1", "flags: SKIP_CACHE_LOAD, ignore_return_values\r\n").status, 204);
  const Answer refused = client.ask("PUT", kPath, "1", "flags: SKIP_EVERYTHING\r\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("SKIP_EVERYTHING"), std::string::npos);
}

TEST(RestEntries, TellsWhereAnEntryLivesWhenAsked) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", kPath, "1");
  const Answer got = client.ask("GET", kPath + "?extended=true");
  EXPECT_EQ(got.header("Cluster-Primary-Owner"), "node-1");
  EXPECT_EQ(got.header("Cluster-Server-Address"), "127.0.0.1:11222");
}

TEST(RestEntries, FollowsACacheThatIsRemovedAndMadeAnew) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", kPath, "1");
  EXPECT_EQ(client.ask("DELETE", "/rest/v2/caches/c").status, 200);
  EXPECT_EQ(client.ask("GET", kPath).status, 404);
  EXPECT_EQ(client.ask("PUT", kPath, "1").status, 404);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/c").status, 200);
  EXPECT_EQ(client.ask("PUT", kPath, "2").status, 204);
  EXPECT_EQ(client.ask("GET", kPath).body, "2");
}

}  // namespace
}  // namespace holdfast::rest
