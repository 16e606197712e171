#include "server/cluster_setup.h"

#include <algorithm>
#include <charconv>

namespace holdfast::server {
namespace {

constexpr std::uint16_t kClusterPort = 7800;
constexpr std::uint32_t kPortRange = 100;        // ports tried upwards when one is taken
constexpr std::uint32_t kSameHostRange = 9;      // ports above the first at which nodes of this host are looked for
constexpr const char* kDefaultCluster = "ISPN";  // the original's channel name

bool is_clustered(const ContainerConfiguration& c) {
  const auto needs_cluster = [](const auto& entry) { return entry.second.mode != CacheMode::local; };
  return !c.cluster_name.empty() || !c.stack.empty() || !c.stacks.empty() || std::any_of(c.caches.begin(), c.caches.end(), needs_cluster);
}

std::string property(const ClusterSetup& setup, const char* name, const char* fallback) {
  return setup.property ? setup.property(name).value_or(fallback) : std::string(fallback);
}

Result<std::uint16_t> port_of(std::string_view text, const std::string& where) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return Error(Errc::invalid_configuration, where + ": '" + std::string(text) + "' is no port");
  return port;
}

Result<Duration> milliseconds_of(std::string_view text, const std::string& where) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || ms < 0) return Error(Errc::invalid_configuration, where + ": '" + std::string(text) + "' is no number of milliseconds");
  return Duration(std::chrono::milliseconds(ms));
}

/// "host[7800],other[7801]" as TCPPING writes it; a host alone has the default port.
Result<std::vector<runtime::Endpoint>> hosts_of(const std::string& list) {
  std::vector<runtime::Endpoint> hosts;
  std::size_t begin = 0;
  while (begin < list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string item = list.substr(begin, end - begin);
    begin = end + 1;
    std::erase(item, ' ');
    if (item.empty()) continue;
    runtime::Endpoint host{item, kClusterPort};
    if (const auto bracket = item.find('['); bracket != std::string::npos) {
      host.host = item.substr(0, bracket);
      const auto close = std::min(item.find(']', bracket), item.size());
      HF_ASSIGN(host.port, port_of(std::string_view(item).substr(bracket + 1, close - bracket - 1), "TCPPING initial_hosts"));
    }
    hosts.push_back(std::move(host));
  }
  return hosts;
}

/// The stack that <transport> names, where it is written in the file; null for the built-in ones.
const StackConfiguration* stack_of(const ContainerConfiguration& c) {
  const auto at = std::find_if(c.stacks.begin(), c.stacks.end(), [&](const StackConfiguration& s) { return s.name == c.stack; });
  return at == c.stacks.end() ? nullptr : &*at;
}

Status add_discovery(const ClusterSetup& setup, engine::clustered::ClusterEngineOptions& options, Logger& log) {
  const NodeInfo& self = options.node.membership.self;
  if (const StackConfiguration* stack = stack_of(*setup.container)) {
    for (const ElementConfiguration& protocol : stack->protocols) {
      const auto hosts = protocol.attributes.find("initial_hosts");
      if (hosts == protocol.attributes.end()) continue;
      HF_ASSIGN(std::vector<runtime::Endpoint> endpoints, hosts_of(hosts->second));
      std::uint32_t range = 0;
      if (const auto at = protocol.attributes.find("port_range"); at != protocol.attributes.end()) {
        HF_ASSIGN(const std::uint16_t ports, port_of(at->second, protocol.name + " port_range"));
        range = ports;
      }
      options.node.discovery.push_back(cluster::make_static_discovery(std::move(endpoints), range));
    }
  }
  if (options.node.discovery.empty()) {
    const std::uint16_t first = kClusterPort;
    log.info("cluster", "looking for other nodes on " + self.host + ", ports " + std::to_string(first) + " to " + std::to_string(first + kSameHostRange) +
                            "; name nodes of other hosts in a stack with TCPPING initial_hosts");
    options.node.discovery.push_back(cluster::make_static_discovery({{self.host, first}}, kSameHostRange));
  }
  return success();
}

}  // namespace

Result<std::optional<engine::clustered::ClusterEngineOptions>> cluster_options(const ClusterSetup& setup, Logger& log) {
  const ContainerConfiguration& c = *setup.container;
  if (!is_clustered(c)) return std::optional<engine::clustered::ClusterEngineOptions>();
  engine::clustered::ClusterEngineOptions options;
  options.node.cluster_name = c.cluster_name.empty() ? kDefaultCluster : c.cluster_name;
  options.node.port_range = kPortRange;
  NodeInfo& self = options.node.membership.self;
  self.address.name = setup.node_name;
  HF_ASSIGN(self.host, pick_address(interface_of(property(setup, "jgroups.bind.address", "127.0.0.1")), setup.machine_addresses));
  HF_ASSIGN(const std::uint16_t port, port_of(property(setup, "jgroups.bind.port", "7800"), "jgroups.bind.port"));
  self.port = static_cast<std::uint16_t>(port + setup.port_offset);
  self.site = c.transport.site;
  self.rack = c.transport.rack;
  self.machine = c.transport.machine;
  self.zero_capacity = c.zero_capacity_node;
  if (const std::string wait = property(setup, "jgroups.join_timeout", ""); !wait.empty()) {
    HF_ASSIGN(const Duration join_wait, milliseconds_of(wait, "jgroups.join_timeout"));
    options.node.membership.join_wait = std::min(options.node.membership.join_wait, join_wait);
  }
  if (const std::string wait = property(setup, "infinispan.stagger.delay", ""); !wait.empty()) {
    HF_ASSIGN(options.read_stagger, milliseconds_of(wait, "infinispan.stagger.delay"));
  }
  options.initial_cluster_size = c.transport.initial_cluster_size;
  options.initial_cluster_timeout_ms = c.transport.initial_cluster_timeout_ms;
  HF_TRY(add_discovery(setup, options, log));
  return std::optional(std::move(options));
}

}  // namespace holdfast::server
