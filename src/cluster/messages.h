// What nodes say to each other about membership. One message, one frame on the wire (docs/protocols/cluster.md).
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: read_message() gives nothing for bytes that are none.
#pragma once

#include <optional>
#include <vector>

#include "model/view.h"

namespace holdfast::cluster {

enum class MessageKind : std::uint8_t {
  heartbeat,  // I am here; `stamp` is my clock, `unheard` the members that I do not hear
  ack,        // I heard your heartbeat `stamp`: you hold my part of your lease
  join,       // take me in: `node`; `linked` are the members that I reach
  merge,      // my view is `proposed`; take us in
  propose,    // will you follow me into `proposed`?
  promise,    // I will, and support nobody whom it leaves out; the leases that I gave those end within `lease_left`
  refuse,     // I will not; `stamp` is the highest number that I promised
  install,    // `proposed` is the view now
  leave,      // I go; my data is handed over
  excluded,   // you are no member of `proposed`, which followed the view that you are in
};

struct Message {
  MessageKind kind = MessageKind::heartbeat;
  ViewId view;                   // that the sender is in; of promise and refuse: the proposal's
  std::uint64_t stamp = 0;       // of heartbeat and ack: nanoseconds of the heartbeat's sender
  std::uint64_t lease_left = 0;  // nanoseconds
  std::vector<Address> unheard;
  std::vector<Address> linked;
  NodeInfo node;
  View proposed;
  bool merged = false;           // of propose and install: it unites views that went their own ways
  friend bool operator==(const Message&, const Message&) = default;
};

void append_message(Bytes& out, const Message& message);
std::optional<Message> read_message(Reader& in);

}  // namespace holdfast::cluster
