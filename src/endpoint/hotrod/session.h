// Session: one Hot Rod connection. Cuts the input into requests, runs them in order, answers into the connection's
// output; keeps who asks, which caches it looked at, its listeners, iterations and streams.
//
// Owner: the connection.  Threads: the connection's loop.  Waits: as the operations, and while the client does not
// read its answers.  Fails with: an error answer; after a protocol error the connection closes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoint/hotrod/call.h"
#include "endpoint/hotrod/client_listener.h"
#include "endpoint/hotrod/endpoint_state.h"
#include "endpoint/hotrod/look_ahead.h"
#include "endpoint/hotrod/streams.h"
#include "endpoint/hotrod/view_cache.h"
#include "runtime/net.h"
#include "security/sasl.h"

namespace holdfast::hotrod {

/// Where the walk over a long list in an incomplete request stopped, so that more bytes do not make it start over.
struct ListProgress {
  std::size_t bytes = 0;
  std::uint64_t items = 0;
};

class Session final : public runtime::Handler {
 public:
  explicit Session(std::shared_ptr<EndpointState> state) : state_(std::move(state)) {}

  void prepare(BytesView input, int round) override;
  std::size_t on_data(runtime::Connection& connection, BytesView input) override;
  void on_close(runtime::Connection& connection, Errc reason) override;

  // For calls and their handlers.
  EndpointState& state() { return *state_; }
  ViewCache& views() { return views_; }
  ListProgress& list_progress() { return list_progress_; }
  bool may_run(const Operation& operation) const { return !operation.needs_authentication || !state_->authenticates() || authenticated_; }
  const security::Subject& subject() const { return subject_; }
  void begin_subject(security::Subject subject);
  void end_subject();
  std::unique_ptr<security::SaslExchange>& exchange() { return exchange_; }
  std::string& mechanism() { return mechanism_; }
  bool authenticated() const { return authenticated_; }
  Streams& streams();
  const std::shared_ptr<EventChannel>& events(runtime::Connection& connection);
  std::vector<std::shared_ptr<ClientListener>>& listeners() { return listeners_; }
  /// The bloom filter of this connection for a cache; null = there is none.
  BloomFilter* bloom_of(const std::string& cache) const;
  void tolerate_interest_byte() { interest_byte_may_follow_ = true; }
  /// Answers, logs, closes; nothing more of this connection runs.
  void break_off(runtime::Connection& connection, std::uint64_t message_id, ResponseStatus status, const std::string& text);

 private:
  std::size_t serve(runtime::Connection& connection, BytesView input);
  std::size_t serve_request(runtime::Connection& connection, BytesView input);
  std::size_t need_more(runtime::Connection& connection, const Reader& in, const Header& header);
  std::size_t refuse_operation(runtime::Connection& connection, const Header& header);
  std::size_t refuse_head(runtime::Connection& connection, HeadFault fault, const Reader& in, const Header& header);
  bool wait_for_room(runtime::Connection& connection);

  const std::shared_ptr<EndpointState> state_;
  ViewCache views_;
  LookAhead ahead_;
  std::size_t wanted_ = 0;  // how long the input must be before another look at it makes sense
  ListProgress list_progress_;
  bool broken_ = false;
  bool authenticated_ = false;
  bool interest_byte_may_follow_ = false;
  security::Subject subject_;
  std::string mechanism_;
  std::unique_ptr<security::SaslExchange> exchange_;
  std::unique_ptr<Streams> streams_;
  std::shared_ptr<EventChannel> events_;
  std::vector<std::shared_ptr<ClientListener>> listeners_;
};

}  // namespace holdfast::hotrod
