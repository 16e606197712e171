// View: the members of a cluster as all of them see it at one time, in the order in which they joined; the first is the
// coordinator.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: read() gives nothing for bytes that are no view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/varint.h"
#include "model/address.h"

namespace holdfast {

/// A node as the others must know it to reach it and to place data on it.
struct NodeInfo {
  Address address;
  std::string host;        // where the other nodes connect to
  std::uint16_t port = 0;
  std::string site, rack, machine;
  bool zero_capacity = false;
  std::uint32_t protocol = 1;  // the highest version of the node protocol that it speaks
  friend bool operator==(const NodeInfo&, const NodeInfo&) = default;
};

/// Numbers grow along each line of views; after a split two lines may use the same number under different creators.
struct ViewId {
  std::uint64_t number = 0;  // 0 = no view yet
  Address creator;
  friend auto operator<=>(const ViewId&, const ViewId&) = default;
};

struct View {
  ViewId id;
  std::vector<NodeInfo> members;

  bool has(const Address& address) const { return find(address) != nullptr; }
  const NodeInfo* find(const Address& address) const;
  const Address& coordinator() const { return members.front().address; }  // of a view that has members
  /// "[a|2] (3) [a, b, c]", as operators know it.
  std::string to_string() const;
  friend bool operator==(const View&, const View&) = default;
};

void append_node(Bytes& out, const NodeInfo& node);
NodeInfo read_node(Reader& in);
void append_view_id(Bytes& out, const ViewId& id);
ViewId read_view_id(Reader& in);
void append_view(Bytes& out, const View& view);
std::optional<View> read_view(Reader& in);

}  // namespace holdfast
