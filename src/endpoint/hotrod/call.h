// Call: one request on its way: its header, the reader of its body, and the ways to answer it.
//
// Owner: the session, for the length of the request; everything is borrowed.  Threads: the connection's loop.
// Waits: never by itself.  Fails with: an answer.
#pragma once

#include <string>

#include "endpoint/hotrod/operations.h"
#include "endpoint/hotrod/wire.h"
#include "runtime/net.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

class Session;

/// What a request's flags say to leave out.
WriteFlag skip_flags(std::uint32_t flags);

class Call {
 public:
  struct Request {
    const Header& header;
    Reader& reader;     // stands at the body
    BytesView input;    // what the reader reads
    const server::CacheView* view;  // of the addressed cache, if an earlier request opened it; or null
  };
  Call(Session& session, runtime::Connection& connection, const Operation& operation, const Request& request)
      : header(request.header), in(request.reader), session_(session), connection_(connection), operation_(operation),
        input_(request.input), view_(request.view), view_is_kept_(request.view != nullptr) {}

  const Header& header;
  Reader& in;

  Session& session() { return session_; }
  runtime::Connection& connection() { return connection_; }
  bool since(std::uint8_t version) const { return header.version >= version; }
  bool has(RequestFlag flag) const { return (header.flags & flag) != 0; }

  // Reading the body.
  WireExpiration read_expiration();
  /// Walks over `count` arrays, going on where an earlier attempt at this request stopped. Their bytes; empty while
  /// some are missing.
  BytesView read_arrays(std::uint64_t count);
  /// The same for pieces up to an empty one, which is included.
  BytesView read_pieces();

  /// The body was read whole, and the caller may run this operation. Else nothing may be done: an answer has been given
  /// if one is due.
  bool admitted();
  /// admitted(), and the addressed cache. Null as above.
  const server::CacheView* open();
  const server::CacheView& view() const { return *view_; }

  // Answering: the head goes straight into the connection's output, the body belongs behind it at once.
  Bytes& answer(ResponseStatus status);
  void fail(const Error& error);
  void fail(ResponseStatus status, std::string_view text);
  /// The request met a cache that was removed since the session last looked: nothing has been answered, it must run again.
  bool stale() const { return stale_; }

  struct WriteRule {
    ResponseStatus absent = ResponseStatus::key_does_not_exist;
    bool done_shows_previous = true;
  };
  /// Runs a write and answers it. Adds the request's flags to the mutation's, and what it returns.
  void write(ops::OpId op, Mutation& mutation, const WriteRule& rule);
  void write_to(const server::CacheView& view, ops::OpId op, Mutation& mutation, const WriteRule& rule);

 private:
  void answer_outcome(const Outcome& outcome, const WriteRule& rule);
  ResponseStatus as_legacy(ResponseStatus status) const;
  bool append_topology_news(Bytes& out, ResponseStatus status) const;

  Session& session_;
  runtime::Connection& connection_;
  const Operation& operation_;
  const BytesView input_;
  const server::CacheView* view_;
  bool view_is_kept_;  // from an earlier request
  bool stale_ = false;
};

}  // namespace holdfast::hotrod
