// Discovery: where other nodes may be found. Plug-ins by name: "static" (TCPPING's initial_hosts), "multicast" (MPING),
// "dns" (DNS_PING), "folder" (FILE_PING).
//
// Owner: ClusterNode.  Threads: the control loop; one at a time.  Waits: find() may, in a fiber.
// Fails with: find() leaves out what it cannot find and logs once per change.
#pragma once

#include <vector>

#include "model/view.h"
#include "runtime/runtime.h"

namespace holdfast::cluster {

class Discovery {
 public:
  virtual ~Discovery() = default;
  /// Where nodes may listen.
  virtual std::vector<runtime::Endpoint> find(runtime::Runtime& runtime) = 0;
  /// Makes this node known to others that look (a file, an answer to multicast).
  virtual void announce(runtime::Runtime& runtime, const NodeInfo& self, const std::string& cluster) = 0;
};

/// Each "host" or "host[port]" of a TCPPING list, and as many ports above as `port_range` says.
std::shared_ptr<Discovery> make_static_discovery(std::vector<runtime::Endpoint> hosts, std::uint32_t port_range);

}  // namespace holdfast::cluster
