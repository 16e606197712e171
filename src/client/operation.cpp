#include "client/operation.h"

namespace holdfast::client {

const std::vector<std::uint32_t>* owners_of(const Request& request, const Table& table) {
  if (!request.keyed || table.owners.empty()) return nullptr;
  const auto slice = static_cast<std::uint32_t>(((std::uint64_t{1} << 31) + table.owners.size() - 1) / table.owners.size());
  return &table.owners[request.segment_hash / slice];
}

}  // namespace holdfast::client
