// The pieces that Hot Rod messages are made of: headers, expirations, metadata, media types, bit sets.
//
// Owner: decoded views borrow from the input.  Threads: any.  Waits: never.
// Fails with: the Reader's state; a malformed piece fails it for good.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/function.h"
#include "base/varint.h"
#include "model/hotrod_protocol.h"
#include "media/media_type.h"
#include "model/entry.h"
#include "model/repeat_id.h"

namespace holdfast::hotrod {

struct Header {
  std::uint64_t message_id = 0;
  std::uint8_t version = 0;
  std::uint8_t op = 0;
  Intelligence intelligence = Intelligence::basic;
  std::uint32_t flags = 0;
  std::uint32_t topology_id = 0;
  BytesView cache;
  BytesView media;  // key and value media type as sent; empty before 2.8
  BytesView addressee;  // the bytes behind the operation, up to the parameters
  RepeatId repeat;
};

/// What is wrong with a header, in the order in which it can be seen.
enum class HeadFault : std::uint8_t { none, incomplete, magic, version, malformed };

/// Magic, message id, version, operation. Nothing behind them can be understood unless these are.
HeadFault read_head(Reader& in, Header& header);
/// The rest of the header, but for its parameters; `input` is what the reader reads.
void read_addressee(Reader& in, BytesView input, Header& header);
/// From 4.0 on there are some behind the addressee.
void read_parameters(Reader& in, Header& header);

std::pair<media::MediaType, media::MediaType> media_types_of(BytesView media);
/// An empty type is written as application/x-unknown's id: it leaves the client its own marshaller.
void append_media_type(Bytes& out, const media::MediaType& type);

/// Lifespan and max-idle; an absent one takes the cache's default. Needs version and flags of the header; `now_ms` is
/// asked when an absolute time of a version before 3.0 has to become a duration.
struct WireExpiration {
  std::optional<TimeMs> lifespan_ms;
  std::optional<TimeMs> max_idle_ms;
};
WireExpiration read_expiration(Reader& in, const Header& header, FunctionRef<TimeMs()> now_ms);

void append_response_head(Bytes& out, std::uint64_t message_id, std::uint8_t op, ResponseStatus status, bool with_topology = false);
void append_metadata(Bytes& out, const Metadata& metadata);
/// The previous value of an answer; null = there was none.
void append_previous(Bytes& out, std::uint8_t version, const Entry* previous);

/// java.util.BitSet's bytes, in which segments and bloom filters travel.
std::vector<bool> bits_of(BytesView bytes, std::size_t size);
Bytes bytes_of(const std::vector<bool>& bits);

}  // namespace holdfast::hotrod
