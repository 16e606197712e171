// Any bytes as a stream of responses. Properties: no crash; the whole buffer gives what byte by byte gives; what is
// decoded is no larger than what it was decoded from.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "client/codec.h"

namespace {

using namespace holdfast;
using namespace holdfast::client;

struct Walk {
  std::vector<std::size_t> sizes;
  Decoded end = Decoded::incomplete;
  friend bool operator==(const Walk&, const Walk&) = default;
};

std::size_t held_by(const Response& r) {
  std::size_t bytes = r.value ? r.value->size() : 0;
  for (const auto& [key, value] : r.pairs) bytes += 2 + key.size() + value.size();
  // A media type is a number on the wire and a text here.
  const bool ping = r.op == static_cast<std::uint8_t>(Op::ping) + 1;
  for (const auto& name : r.names) bytes += ping ? 1 : 1 + name.size();
  if (r.event) bytes += 3 + r.event->listener.size() + r.event->data.size();
  if (r.batch) bytes += r.batch->finished.size();
  if (r.topology) {
    for (const auto& server : r.topology->servers) bytes += 3 + server.host.size();
    for (const auto& owners : r.topology->owners) bytes += 1 + owners.size();
  }
  return bytes;
}

Walk walk(BytesView input, std::size_t step, std::uint8_t version, Intelligence intelligence) {
  Walk walked;
  std::size_t at = 0;
  std::size_t shown = 0;
  while (shown <= input.size()) {
    Response response;
    const BytesView window = input.substr(at, shown - at);
    const DecodeResult result = decode(window, version, intelligence, response);
    HF_ASSERT(held_by(response) <= window.size());
    walked.end = result.state;
    if (result.state == Decoded::malformed) return walked;
    if (result.state == Decoded::whole) {
      HF_ASSERT(result.bytes <= window.size());
      at += result.bytes;
      walked.sizes.push_back(result.bytes);
      continue;
    }
    HF_ASSERT(result.bytes > window.size());
    if (shown == input.size()) return walked;
    shown = std::min(input.size(), shown + step);
  }
  return walked;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto version = static_cast<std::uint8_t>((data[0] & 1) != 0 ? 40 : 31);
  const auto intelligence = static_cast<Intelligence>(1 + (data[0] >> 1) % 3);
  const BytesView input(reinterpret_cast<const char*>(data) + 1, size - 1);
  HF_ASSERT(walk(input, input.size() + 1, version, intelligence) == walk(input, 1, version, intelligence));
  return 0;
}
