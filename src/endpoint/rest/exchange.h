// Exchange: one request on its way through its handler, and the ways to answer it.
//
// Owner: the session, for the length of the request; everything is borrowed.  Threads: the connection's loop.
// Waits: a streamed answer, for a slow client.  Fails with: an answer.
#pragma once

#include <string>

#include "endpoint/rest/endpoint_state.h"
#include "endpoint/rest/http_message.h"
#include "endpoint/rest/uri.h"
#include "endpoint/rest/views.h"
#include "runtime/net.h"

namespace holdfast::rest {

class Session;

/// A status line and headers, written straight into the output; then the body, or nothing.
class Head {
 public:
  Head(Bytes& out, int status) : out_(out) { out_ += status_line(status); }
  Head& field(std::string_view name, std::string_view value) {
    out_.append(name).append(": ").append(value).append("\r\n");
    return *this;
  }
  Head& date(std::string_view name, TimeMs when) {
    out_.append(name).append(": ");
    append_http_date(out_, when);
    out_ += "\r\n";
    return *this;
  }
  Head& number(std::string_view name, std::int64_t value) {
    out_.append(name).append(": ");
    append_number(out_, value);
    out_ += "\r\n";
    return *this;
  }
  Bytes& out() { return out_; }
  void end() { out_ += "\r\n"; }

 private:
  Bytes& out_;
};

class Exchange {
 public:
  Exchange(Session& session, runtime::Connection& connection, const Request& req, const Target& to)
      : request(req), target(to), session_(session), connection_(connection) {}

  const Request& request;
  const Target& target;

  EndpointState& state() const;
  server::Dispatcher& dispatcher() const { return state().dispatcher(); }
  const security::Subject& subject() const;
  runtime::Connection& connection() { return connection_; }

  /// The decoded path segment; a malformed one was answered before the handler ran.
  BytesView segment(std::size_t index);
  std::optional<Bytes> parameter(std::string_view name) const { return query_parameter(target.query, name); }
  /// The same, or an answer of 400 that names it.
  std::optional<Bytes> required(std::string_view name);

  // Answering: once.
  Head head(int status);
  void answer(int status);
  void answer(int status, std::string_view content_type, BytesView body);
  void fail(int status, std::string_view detail);
  void fail(const Error& error);
  void finish(const Status& status, int when_ok = 204);
  bool wants_body() const { return request.method != Method::head; }
  /// Names the body's length and ends the head; the body follows unless the request was a HEAD.
  void end_with_body(Head& head, std::string_view content_type, BytesView body);

  Views& views();

 private:
  Session& session_;
  runtime::Connection& connection_;
  std::array<Bytes, kSegmentsMax> decoded_;
};

/// A long answer in pieces: small ones go out with their length, larger ones chunked, with a slow client held back.
class StreamedBody {
 public:
  StreamedBody(Exchange& exchange, std::string content_type, std::vector<std::pair<std::string, std::string>> headers = {});
  /// False: the client is gone, nothing more is needed.
  bool add(BytesView piece);
  void finish();
  /// Nothing has been sent: another answer may take its place.
  bool may_fail() const { return !started_; }
  /// Breaks the answer off, so that the client cannot take it for whole.
  void abort();

 private:
  bool flush();
  Head start();

  Exchange& exchange_;
  const std::string content_type_;
  const std::vector<std::pair<std::string, std::string>> headers_;
  Bytes pending_;
  bool started_ = false;
};

}  // namespace holdfast::rest
