#include <gtest/gtest.h>

#include "endpoint/rest/test_client.h"

namespace holdfast::rest {
namespace {

TEST(RestSession, AnswersPipelinedRequestsInOrder) {
  TestGrid grid;
  TestClient client(grid);
  const Bytes all = TestClient::request("PUT", "/rest/v2/caches/c/a", "1") + TestClient::request("GET", "/rest/v2/caches/c/a") +
                    TestClient::request("DELETE", "/rest/v2/caches/c/a") + TestClient::request("GET", "/rest/v2/caches/c/a");
  const Bytes answers = client.say(all);
  std::vector<std::string> statuses;
  for (std::size_t at = answers.find("HTTP/1.1 "); at != Bytes::npos; at = answers.find("HTTP/1.1 ", at + 1)) statuses.push_back(answers.substr(at + 9, 3));
  EXPECT_EQ(statuses, (std::vector<std::string>{"204", "200", "204", "404"}));
  EXPECT_FALSE(client.connection->closing);
}

TEST(RestSession, AnswersTheSameWhenBytesComeOneByOne) {
  const Bytes all = TestClient::request("PUT", "/rest/v2/caches/c/a", "1") + TestClient::request("HEAD", "/rest/v2/caches/c/a") + "nonsense\r\n\r\n" +
                    TestClient::request("DELETE", "/rest/v2/caches/c/a");
  TestGrid grid;
  TestClient whole(grid);
  const Bytes expected = whole.say(all);
  EXPECT_TRUE(whole.connection->closing);
  EXPECT_NE(expected.find("400 Bad Request"), Bytes::npos);
  EXPECT_TRUE((*grid.manager->cache("c"))->contains({}, "a").value()) << "nothing runs after an error";
  TestGrid other;
  TestClient slow(other);
  Bytes got;
  for (const char c : all) got += slow.say(BytesView(&c, 1));
  EXPECT_EQ(got, expected);
}

TEST(RestSession, ClosesWhenTheClientWantsItAndReadsNothingMore) {
  TestGrid grid;
  TestClient client(grid);
  const Bytes answers = client.say(TestClient::request("GET", "/rest/v2/caches/c/a", "", "Connection: close\r\n") + TestClient::request("PUT", "/rest/v2/caches/c/a", "1"));
  EXPECT_EQ(TestClient::parse(answers).header("Connection"), "close");
  EXPECT_TRUE(client.connection->closing);
  EXPECT_FALSE((*grid.manager->cache("c"))->contains({}, "a").value());
}

TEST(RestSession, TellsUnknownPathsMethodsAndActionsApart) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.ask("GET", "/rest/v2/nothing").status, 404);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/c/a/b/c/d/e/f/g/h/i/j").status, 404);
  const Answer refused = client.ask("DELETE", "/rest/v2/container");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(client.ask("PATCH", "/rest/v2/caches/c/k").status, 405);
  EXPECT_EQ(client.ask("GET", "/rest/v2/caches/c?action=dance").status, 400);
  const Answer options = client.ask("OPTIONS", "/rest/v2/caches/c/k");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, PUT, POST, DELETE, OPTIONS");
  EXPECT_EQ(client.ask("OPTIONS", "*").status, 204);
}

TEST(RestSession, AnswersHeadWhereverItAnswersGet) {
  TestGrid grid;
  TestClient client(grid);
  const Answer get = client.ask("GET", "/rest/v2/caches?action=detailed");
  const Answer head = client.ask("HEAD", "/rest/v2/caches?action=detailed");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), std::to_string(get.body.size()));
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(client.ask("HEAD", "/rest/v2/caches/c?action=keys").header("Content-Length"), "2");
}

TEST(RestSession, SaysContinueBeforeABodyThatWaitsForIt) {
  TestGrid grid;
  TestClient client(grid);
  EXPECT_EQ(client.say("PUT /rest/v2/caches/c/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(TestClient::parse(client.say("abc")).status, 204);
}

TEST(RestSession, RefusesBodiesAboveTheLimitAndCloses) {
  GridOptions options;
  options.settings.max_content_length = 10;
  TestGrid grid(options);
  TestClient client(grid);
  const Answer refused = client.ask("PUT", "/rest/v2/caches/c/k", "12345678901");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(client.connection->closing);
}

TEST(RestSession, IsDetectedByItsMethods) {
  TestGrid grid;
  EXPECT_EQ(grid.endpoint->detect("GET / HT"), server::Detection::yes);
  EXPECT_EQ(grid.endpoint->detect("P"), server::Detection::need_more);
  EXPECT_EQ(grid.endpoint->detect("OPTIONS * HTTP/1"), server::Detection::yes);
  EXPECT_EQ(grid.endpoint->detect("\xa0"), server::Detection::no);
  EXPECT_EQ(grid.endpoint->detect("GETTY"), server::Detection::no);
}

TEST(RestSession, HoldsBackAClientThatDoesNotRead) {
  TestGrid grid;
  TestClient client(grid);
  client.ask("PUT", "/rest/v2/caches/c/k", std::string(700'000, 'x'));
  const Bytes get = TestClient::request("GET", "/rest/v2/caches/c/k");
  const Bytes answers = client.say(get + get + get + get);
  EXPECT_GT(answers.size(), 2'800'000U);
  EXPECT_GT(client.connection->waits, 0);
  client.connection->stuck = true;
  client.say(get + get + get);
  EXPECT_FALSE(client.connection->open);
}

}  // namespace
}  // namespace holdfast::rest
