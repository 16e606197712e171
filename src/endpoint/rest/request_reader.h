// RequestReader: cuts a stream of bytes into HTTP/1.1 requests. A request that lies whole in the input is read in place;
// one whose body is still coming is kept here, and grows with what arrives.
//
// Refused, since proxies might read it otherwise: Content-Length beside Transfer-Encoding, or twice; codings other than
// chunked; bare line feeds; folded headers; blanks before a colon; a missing or second Host.
//
// Owner: a session.  Threads: the connection's loop.  Waits: never.
// Fails with: Failure, an HTTP status and a sentence; after it nothing can be read any more.
#pragma once

#include <memory>
#include <string>

#include "endpoint/rest/http_message.h"

namespace holdfast::rest {

class RequestReader {
 public:
  struct Limits {
    std::size_t head_bytes_max = std::size_t{64} << 10;
    std::size_t headers_max = 200;
    std::size_t body_bytes_max = std::size_t{10} << 20;
  };
  struct Failure {
    int status = 0;
    std::string detail;
  };
  enum class Progress : std::uint8_t { need_more, ready, failed };
  struct Step {
    Progress progress = Progress::need_more;
    std::size_t consumed = 0;
  };

  explicit RequestReader(const Limits& limits);
  ~RequestReader();

  /// `input` starts where the last call's consumed bytes end. After `ready` the request borrows from this very input.
  Step feed(BytesView input);
  const Request& request() const { return request_; }
  const Failure& failure() const { return failure_; }
  /// True once for a request that waits for "100 Continue" before it sends its body.
  bool take_continue();
  /// The request was answered: lets go of its memory.
  void release();

 private:
  class Parser;
  struct Partial;
  enum class Body : std::uint8_t { none, counted, chunked };

  Step fail(int status, std::string detail);
  Step feed_partial(BytesView input);
  /// The length of the head with its empty line; 0 = not all there, or failed.
  std::size_t find_head(BytesView input);
  bool read_head(Parser& parser, BytesView head);
  bool check_head();

  const Limits limits_;
  Request request_;
  Failure failure_;
  std::size_t scanned_ = 0;
  std::unique_ptr<Partial> partial_;
  bool continue_due_ = false;
};

}  // namespace holdfast::rest
