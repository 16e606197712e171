// Inbound: a connection that a peer opened to us: its hello, its membership messages, its requests.
//
// Owner: the connection.  Threads: the connection's loop.  Waits: never; each request runs in a fiber of its own.
// Fails with: a malformed frame, another cluster or another product close the connection with one line in the log for
// each host and minute.
#pragma once

#include <memory>

#include "cluster/frame.h"
#include "cluster/messages.h"
#include "cluster/node.h"

namespace holdfast::cluster {

/// What a connection asks of its node. Any loop.
class InboundOwner {
 public:
  virtual ~InboundOwner() = default;
  virtual runtime::Runtime& runtime() = 0;
  virtual Hello hello(bool control) = 0;
  /// `answered` is who we said we are. False: refused (told in the log), or we are somebody else by now; the connection closes.
  virtual bool admit(const Hello& hello, const Address& answered, const runtime::ConnectionPtr& connection) = 0;
  /// What connected from `host` was closed: it is no node, or broke the rules.
  virtual void on_stranger(const std::string& host, const std::string& sentence) = 0;
  virtual void on_membership(const NodeInfo& from, Message message) = 0;
  virtual Result<Bytes> on_request(const Address& from, Method method, BytesView body) = 0;
};

std::unique_ptr<runtime::Handler> make_inbound_handler(std::shared_ptr<InboundOwner> owner);

}  // namespace holdfast::cluster
