// What nodes say to each other about caches: the bodies of cluster requests (cluster/node.h), by method.
//
// Owner: values; the views in a request borrow its body.  Threads: as values.  Waits: never.
// Fails with: read functions give nothing for bytes that are none.
#pragma once

#include <optional>
#include <vector>

#include "cluster/node.h"
#include "engine/cluster.h"
#include "engine/clustered/tombstones.h"
#include "model/cache_topology.h"
#include "model/mutation.h"

namespace holdfast::engine::clustered {

namespace method {
inline constexpr cluster::Method kWrite = 10;      // WriteRequest -> Outcome
inline constexpr cluster::Method kRead = 11;       // ReadRequest -> nothing or Entry
inline constexpr cluster::Method kBackup = 12;     // PendingWrite behind a ReplicaHeader -> nothing
inline constexpr cluster::Method kWatermark = 13;  // one way: Watermarks
inline constexpr cluster::Method kCollect = 14;    // ReplicaHeader -> Collected
inline constexpr cluster::Method kFetch = 15;      // FetchRequest -> FetchChunk
inline constexpr cluster::Method kEntries = 16;    // ReplicaHeader, of a segment's primary -> FetchChunk without a session
inline constexpr cluster::Method kJoin = 17;       // JoinRequest, to the coordinator -> nothing
inline constexpr cluster::Method kInstall = 18;    // cache name, CacheTopology, of the coordinator -> nothing
inline constexpr cluster::Method kConfirm = 19;    // cache name, topology id, to the coordinator
inline constexpr cluster::Method kStatus = 20;     // nothing -> every cache's JoinRequest and topology
inline constexpr cluster::Method kLeave = 21;      // nothing, to the coordinator -> nothing, when every cache is handed over
inline constexpr cluster::Method kChange = 23;     // DefinitionChange, to the coordinator -> nothing, when every node has it
inline constexpr cluster::Method kApply = 24;      // DefinitionChange, of the coordinator -> nothing
inline constexpr cluster::Method kReconcile = 25;  // the sender's DefinitionChanges, to the coordinator -> the cluster's
inline constexpr cluster::Method kEndpoint = 26;   // host, port: where clients find the sender -> nothing
inline constexpr cluster::Method kSize = 22;       // ReplicaHeader -> how many live entries the node is primary of (8 bytes)
inline constexpr cluster::Method kInterest = 27;   // Interest -> nothing
inline constexpr cluster::Method kEvent = 28;      // an event of a primary -> nothing, when the listeners have heard it
inline constexpr cluster::Method kTouch = 29;      // TouchRequest, of a primary -> nothing
inline constexpr cluster::Method kStatistics = 30; // ReplicaHeader -> statistics of the node
inline constexpr cluster::Method kClear = 31;      // ClearRequest, to a segment's primary -> nothing
inline constexpr cluster::Method kAskAll = 32;     // what every node is asked to do, a byte -> nothing
inline constexpr cluster::Method kReserve = 33;    // ReserveRequest, to a key's primary -> nothing or Entry
}  // namespace method

/// The same on every retry of one operation.
struct InvocationId {
  Address originator;
  std::uint64_t counter = 0;  // 0 = none
  /// Of a client that repeats its writes itself; its originator is no member.
  static InvocationId of_client(const RepeatId& id) { return {{kClientMark + Bytes(id.client), 0}, id.number}; }
  bool by_client() const { return originator.name.starts_with(kClientMark); }
  static constexpr char kClientMark = '\0';  // no node's name begins with it
  friend auto operator<=>(const InvocationId&, const InvocationId&) = default;
};

struct WriteRequest {
  std::string cache;
  std::uint32_t epoch = 0;
  InvocationId invocation;
  std::uint64_t done_mark = 0;  // the originator retries nothing below
  Mutation mutation;            // borrows the body
};

struct ClearRequest {
  std::string cache;
  std::uint32_t epoch = 0;
  std::uint32_t segment = 0;
  InvocationId invocation;
  std::uint64_t done_mark = 0;  // the originator retries nothing below
  bool silent = false;          // listeners do not hear of it
};

struct ReadRequest {
  std::string cache;
  std::uint32_t epoch = 0;
  Bytes key;
  bool any_owner = false;       // else only the primary answers
};

/// Nobody else writes the key until the invocation's write has come, or a moment has passed.
struct ReserveRequest {
  std::string cache;
  std::uint32_t epoch = 0;
  InvocationId invocation;
  bool holds = true;            // false: it needs the key no more
  Bytes key;
};

/// A write as backups know it.
struct PendingWrite {
  Version version = 0;
  bool removes = false;
  bool expires = false;         // it removes what is over
  bool silent = false;          // listeners do not hear of it
  Bytes key, value;
  Expiration expiration;
  TimeMs created_ms = 0;
  InvocationId invocation;
  Outcome outcome;  // what its originator is told
};

struct ReplicaHeader {
  std::string cache;
  std::uint32_t epoch = 0;
  std::uint32_t segment = 0;
  Version watermark = 0;        // every write up to it is committed
  Address originator;           // whose done mark follows
  std::uint64_t done_mark = 0;
};

/// What is committed, of several segments at once.
struct Watermarks {
  std::string cache;
  std::vector<std::pair<std::uint32_t, Version>> of_segments;
};

/// What an owner knows of a segment that gets a new primary.
struct Collected {
  Version last = 0;  // the highest version that it has seen
  std::vector<PendingWrite> pending;
};

struct FetchRequest {
  std::string cache;
  std::uint32_t epoch = 0;
  std::uint32_t segment = 0;
  std::uint64_t session = 0;    // 0 = from the beginning
};
struct FetchChunk {
  std::uint64_t session = 0;    // to go on with; 0 = that was all
  Version last = 0;
  std::vector<Entry> entries;
  std::vector<std::pair<InvocationId, Outcome>> results;
  std::vector<std::pair<Address, std::uint64_t>> done_marks;
  std::vector<Removal> removals;
};

/// What the listeners of the sender want to hear: bits of event kinds.
struct Interest {
  std::string cache;
  std::uint64_t generation = 0;  // a later one replaces an earlier one
  std::uint32_t kinds = 0, pre_kinds = 0;
};
/// An event on its way; what event() shows borrows from it.
struct EventMessage {
  std::string cache;
  EventKind kind = EventKind::created;
  bool pre = false, retried = false;
  Bytes key, value;
  Metadata metadata;
  std::optional<Entry> previous;
  Event event() const;
};

struct TouchRequest {
  std::string cache;
  std::uint32_t epoch = 0;
  Bytes key;
  TimeMs used_ms = 0;
};

/// What a node says of a cache that it starts.
struct JoinRequest {
  std::string cache;
  std::uint32_t segments = 0, owners = 0;
  bool replicated = false;
  std::string factory;          // "" = the default
  double capacity_factor = 1;
  /// What must be the same on all nodes, by name. The fields above, but the node's own capacity factor, are among them.
  std::vector<std::pair<std::string, std::string>> settings;
};
struct CacheStatus {
  JoinRequest join;
  CacheTopology topology;
};

void append_write(Bytes& out, const WriteRequest& request);
std::optional<WriteRequest> read_write(BytesView body);
void append_outcome(Bytes& out, const Outcome& outcome);
std::optional<Outcome> read_outcome(Reader& in);
void append_clear(Bytes& out, const ClearRequest& request);
std::optional<ClearRequest> read_clear(BytesView body);
void append_read(Bytes& out, const ReadRequest& request);
std::optional<ReadRequest> read_read(BytesView body);
void append_reserve(Bytes& out, const ReserveRequest& request);
std::optional<ReserveRequest> read_reserve(BytesView body);
void append_entry(Bytes& out, const EntryView& entry);
std::optional<Entry> read_entry(Reader& in);
void append_header(Bytes& out, const ReplicaHeader& header);
std::optional<ReplicaHeader> read_header(Reader& in);
void append_pending(Bytes& out, const PendingWrite& write);
std::optional<PendingWrite> read_pending(Reader& in);
void append_watermarks(Bytes& out, const Watermarks& marks);
std::optional<Watermarks> read_watermarks(BytesView body);
void append_collected(Bytes& out, const Collected& collected);
std::optional<Collected> read_collected(BytesView body);
void append_fetch(Bytes& out, const FetchRequest& request);
std::optional<FetchRequest> read_fetch(BytesView body);
void append_chunk(Bytes& out, const FetchChunk& chunk);
std::optional<FetchChunk> read_chunk(BytesView body);
void append_interest(Bytes& out, const Interest& interest);
std::optional<Interest> read_interest(BytesView body);
void append_event(Bytes& out, const std::string& cache, const Event& event, bool retried);
std::optional<EventMessage> read_event(BytesView body);
void append_touch(Bytes& out, const TouchRequest& touch);
std::optional<TouchRequest> read_touch(BytesView body);
void append_statistics(Bytes& out, const StatisticsSnapshot& s);
std::optional<StatisticsSnapshot> read_statistics(BytesView body);
void append_change(Bytes& out, const DefinitionChange& change);
std::optional<DefinitionChange> read_change(Reader& in);
void append_join(Bytes& out, const JoinRequest& join);
std::optional<JoinRequest> read_join(Reader& in);

}  // namespace holdfast::engine::clustered
