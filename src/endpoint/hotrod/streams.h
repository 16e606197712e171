// Streams: large values that travel in pieces (4.1). What is read was copied at the start; what is written becomes
// visible with its last piece, all at once.
//
// Owner: a session.  Threads: the connection's loop.  Waits: never.
// Fails with: invalid_argument (unknown id), exhausted (too many streams), too_large.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "endpoint/hotrod/wire.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

struct GetStream {
  Bytes value;
  std::size_t at = 0;
  std::size_t batch = 0;
};

struct PutStream {
  server::CacheView view;
  Bytes key;
  Bytes value;
  WireExpiration expiration;
  std::int64_t version = 0;  // 0 = put, below = if absent, above = if unmodified
  std::uint32_t flags = 0;
};

class Streams {
 public:
  static constexpr std::size_t kStreamsMax = 64;
  static constexpr std::size_t kBytesMax = std::size_t{512} << 20;  // of all streams of one session

  Result<std::int32_t> start(GetStream stream);
  Result<std::int32_t> start(PutStream stream);
  Result<GetStream*> reading(std::int32_t id);
  Result<PutStream*> writing(std::int32_t id);
  Status append(PutStream& stream, BytesView piece);
  /// Its last piece went out. Java's client may have asked for another one by then, so until the stream ends (or 64
  /// more have finished) there is an empty piece to be had, and reading() gives a stream that has nothing left.
  void finish_reading(std::int32_t id);
  /// True when it was there.
  bool end_reading(std::int32_t id);
  /// What was written so far; the stream is over.
  std::optional<PutStream> end_writing(std::int32_t id);

 private:
  Status admit(std::size_t bytes) const;

  std::int32_t next_id_ = 1;
  std::size_t bytes_ = 0;
  std::map<std::int32_t, GetStream> reading_;
  std::deque<std::int32_t> finished_;
  GetStream nothing_left_;
  std::map<std::int32_t, PutStream> writing_;
};

}  // namespace holdfast::hotrod
