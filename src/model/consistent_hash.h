// ConsistentHash: which nodes own each segment, in order; the first is the primary. An immutable table: topology/ makes
// them, everyone else reads them.
//
// Owner: values; share them as std::shared_ptr<const ConsistentHash>.  Threads: any (immutable).  Waits: never.
// Fails with: read() gives nothing for bytes that are no table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/varint.h"
#include "model/address.h"

namespace holdfast {

/// A position in ConsistentHash::members().
using NodeIndex = std::uint16_t;
inline constexpr NodeIndex kNoNode = 0xffff;
inline constexpr std::size_t kMembersMax = 4096;
inline constexpr std::size_t kSegmentsMax = 1 << 16;

/// A node as placement sees it.
struct HashMember {
  Address address;
  double capacity_factor = 1;  // >= 0; 0 owns nothing (H-05)
  std::string site, rack, machine;  // "" = not said (H-08)
  friend bool operator==(const HashMember&, const HashMember&) = default;
};

class ConsistentHash {
 public:
  using Owners = std::vector<NodeIndex>;

  ConsistentHash() = default;
  /// One list of owners per segment, each index below members.size(), none twice in a list.
  ConsistentHash(std::vector<HashMember> members, const std::vector<Owners>& owners);

  const std::vector<HashMember>& members() const { return members_; }
  std::uint32_t segments() const { return static_cast<std::uint32_t>(starts_.size()) - 1; }
  /// May be empty: then the segment's data is lost, or it never had an owner.
  std::span<const NodeIndex> owners(std::uint32_t segment) const {
    return {owners_.data() + starts_[segment], owners_.data() + starts_[segment + 1]};
  }
  NodeIndex primary(std::uint32_t segment) const {
    const auto list = owners(segment);
    return list.empty() ? kNoNode : list.front();
  }
  bool owns(NodeIndex node, std::uint32_t segment) const;
  /// kNoNode when the node is no member.
  NodeIndex index_of(const Address& address) const;
  /// Per member: how many segments it owns, and of how many it is the primary.
  std::vector<std::uint32_t> owned_counts() const;
  std::vector<std::uint32_t> primary_counts() const;

  void append(Bytes& out) const;
  static std::optional<ConsistentHash> read(Reader& in);

  friend bool operator==(const ConsistentHash&, const ConsistentHash&) = default;

 private:
  std::vector<HashMember> members_;
  std::vector<std::uint32_t> starts_{0};  // segments + 1 positions in owners_
  std::vector<NodeIndex> owners_;
};

}  // namespace holdfast
