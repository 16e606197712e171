#include <cstdint>

#include "base/assert.h"
#include "engine/clustered/administration.h"

namespace {

using namespace holdfast;
using namespace holdfast::engine::clustered;

/// Whatever is read is written, and read again.
template <class Read, class Append>
void round_trip(BytesView input, Read read, Append append) {
  const auto value = read(input);
  if (!value) return;
  Bytes out;
  append(out, *value);
  HF_ASSERT(read(out).has_value());
}
template <class Read, class Append>
void round_trip_part(BytesView input, Read read, Append append) {
  round_trip(input, [&](BytesView body) { Reader in(body); return read(in); }, append);
}

}  // namespace

// The first byte chooses the message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView body(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 23) {
    case 0: round_trip(body, read_write, append_write); break;
    case 1: round_trip_part(body, read_outcome, append_outcome); break;
    case 2: round_trip(body, read_read, append_read); break;
    case 3: round_trip_part(body, read_header, append_header); break;
    case 4: round_trip_part(body, read_pending, append_pending); break;
    case 5: round_trip(body, read_fetch, append_fetch); break;
    case 6: round_trip(body, read_chunk, append_chunk); break;
    case 7: round_trip_part(body, read_join, append_join); break;
    case 8: round_trip(body, read_collected, append_collected); break;
    case 9: round_trip(body, read_watermarks, append_watermarks); break;
    case 11: round_trip(body, read_interest, append_interest); break;
    case 12: round_trip(body, read_event, [](Bytes& out, const EventMessage& m) { append_event(out, m.cache, m.event(), m.retried); }); break;
    case 13: round_trip(body, read_touch, append_touch); break;
    case 14: round_trip(body, read_statistics, append_statistics); break;
    case 15: round_trip(body, read_share, append_share); break;
    case 16: round_trip(body, read_memory, append_memory); break;
    case 17: round_trip(body, read_order, append_order); break;
    case 18: round_trip_part(body, read_switches, append_switches); break;
    case 19: round_trip(body, read_attribute, append_attribute); break;
    case 20: round_trip(body, read_reserve, append_reserve); break;
    case 21: HF_ASSERT(read_attributes(attributes_of(read_attributes(body))) == read_attributes(body)); break;
    case 22: round_trip(body, read_clear, append_clear); break;
    default: round_trip_part(body, read_change, append_change); break;
  }
  return 0;
}
