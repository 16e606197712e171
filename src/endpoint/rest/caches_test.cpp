#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "endpoint/rest/test_client.h"

namespace holdfast::rest {
namespace {

using nlohmann::json;

TEST(RestCaches, CreatesListsAndRemovesCaches) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/x", R"({"local-cache":{"memory":{"max-count":"10"}}})", "Content-Type: application/json\r\n").status, 200);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/y", "<local-cache/>", "Content-Type: application/xml\r\n").status, 200);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/z", "localCache:\n  memory:\n    maxCount: 5\n", "Content-Type: application/yaml\r\n").status, 200);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/t?template=base").status, 200);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/u?template=none").status, 404);
  const Answer exists = client.ask("POST", "/rest/v2/caches/x");
  EXPECT_EQ(exists.status, 400);
  EXPECT_NE(exists.body.find("ISPN000507"), std::string::npos);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/v", "<nonsense/>", "Content-Type: application/xml\r\n").status, 400);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/v", "x", "Content-Type: image/png\r\n").status, 415);
  EXPECT_EQ(client.ask("HEAD", "/rest/v2/caches/x").status, 204);
  EXPECT_EQ(client.ask("HEAD", "/rest/v2/caches/v").status, 404);
  const json names = json::parse(client.ask("GET", "/rest/v2/caches").body);
  EXPECT_NE(std::find(names.begin(), names.end(), "y"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "___protobuf_metadata"), names.end());
  EXPECT_EQ(client.ask("DELETE", "/rest/v2/caches/x").status, 200);
  EXPECT_EQ(client.ask("DELETE", "/rest/v2/caches/x").status, 404);
}

TEST(RestCaches, ShowsKeysEntriesAndSize) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", "/rest/v2/caches/text/a", "1");
  client.ask("PUT", "/rest/v2/caches/text/b%22", "two", "timeToLiveSeconds: 60\r\n");
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/text?action=size").body, "2");
  json keys = json::parse(client.ask("GET", "/rest/v2/caches/text?action=keys").body);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, json({"a", "b\""}));
  EXPECT_EQ(json::parse(client.ask("GET", "/rest/v2/caches/text?action=keys&limit=1&batch=10").body).size(), 1U);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/text?action=keys&limit=0").body, "[]");
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/text?action=keys&limit=few").status, 400);
  const Answer answer = client.ask("GET", "/rest/v2/caches/text?action=entries&metadata=true&content-negotiation=true");
  EXPECT_EQ(answer.header("key-content-type"), "text/plain");
  const json entries = json::parse(answer.body);
  ASSERT_EQ(entries.size(), 2U);
  const json& mortal = entries[0]["key"] == "a" ? entries[1] : entries[0];
  EXPECT_EQ(mortal["value"], "two");
  EXPECT_EQ(mortal["timeToLiveSeconds"], 60);
  EXPECT_EQ(mortal["maxIdleTimeSeconds"], -1);
  EXPECT_GT(mortal["expireTime"], mortal["created"]);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/text?action=clear").status, 204);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/text?action=entries").body, "[]");
}

TEST(RestCaches, ShowsBytesOfNoTypeInHexadecimal) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", "/rest/v2/caches/c/a", "\x01\xff");
  const Answer answer = client.ask("GET", "/rest/v2/caches/c?action=entries&content-negotiation=true");
  EXPECT_EQ(answer.body, R"([{"key":"61","value":"01ff"}])");
  EXPECT_EQ(answer.header("value-content-type"), "application/octet-stream; encoding=hex");
}

