#include "model/consistent_hash.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assert.h"

namespace holdfast {

ConsistentHash::ConsistentHash(std::vector<HashMember> members, const std::vector<Owners>& owners) : members_(std::move(members)) {
  HF_ASSERT(members_.size() <= kMembersMax && owners.size() <= kSegmentsMax);
  starts_.reserve(owners.size() + 1);
  for (const Owners& list : owners) {
    for (const NodeIndex node : list) HF_ASSERT(node < members_.size());
    owners_.insert(owners_.end(), list.begin(), list.end());
    starts_.push_back(static_cast<std::uint32_t>(owners_.size()));
  }
}

bool ConsistentHash::owns(NodeIndex node, std::uint32_t segment) const {
  const auto list = owners(segment);
  return std::find(list.begin(), list.end(), node) != list.end();
}

NodeIndex ConsistentHash::index_of(const Address& address) const {
  const auto at = std::find_if(members_.begin(), members_.end(), [&](const HashMember& m) { return m.address == address; });
  return at == members_.end() ? kNoNode : static_cast<NodeIndex>(at - members_.begin());
}

std::vector<std::uint32_t> ConsistentHash::owned_counts() const {
  std::vector<std::uint32_t> counts(members_.size());
  for (const NodeIndex node : owners_) ++counts[node];
  return counts;
}

std::vector<std::uint32_t> ConsistentHash::primary_counts() const {
  std::vector<std::uint32_t> counts(members_.size());
  for (std::uint32_t s = 0; s < segments(); ++s) {
    if (primary(s) != kNoNode) ++counts[primary(s)];
  }
  return counts;
}

void ConsistentHash::append(Bytes& out) const {
  append_vint(out, static_cast<std::uint32_t>(members_.size()));
  for (const HashMember& member : members_) {
    append_address(out, member.address);
    append_u64(out, std::bit_cast<std::uint64_t>(member.capacity_factor));
    append_array(out, member.site);
    append_array(out, member.rack);
    append_array(out, member.machine);
  }
  append_vint(out, segments());
  for (std::uint32_t s = 0; s < segments(); ++s) {
    append_vint(out, static_cast<std::uint32_t>(owners(s).size()));
    for (const NodeIndex node : owners(s)) append_vint(out, node);
  }
}

namespace {

bool read_members(Reader& in, std::vector<HashMember>& members) {
  const std::uint32_t count = in.vint();
  if (count > kMembersMax) return false;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    HashMember member;
    member.address = read_address(in);
    member.capacity_factor = std::bit_cast<double>(in.u64());
    if (!std::isfinite(member.capacity_factor) || member.capacity_factor < 0) return false;
    member.site = in.array();
    member.rack = in.array();
    member.machine = in.array();
    members.push_back(std::move(member));
  }
  return in.ok();
}

bool read_owners(Reader& in, std::size_t members, ConsistentHash::Owners& owners) {
  const std::uint32_t count = in.vint();
  if (count > members) return false;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::uint32_t node = in.vint();
    if (node >= members || std::find(owners.begin(), owners.end(), node) != owners.end()) return false;
    owners.push_back(static_cast<NodeIndex>(node));
  }
  return in.ok();
}

}  // namespace

std::optional<ConsistentHash> ConsistentHash::read(Reader& in) {
  std::vector<HashMember> members;
  if (!read_members(in, members)) return std::nullopt;
  const std::uint32_t segments = in.vint();
  if (!in.ok() || segments > kSegmentsMax || segments > in.remaining()) return std::nullopt;
  std::vector<Owners> owners(segments);
  for (Owners& list : owners) {
    if (!read_owners(in, members.size(), list)) return std::nullopt;
  }
  return ConsistentHash(std::move(members), owners);
}

}  // namespace holdfast
