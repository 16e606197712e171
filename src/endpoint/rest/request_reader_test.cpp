#include "endpoint/rest/request_reader.h"

#include <gtest/gtest.h>

namespace holdfast::rest {
namespace {

using Progress = RequestReader::Progress;

/// Everything that a reader makes of some bytes: "GET /x body|", and the failure's status at the end.
std::string read_all(BytesView bytes, std::size_t at_a_time, const RequestReader::Limits& limits = {}) {
  RequestReader reader(limits);
  std::string out;
  Bytes input;
  for (std::size_t at = 0; at < bytes.size(); at += at_a_time) {
    input.append(bytes.substr(at, at_a_time));
    for (;;) {
      const auto step = reader.feed(input);
      if (step.progress == Progress::failed) return out + std::to_string(reader.failure().status);
      if (step.progress == Progress::ready) {
        const Request& r = reader.request();
        out += std::string(r.method_text) + " " + std::string(r.target) + " " + std::string(r.body) + (r.keep_alive ? "|" : "!|");
        reader.release();
      }
      input.erase(0, step.consumed);
      if (step.progress == Progress::need_more || input.empty()) break;
    }
  }
  return out;
}

void expect_read(BytesView bytes, const std::string& expected, const RequestReader::Limits& limits = {}) {
  EXPECT_EQ(read_all(bytes, bytes.size(), limits), expected) << bytes;
  EXPECT_EQ(read_all(bytes, 1, limits), expected) << "byte by byte: " << bytes;
  EXPECT_EQ(read_all(bytes, 7, limits), expected) << "by sevens: " << bytes;
}

TEST(RequestReader, ReadsPipelinedRequestsWithAllKindsOfBodies) {
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\n\r\nPUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
              "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n\r\nHEAD /d HTTP/1.0\r\n\r\n",
              "GET /a |PUT /b abc|POST /c abcde|HEAD /d !|");
}

TEST(RequestReader, KnowsWhenAConnectionStays) {
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /a !|");
  expect_read("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /a |");
}

TEST(RequestReader, RefusesWhatAnotherServerMightReadOtherwise) {
  const std::string put = "PUT /a HTTP/1.1\r\nHost: x\r\n";
  expect_read(put + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
  expect_read(put + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400");
  expect_read(put + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400");
  expect_read(put + "Content-Length: 3, 3\r\n\r\nabc", "400");
  expect_read(put + "Content-Length: +3\r\n\r\nabc", "400");
  expect_read(put + "Content-Length: 0x3\r\n\r\nabc", "400");
  expect_read(put + "Content-Length: 99999999999999999999999\r\n\r\nabc", "400");
  expect_read(put + "Content-Length:\r\n\r\nabc", "400");
  expect_read(put + "Content-Length : 3\r\n\r\nabc", "400");
  expect_read(put + "Transfer-Encoding: gzip\r\n\r\n", "501");
  expect_read(put + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501");
  expect_read(put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
  expect_read(put + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400");
  expect_read(put + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n", "400");
  expect_read("PUT /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
  expect_read("GET /a HTTP/1.1\nHost: x\n\n", "400");
  expect_read("GET /a HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", "400");
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "400");
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\nA\x01: b\r\n\r\n", "400");
  expect_read("GET /a HTTP/1.1\r\n\r\n", "400");
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400");
  expect_read("GET  HTTP/1.1\r\nHost: x\r\n\r\n", "400");
  expect_read("GET /a HTTP/2.0\r\nHost: x\r\n\r\n", "505");
  expect_read("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", "417");
}

TEST(RequestReader, StopsAtAnErrorAndReadsNoFurtherRequest) {
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a |400");
}

TEST(RequestReader, BoundsHeadersAndBodies) {
  RequestReader::Limits limits;
  limits.head_bytes_max = 200;
  limits.headers_max = 3;
  limits.body_bytes_max = 4;
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\nA: " + std::string(300, 'a') + "\r\n\r\n", "431", limits);
  expect_read("GET /a HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", "431", limits);
  expect_read("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", "413", limits);
  expect_read("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n", "413", limits);
  expect_read("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd", "PUT /a abcd|", limits);
}

TEST(RequestReader, SaysOnceThatTheBodyMayCome) {
  RequestReader reader({});
  EXPECT_EQ(reader.feed("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").progress, Progress::need_more);
  EXPECT_TRUE(reader.take_continue());
  EXPECT_FALSE(reader.take_continue());
  EXPECT_EQ(reader.feed("abc").progress, Progress::ready);
  EXPECT_EQ(reader.request().body, "abc");
  reader.release();
  EXPECT_EQ(reader.feed("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nab").progress, Progress::need_more);
  EXPECT_FALSE(reader.take_continue());
}

}  // namespace
}  // namespace holdfast::rest
