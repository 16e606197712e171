// Session: one connection that speaks HTTP/1.1. Requests are answered one after another; what one read brought is
// answered with one write.
//
// Owner: the connection.  Threads: the connection's loop.  Waits: as its requests, for slow clients, and before a refusal.
// Fails with: an answer of 400 or the like, after which it closes.
#pragma once

#include <memory>

#include "endpoint/rest/endpoint_state.h"
#include "endpoint/rest/request_reader.h"
#include "endpoint/rest/views.h"
#include "runtime/net.h"

namespace holdfast::rest {

class Exchange;

class Session final : public runtime::Handler {
 public:
  explicit Session(std::shared_ptr<EndpointState> state);
  std::size_t on_data(runtime::Connection& connection, BytesView input) override;

  EndpointState& state() { return *state_; }
  const security::Subject& subject() const { return subject_; }
  Views& views() { return views_; }
  /// The Date header's text.
  std::string_view date_now();

 private:
  bool wait_for_room(runtime::Connection& connection);
  void serve(runtime::Connection& connection, const Request& request);
  void refuse_path(Exchange& exchange, std::uint8_t methods, bool path_exists, bool method_exists, std::string_view action);
  bool authenticate(Exchange& exchange);
  void become(security::Subject subject);
  void close_with(runtime::Connection& connection, int status, std::string_view detail);

  const std::shared_ptr<EndpointState> state_;
  RequestReader reader_;
  security::Subject subject_;
  Views views_;
  Bytes last_basic_;           // the Authorization that made the subject, and until when it is not looked at again
  Instant last_basic_until_{};
  Bytes date_;
  TimeMs date_second_ = -1;
  bool closing_ = false;
};

}  // namespace holdfast::rest
