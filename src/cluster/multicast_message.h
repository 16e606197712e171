// What nodes say on the multicast group of discovery: one datagram each (docs/protocols/cluster.md).
//
// Owner: values.  Threads: as values.  Waits: never.
// Fails with: read_multicast_message() gives nothing for a datagram that is none.
#pragma once

#include <optional>
#include <string>

#include "model/view.h"

namespace holdfast::cluster {

struct MulticastMessage {
  bool asks = false;    // the sender looks for others: those that look too answer it
  std::string cluster;
  NodeInfo node;        // of the sender
  friend bool operator==(const MulticastMessage&, const MulticastMessage&) = default;
};

void append_multicast_message(Bytes& out, const MulticastMessage& message);
std::optional<MulticastMessage> read_multicast_message(BytesView datagram);

}  // namespace holdfast::cluster
