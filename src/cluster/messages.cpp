#include "cluster/messages.h"

namespace holdfast::cluster {
namespace {

constexpr std::uint32_t kAddressesMax = 4096;

void append_addresses(Bytes& out, const std::vector<Address>& addresses) {
  append_vint(out, static_cast<std::uint32_t>(addresses.size()));
  for (const Address& a : addresses) append_address(out, a);
}

bool read_addresses(Reader& in, std::vector<Address>& addresses) {
  const std::uint32_t count = in.vint();
  if (count > kAddressesMax) return false;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) addresses.push_back(read_address(in));
  return in.ok();
}

bool has_view(MessageKind kind) {
  return kind == MessageKind::merge || kind == MessageKind::propose || kind == MessageKind::install || kind == MessageKind::excluded;
}

bool read_proposed(Reader& in, Message& m) {
  auto view = read_view(in);
  if (!view || view->members.empty()) return false;
  m.proposed = std::move(*view);
  m.merged = in.u8() != 0;
  return in.ok();
}

bool read_body(Reader& in, Message& m) {
  switch (m.kind) {
    case MessageKind::heartbeat: m.stamp = in.u64(); return read_addresses(in, m.unheard);
    case MessageKind::ack:
    case MessageKind::refuse: m.stamp = in.u64(); return in.ok();
    case MessageKind::join: m.node = read_node(in); return read_addresses(in, m.linked);
    case MessageKind::promise: m.lease_left = in.vlong(); return in.ok();
    case MessageKind::leave: return in.ok();
    case MessageKind::merge:
    case MessageKind::propose:
    case MessageKind::install:
    case MessageKind::excluded: return read_proposed(in, m);
  }
  return false;
}

}  // namespace

void append_message(Bytes& out, const Message& m) {
  append_u8(out, static_cast<std::uint8_t>(m.kind));
  append_view_id(out, m.view);
  switch (m.kind) {
    case MessageKind::heartbeat:
      append_u64(out, m.stamp);
      append_addresses(out, m.unheard);
      break;
    case MessageKind::ack:
    case MessageKind::refuse: append_u64(out, m.stamp); break;
    case MessageKind::join:
      append_node(out, m.node);
      append_addresses(out, m.linked);
      break;
    case MessageKind::promise: append_vlong(out, m.lease_left); break;
    default:
      if (!has_view(m.kind)) break;
      append_view(out, m.proposed);
      append_u8(out, m.merged);
  }
}

std::optional<Message> read_message(Reader& in) {
  Message m;
  const std::uint8_t kind = in.u8();
  if (!in.ok() || kind > static_cast<std::uint8_t>(MessageKind::excluded)) return std::nullopt;
  m.kind = static_cast<MessageKind>(kind);
  m.view = read_view_id(in);
  if (!in.ok() || !read_body(in, m)) return std::nullopt;
  return m;
}

}  // namespace holdfast::cluster
