// What clients learn of the cluster: its servers and who owns which segment. Local caches tell nothing.
//
// Owner: the provider owns its views; a view is immutable.  Threads: any.  Waits: never.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/hotrod_protocol.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

using TopologyView = engine::ClientTopology;

class TopologyProvider {
 public:
  virtual ~TopologyProvider() = default;
  /// Null: the cache tells none ("" = the default cache).
  virtual std::shared_ptr<const TopologyView> topology_of(std::string_view cache) const = 0;
};

/// What the server's cluster says.
std::shared_ptr<const TopologyProvider> cluster_topology(server::Dispatcher& dispatcher);

/// The topology block of a response; `intelligence` is the client's, 2 or 3.
void append_topology(Bytes& out, const TopologyView& view, Intelligence intelligence);

}  // namespace holdfast::hotrod
