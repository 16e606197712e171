// The codec of our Hot Rod client: requests to bytes, bytes to responses. No connection, no state.
//
// Owner: values.  Threads: any.  Waits: never.
// Fails with: decode() tells "more bytes" from "no Hot Rod response"; what it allocates is bounded by what it was given.
#pragma once

#include <holdfast/detail/entry_view.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "client/protocol.h"
#include "model/repeat_id.h"
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
  RepeatId repeat{};
};

/// Appends the head; the body follows directly.
void append_head(Bytes& out, const RequestHead& head);
/// How long an entry is to live, in milliseconds: nothing = what the cache's configuration says, -1 = no limit.
struct RequestedLifetime {
  std::optional<TimeMs> lifespan_ms;
  std::optional<TimeMs> max_idle_ms;
};
void append_lifetime(Bytes& out, const RequestedLifetime& lifetime);

using Parameters = std::vector<std::pair<std::string, Bytes>>;
void append_parameters(Bytes& out, const Parameters& parameters);

/// The servers and who owns what, as a response may bring it.
struct Topology {
  std::uint32_t id = 0;
  std::vector<runtime::Endpoint> servers;
  std::vector<std::vector<std::uint32_t>> owners;  // by segment: indexes into servers, the primary first; empty = unknown
  friend bool operator==(const Topology&, const Topology&) = default;
};

/// What a listener is told.
struct EventBody {
  Bytes listener;
  bool custom = false;     // `data` is what a converter made, otherwise the key
  bool repeated = false;   // may have been told before
  Bytes data;
  Version version = 0;     // of created and modified
};

/// A batch of an iteration.
struct IterationBatch {
  Bytes finished;          // a bit for each segment of which everything has been shown, the lowest bit first
  std::vector<Metadata> metadata;  // of each of Response::pairs, if asked for
};

/// One response, or an event; which fields say something depends on the operation.
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
  std::vector<std::string> names;                 // mechanisms; of a ping the media types of the cache's keys and values
  std::uint8_t server_version = 0;                // ping
  bool knows_repeats = false;                     // ping
  std::unique_ptr<EventBody> event;
  std::unique_ptr<IterationBatch> batch;

  bool is_error() const { return op == kErrorResponse; }
  /// Nobody asked for it.
  bool is_event() const { return op >= static_cast<std::uint8_t>(EventOp::created) && op <= static_cast<std::uint8_t>(EventOp::expired); }
};

enum class Decoded : std::uint8_t { whole, incomplete, malformed };

struct DecodeResult {
  Decoded state;
  std::size_t bytes;  // whole: of the response. incomplete: how many there must be at least
};

/// Decodes the response at the beginning of the input. `version` is that of its request; `intelligence` too.
DecodeResult decode(BytesView input, std::uint8_t version, Intelligence intelligence, Response& response);

}  // namespace holdfast::client
