#include "cluster/multicast_message.h"

namespace holdfast::cluster {
namespace {

constexpr BytesView kMagic = "HFMC";
constexpr std::uint8_t kVersion = 1;

}  // namespace

void append_multicast_message(Bytes& out, const MulticastMessage& message) {
  out.append(kMagic);
  append_u8(out, kVersion);
  append_u8(out, message.asks);
  append_array(out, message.cluster);
  append_node(out, message.node);
}

/// What a later version appends is passed over.
std::optional<MulticastMessage> read_multicast_message(BytesView datagram) {
  Reader in(datagram);
  if (in.bytes(kMagic.size()) != kMagic || in.u8() < kVersion) return std::nullopt;
  MulticastMessage message;
  message.asks = in.u8() != 0;
  message.cluster = in.array();
  message.node = read_node(in);
  if (!in.ok() || message.node.address.name.empty() || message.node.port == 0) return std::nullopt;
  return message;
}

}  // namespace holdfast::cluster
