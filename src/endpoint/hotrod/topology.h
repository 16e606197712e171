// What clients learn of the cluster: its servers and who owns which segment. Local caches tell nothing.
//
// Owner: the provider owns its views; a view is immutable.  Threads: any.  Waits: never.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

struct TopologyView {
  struct Server {
    std::string host;
    std::uint16_t port = 0;
  };
  std::uint32_t id = 0;  // differs whenever servers or owners differ; the same on every node
  std::vector<Server> servers;
  /// By segment: indexes of servers, the primary owner first. Empty = no hash (invalidation caches).
  std::vector<std::vector<std::uint32_t>> owners;
};

class TopologyProvider {
 public:
  virtual ~TopologyProvider() = default;
  /// Null: the cache tells none ("" = the default cache).
  virtual std::shared_ptr<const TopologyView> topology_of(std::string_view cache) const = 0;
};

/// The topology block of a response; `intelligence` is the client's, 2 or 3.
void append_topology(Bytes& out, const TopologyView& view, std::uint8_t intelligence);

}  // namespace holdfast::hotrod