TEST(RestCaches, StreamsWhatIsLargeInChunks) {
  TestGrid grid;
  TestClient client(grid);
  for (int i = 0; i < 3000; ++i) client.ask("PUT", "/rest/v2/caches/text/" + std::to_string(i) + std::string(50, 'k'), "v");
  const Answer answer = client.ask("GET", "/rest/v2/caches/text?action=keys");
  EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(answer.body.ends_with("\r\n0\r\n\r\n"));
  std::string joined;
  for (std::size_t at = 0;;) {
    const std::size_t line = answer.body.find("\r\n", at);
    const std::size_t size = std::stoul(answer.body.substr(at, line - at), nullptr, 16);
    if (size == 0) break;
    joined += answer.body.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
  EXPECT_EQ(json::parse(joined).size(), 3000U);
  const Bytes old = client.say("GET /rest/v2/caches/text?action=keys HTTP/1.0\r\n\r\n");
  EXPECT_EQ(json::parse(TestClient::parse(old).body).size(), 3000U) << "HTTP/1.0 knows no chunks";
}

TEST(RestCaches, ShowsConfigurationsInThreeFormats) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("POST", "/rest/v2/caches/x", "<local-cache><memory max-count=\"10\"/></local-cache>");
  EXPECT_EQ(json::parse(client.ask("GET", "/rest/v2/caches/x?action=config").body).begin().key(), "x");
  const Answer xml = client.ask("GET", "/rest/v2/caches/x?action=config", "", "Accept: application/xml\r\n");
  EXPECT_EQ(xml.header("Content-Type"), "application/xml");
  EXPECT_NE(xml.body.find("max-count=\"10\""), std::string::npos) << xml.body;
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/x?action=config", "", "Accept: application/yaml\r\n").header("Content-Type"), "application/yaml");
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/x?action=config", "", "Accept: image/png\r\n").status, 406);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/none?action=config").status, 404);
  const Answer converted = client.ask("POST", "/rest/v2/caches?action=convert", "<local-cache><memory max-count=\"10\"/></local-cache>", "Accept: application/json\r\n");
  EXPECT_EQ(converted.status, 200);
  EXPECT_NE(converted.body.find("max-count"), std::string::npos) << converted.body;
}

TEST(RestCaches, ShowsAndChangesMutableAttributes) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("POST", "/rest/v2/caches/x", "<local-cache><memory max-count=\"10\"/></local-cache>");
  const std::string path = "/rest/v2/caches/x?action=";
  EXPECT_EQ(client.ask("GET", path + "get-mutable-attribute&attribute-name=memory.max-count").body, "10");
  EXPECT_EQ(client.ask("POST", path + "set-mutable-attribute&attribute-name=memory.max-count&attribute-value=20").status, 204);
  EXPECT_EQ(client.ask("GET", path + "get-mutable-attribute&attribute-name=memory.max-count").body, "20");
  EXPECT_EQ(client.ask("POST", path + "set-mutable-attribute&attribute-name=segments&attribute-value=1").status, 400);
  EXPECT_EQ(client.ask("GET", path + "get-mutable-attribute&attribute-name=segments").status, 404);
  EXPECT_EQ(client.ask("GET", path + "get-mutable-attribute").status, 400);
  EXPECT_TRUE(json::parse(client.ask("GET", path + "get-mutable-attributes").body).is_array());
  EXPECT_EQ(client.ask("POST", path + "assign-alias&alias=other").status, 204);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/other/k", "1").status, 204);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/x/k").body, "1");
}

TEST(RestCaches, ShowsStatisticsDetailsAndHealth) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", "/rest/v2/caches/text/a", "1");
  client.ask("GET", "/rest/v2/caches/text/a");
  client.ask("GET", "/rest/v2/caches/text/b");
  const json stats = json::parse(client.ask("GET", "/rest/v2/caches/text?action=stats").body);
  EXPECT_EQ(stats["hits"], 1);
  EXPECT_EQ(stats["misses"], 1);
  EXPECT_EQ(stats["stores"], 1);
  EXPECT_EQ(stats["current_number_of_entries"], 1);
  EXPECT_EQ(client.ask("POST", "/rest/v2/caches/text?action=stats-reset").status, 204);
  EXPECT_EQ(json::parse(client.ask("GET", "/rest/v2/caches/text?action=stats").body)["hits"], 0);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/text?action=health").body, "HEALTHY");
  const json detail = json::parse(client.ask("GET", "/rest/v2/caches/text").body);
  EXPECT_EQ(detail["size"], 1);
  EXPECT_EQ(detail["key_storage"], "text/plain");
  EXPECT_EQ(detail["mode"], "local-cache");
  const json all = json::parse(client.ask("GET", "/rest/v2/caches?action=detailed").body);
  EXPECT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0]["status"], "RUNNING");
}

}  // namespace
}  // namespace holdfast::rest
