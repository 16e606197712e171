// The codec of our Hot Rod client: requests to bytes, bytes to responses. No connection, no state.
//
// Owner: values.  Threads: any.  Waits: never.
// Fails with: decode() tells "more bytes" from "no Hot Rod response"; what it allocates is bounded by what it was given.
#pragma once

#include <holdfast/detail/entry_view.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "client/protocol.h"
#include "runtime/net.h"

namespace holdfast::client {

struct RequestHead {
  std::uint64_t message_id = 0;
  std::uint8_t version = kFirstVersion;
  Op op = Op::ping;
  BytesView cache{};
  std::uint32_t flags = 0;
  Intelligence intelligence = Intelligence::basic;
  std::uint32_t topology_id = 0xffffffffU;  // "none yet"
};

/// Appends the head; the body follows directly.
void append_head(Bytes& out, const RequestHead& head);
/// -1 = no limit.
void append_expiration(Bytes& out, const Expiration& expiration);

using Parameters = std::vector<std::pair<std::string, Bytes>>;
void append_parameters(Bytes& out, const Parameters& parameters);

/// The servers and who owns what, as a response may bring it.
struct Topology {
  std::uint32_t id = 0;
  std::vector<runtime::Endpoint> servers;
  std::vector<std::vector<std::uint32_t>> owners;  // by segment: indexes into servers, the primary first; empty = unknown
  friend bool operator==(const Topology&, const Topology&) = default;
};

/// One response; which fields say something depends on the operation.
struct Response {
  std::uint64_t message_id = 0;
  std::uint8_t op = 0;
  ResponseStatus status = ResponseStatus::success;
  std::optional<Topology> topology;
  std::optional<Bytes> value;                     // the value, the previous one, a task's answer, an error's text, a challenge
  Metadata metadata;                              // with get_with_metadata and previous values; lifespans in whole seconds
  std::uint64_t number = 0;                       // size
  bool complete = false;                          // authentication has ended
  std::vector<std::pair<Bytes, Bytes>> pairs;     // statistics, entries
  std::vector<std::string> names;                 // mechanisms
  std::uint8_t server_version = 0;                // ping

  bool is_error() const { return op == kErrorResponse; }
};

enum class Decoded : std::uint8_t { whole, incomplete, malformed };

struct DecodeResult {
  Decoded state;
  std::size_t bytes;  // whole: of the response. incomplete: how many there must be at least
};

/// Decodes the response at the beginning of the input. `version` is that of its request; `intelligence` too.
DecodeResult decode(BytesView input, std::uint8_t version, Intelligence intelligence, Response& response);

}  // namespace holdfast::client
