#include "model/view.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr std::uint32_t kViewMembersMax = 4096;

}  // namespace

const NodeInfo* View::find(const Address& address) const {
  const auto at = std::find_if(members.begin(), members.end(), [&](const NodeInfo& n) { return n.address == address; });
  return at == members.end() ? nullptr : &*at;
}

std::string View::to_string() const {
  if (members.empty()) return "[no view]";
  std::string out = "[" + coordinator().name + "|" + std::to_string(id.number) + "] (" + std::to_string(members.size()) + ") [";
  for (std::size_t i = 0; i < members.size(); ++i) out += (i ? ", " : "") + members[i].address.name;
  return out + "]";
}

void append_node(Bytes& out, const NodeInfo& node) {
  append_address(out, node.address);
  append_array(out, node.host);
  append_u16(out, node.port);
  append_array(out, node.site);
  append_array(out, node.rack);
  append_array(out, node.machine);
  append_u8(out, node.zero_capacity);
  append_vint(out, node.protocol);
}

NodeInfo read_node(Reader& in) {
  NodeInfo node;
  node.address = read_address(in);
  node.host = in.array();
  node.port = in.u16();
  node.site = in.array();
  node.rack = in.array();
  node.machine = in.array();
  node.zero_capacity = in.u8() != 0;
  node.protocol = in.vint();
  return node;
}

void append_view_id(Bytes& out, const ViewId& id) {
  append_vlong(out, id.number);
  append_address(out, id.creator);
}

ViewId read_view_id(Reader& in) {
  ViewId id;
  id.number = in.vlong();
  id.creator = read_address(in);
  return id;
}

void append_view(Bytes& out, const View& view) {
  append_view_id(out, view.id);
  append_vint(out, static_cast<std::uint32_t>(view.members.size()));
  for (const NodeInfo& node : view.members) append_node(out, node);
}

std::optional<View> read_view(Reader& in) {
  View view;
  view.id = read_view_id(in);
  const std::uint32_t count = in.vint();
  if (!in.ok() || count > kViewMembersMax) return std::nullopt;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    view.members.push_back(read_node(in));
    const auto& fresh = view.members.back();
    if (std::count_if(view.members.begin(), view.members.end(), [&](const NodeInfo& n) { return n.address == fresh.address; }) > 1) return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return view;
}

}  // namespace holdfast
