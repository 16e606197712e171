#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "endpoint/rest/test_client.h"

namespace holdfast::rest {
namespace {

using nlohmann::json;

TEST(RestContainer, DescribesItself) {
  TestGrid grid;
  TestClient client(grid);
  const json info = json::parse(client.ask("GET", "/rest/v2/container").body);
  EXPECT_EQ(info["name"], "grid");
  EXPECT_EQ(info["cluster_size"], 1);
  EXPECT_EQ(info["cache_manager_status"], "RUNNING");
  EXPECT_EQ(info["cluster_members"], json({"node-1"}));
  EXPECT_EQ(info["cluster_members_physical_addresses"], json({"127.0.0.1:11222"}));
  EXPECT_EQ(info["physical_addresses"], "[127.0.0.1:11222]");
  const json health = json::parse(client.ask("GET", "/rest/v2/container/health").body);
  EXPECT_EQ(health["cluster_health"]["health_status"], "HEALTHY");
  EXPECT_EQ(json::parse(client.ask("GET", "/rest/v2/server").body)["version"], "Holdfast 9.9");
}

TEST(RestContainer, AnswersAtItsOlderPaths) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(json::parse(client.ask("GET", "/rest/v2/cache-managers/grid/").body)["cluster_size"], 1);
  EXPECT_EQ(client.ask("GET", "/rest/v2/cache-managers/default/health/status").body, "HEALTHY");
  EXPECT_EQ(client.ask("GET", "/rest/v2/cache-managers/another/health/status").status, 404);
}

TEST(RestContainer, SumsTheStatisticsOfItsCaches) {
  TestGrid grid;
  TestClient client(grid);
  for (const char* cache : {"c", "text"}) {
    client.ask("PUT", std::string("/rest/v2/caches/") + cache + "/k", "1");
    client.ask("GET", std::string("/rest/v2/caches/") + cache + "/k");
  }
  const json stats = json::parse(client.ask("GET", "/rest/v2/container/stats").body);
  EXPECT_EQ(stats["hits"], 2);
  EXPECT_EQ(stats["number_of_entries"], 2);
  EXPECT_EQ(stats["hit_ratio"], 1.0);
  EXPECT_EQ(stats["statistics_enabled"], true);
}

TEST(RestContainer, ShowsItsConfigurationAndTemplates) {
  TestGrid grid;
  TestClient client(grid);
  const Answer xml = client.ask("GET", "/rest/v2/container/config", "", "Accept: application/xml\r\n");
  EXPECT_NE(xml.body.find("name=\"text\""), std::string::npos) << xml.body;
  const json templates = json::parse(client.ask("GET", "/rest/v2/container/cache-configs/templates").body);
  ASSERT_EQ(templates.size(), 1U);
  EXPECT_EQ(templates[0]["name"], "base");
}

TEST(RestContainer, ShutsDownAndStaysReachable) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", "/rest/v2/caches/c/k", "1");
  EXPECT_EQ(client.ask("GET", "/health/ready").status, 204);
  EXPECT_EQ(client.ask("POST", "/rest/v2/container?action=shutdown").status, 204);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/c/k").status, 503);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/text/k", "1").status, 503);
  EXPECT_EQ(client.ask("GET", "/rest/v2/container/health/status").status, 200);
  EXPECT_EQ(client.ask("GET", "/health/ready").status, 503);
  EXPECT_EQ(client.ask("GET", "/health/live").status, 204);
  EXPECT_EQ(client.ask("POST", "/rest/v2/server?action=stop").status, 204);
  EXPECT_TRUE(grid.control.stop_requested);
}

TEST(RestContainer, StopsAClusterOfOne) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("POST", "/rest/v2/cluster?action=stop").status, 204);
  EXPECT_TRUE(grid.control.stop_requested);
}

TEST(RestContainer, OffersNoAdministrationWhereTheEndpointSaysSo) {
  GridOptions options;
  options.settings.admin = false;
  TestGrid grid(options);
  TestClient client(grid);
  EXPECT_EQ(client.ask("POST", "/rest/v2/container?action=shutdown").status, 404);
  EXPECT_EQ(client.ask("GET", "/rest/v2/container/health/status").status, 200);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/caches/c/k", "1").status, 204);
}

TEST(RestMetrics, SpeaksBothTextFormats) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", "/rest/v2/caches/c/k", "1");
  const Answer prometheus = client.ask("GET", "/metrics");
  EXPECT_NE(prometheus.body.find("# TYPE holdfast_statistics_stores gauge\n"), std::string::npos);
  EXPECT_NE(prometheus.body.find("holdfast_statistics_stores{cache=\"c\",node=\"node-1\"} 1\n"), std::string::npos) << prometheus.body;
  EXPECT_EQ(prometheus.body.find("# EOF"), std::string::npos);
  const Answer open = client.ask("GET", "/metrics", "", "Accept: application/openmetrics-text; version=1.0.0,text/plain;q=0.5\r\n");
  EXPECT_EQ(open.header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(open.body.ends_with("# EOF\n"));
  EXPECT_EQ(client.ask("GET", "/metrics", "", "Accept: image/png\r\n").status, 406);
}

TEST(RestSchemas, KeepsSchemas) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("POST", "/rest/v2/schemas/a", "message A {}").status, 201);
  EXPECT_EQ(client.ask("POST", "/rest/v2/schemas/a.proto", "message A {}").status, 409);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/schemas/a.proto", "message B {}").status, 200);
  EXPECT_EQ(client.ask("GET", "/rest/v2/schemas/a").body, "message B {}");
  EXPECT_EQ(json::parse(client.ask("GET", "/rest/v2/schemas").body)[0]["name"], "a.proto");
  EXPECT_EQ(client.ask("DELETE", "/rest/v2/schemas/a.proto").status, 204);
  EXPECT_EQ(client.ask("GET", "/rest/v2/schemas/a.proto").status, 404);
  EXPECT_EQ(client.ask("PUT", "/rest/v2/schemas/a.proto").status, 400);
}

TEST(RestPages, GreetsAtTheRoot) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("GET", "/").status, 200);
  EXPECT_EQ(client.ask("GET", "/console").status, 200);
}

}  // namespace
}  // namespace holdfast::rest
