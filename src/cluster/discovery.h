// Discovery: where other nodes may be found. Plug-ins by the names that stacks of protocols use: TCPPING (hosts named in the
// file), MPING and PING (a multicast group), dns.DNS_PING, FILE_PING (a shared folder). Others register theirs beside them.
//
// Owner: ClusterNode.  Threads: find(), withdraw() in a fiber of the control loop, stop() and `found` on that loop.
// Waits: start(), find(), withdraw() may.
// Fails with: make: invalid_configuration (an attribute; names it); start(): what keeps it from ever finding anybody. What comes
// and goes later is logged once per change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/registry.h"
#include "model/view.h"
#include "runtime/resolver.h"
#include "runtime/runtime.h"

namespace holdfast::cluster {

/// What a node says of itself to those that look for it.
struct Presence {
  NodeInfo node;
  std::string cluster;
  bool looking = false;  // it has no view yet, or is the coordinator: it looks for others
};

/// Called with where a node may listen; whoever answers there as a node of the same cluster is taken in.
using Found = std::function<void(const runtime::Endpoint& at)>;

class Discovery {
 public:
  virtual ~Discovery() = default;
  /// Once, before anything else. `found` may be called until stop().
  virtual Status start(runtime::Runtime& runtime, const Presence& me, Found found) = 0;
  /// Again and again: often without a view, seldom afterwards. Nodes that do not look only keep themselves findable.
  virtual void find(const Presence& me) = 0;
  /// Nobody listens there.
  virtual void refused([[maybe_unused]] const runtime::Endpoint& at) {}
  /// This node goes in an orderly manner: it should not be found any more.
  virtual void withdraw() {}
  /// No further call; sockets close.
  virtual void stop() {}
};

/// What a stack says about one protocol of discovery, and what it needs to know of the node.
struct DiscoverySettings {
  std::string protocol;                           // as the stack writes it, for messages
  std::map<std::string, std::string> attributes;
  std::string interface;                          // the numeric address that this node listens on
  std::uint16_t port = 7800;                      // where nodes listen when no port is said
  std::string folder;                             // that relative locations are in
  std::optional<std::string> group;               // the multicast group unless the protocol says it
  std::optional<std::uint16_t> group_port;
  bool optional = false;                          // other ways exist: a start that fails is a warning
};

/// Reads attributes of a protocol, and remembers which.
class DiscoveryAttributes {
 public:
  explicit DiscoveryAttributes(const DiscoverySettings& settings) : settings_(settings) {}
  std::optional<std::string> text(const std::string& name);
  Result<std::int64_t> number(const std::string& name, std::int64_t fallback, std::int64_t min, std::int64_t max);
  /// Those that nobody asked for.
  std::vector<std::string> unread() const;

 private:
  const DiscoverySettings& settings_;
  std::set<std::string> read_;
};

using DiscoveryPtr = std::shared_ptr<Discovery>;
using DiscoveryFactory = std::function<Result<DiscoveryPtr>(const DiscoverySettings& settings, DiscoveryAttributes& attributes)>;
using DiscoveryRegistry = Registry<DiscoveryFactory>;

/// Those that come with the product. Without a resolver there is no dns.DNS_PING.
DiscoveryRegistry built_in_discoveries(std::shared_ptr<runtime::Resolver> resolver);

/// Every host, and as many ports above its own as `port_range` says.
DiscoveryPtr make_static_discovery(const std::vector<runtime::Endpoint>& hosts, std::uint32_t port_range);

}  // namespace holdfast::cluster
