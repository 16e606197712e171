// Walk: an iteration over a cache, batch by batch, over a connection of its own.
//
// When its server goes, another one goes on with the segments that were not finished; entries of those that were shown
// already are left out. That needs a topology: a cache without one (a local cache) lives on one server only.
//
// Owner: the caller.  Threads: one.  Waits: next(), until the operation's timeout.
// Fails with: as ClientCore; closed when the server of a local cache went.
#pragma once

#include <set>

#include "client/client_core.h"

namespace holdfast::client {

class Walk {
 public:
  /// `batch`: entries of an answer, at most.
  Walk(std::shared_ptr<ClientCore> core, std::shared_ptr<CacheRoute> route, std::uint32_t batch, bool with_metadata)
      : core_(std::move(core)), route_(std::move(route)), batch_(batch), with_metadata_(with_metadata) {}

  /// Replaces what is in the two; false = the end. The metadata only if asked for.
  Result<bool> next(std::vector<std::pair<Bytes, Bytes>>& entries, std::vector<Metadata>& metadata);
  /// Who shows the entries now; null = nobody.
  const runtime::Endpoint* server() const { return connection_ ? &connection_->server() : nullptr; }

 private:
  Status start();
  Result<Response> ask(Op op, Bytes body);
  bool may_go_on_elsewhere(const Error& error) const;
  void take(Response&& response, std::vector<std::pair<Bytes, Bytes>>& entries, std::vector<Metadata>& metadata);
  void finish_segments(const Bytes& bits);
  Bytes start_body() const;

  const std::shared_ptr<ClientCore> core_;
  const std::shared_ptr<CacheRoute> route_;
  const std::uint32_t batch_;
  const bool with_metadata_;
  std::shared_ptr<Connection> connection_;
  Bytes id_;
  std::vector<bool> finished_;  // by segment; empty = there are none to tell apart
  std::set<Bytes> shown_;       // of segments that are not finished
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace holdfast::client
