#include "endpoint/hotrod/topology.h"

#include <algorithm>

#include "base/varint.h"
#include "model/hotrod_protocol.h"

namespace holdfast::hotrod {
namespace {

constexpr std::uint8_t kHashVersion = 3;
constexpr std::size_t kOwnersMax = 255;  // they are counted in one byte

class ClusterTopology final : public TopologyProvider {
 public:
  explicit ClusterTopology(server::Dispatcher& dispatcher) : dispatcher_(dispatcher) {}
  std::shared_ptr<const TopologyView> topology_of(std::string_view cache) const override { return dispatcher_.client_topology(cache); }

 private:
  server::Dispatcher& dispatcher_;
};

}  // namespace

std::shared_ptr<const TopologyProvider> cluster_topology(server::Dispatcher& dispatcher) { return std::make_shared<ClusterTopology>(dispatcher); }

void append_topology(Bytes& out, const TopologyView& view, Intelligence intelligence) {
  append_vint(out, view.id);
  append_vint(out, static_cast<std::uint32_t>(view.servers.size()));
  for (const auto& server : view.servers) {
    append_array(out, server.host);
    append_u16(out, server.port);
  }
  if (intelligence != Intelligence::hash_aware) return;
  append_u8(out, view.owners.empty() ? 0 : kHashVersion);
  append_vint(out, static_cast<std::uint32_t>(view.owners.size()));
  for (const auto& owners : view.owners) {
    // A segment whose owners are not known is written as the first server's.
    const std::size_t count = std::min(owners.size(), kOwnersMax);
    append_u8(out, static_cast<std::uint8_t>(count == 0 ? 1 : count));
    if (count == 0) append_vint(out, 0);
    for (std::size_t i = 0; i < count; ++i) append_vint(out, owners[i]);
  }
}

}  // namespace holdfast::hotrod
