#include "server/cluster_setup.h"

#include <algorithm>
#include <charconv>

#include "server/cluster_stack.h"

namespace holdfast::server {
namespace {

constexpr std::int64_t kClusterPort = 7800;
constexpr std::int64_t kPortRange = 100;         // ports tried upwards when one is taken
constexpr std::int64_t kPortRangeMax = 10'000;
constexpr std::int64_t kSameHostRange = 9;       // ports above the first at which nodes of this host are looked for
constexpr const char* kDefaultCluster = "ISPN";  // the original's channel name
constexpr std::string_view kTransports[] = {"TCP", "TCP_NIO2", "UDP"};
constexpr std::string_view kFailureDetectors[] = {"FD_ALL", "FD_ALL2", "FD_ALL3"};
constexpr std::int64_t kMillisecondsMax = 24 * 3600 * 1000;
constexpr std::int64_t kHeartbeats = 4;          // in one lease

using Attributes = std::map<std::string, std::string>;

template <std::size_t N>
bool is_one_of(const std::string& name, const std::string_view (&all)[N]) {
  return std::find(std::begin(all), std::end(all), name) != std::end(all);
}

bool is_clustered(const ContainerConfiguration& c) {
  const auto needs_cluster = [](const auto& entry) { return entry.second.mode != CacheMode::local; };
  return !c.cluster_name.empty() || !c.stack.empty() || !c.stacks.empty() || std::any_of(c.caches.begin(), c.caches.end(), needs_cluster);
}

/// One container's way from words to options. What is said in the stack counts before properties.
class Setup {
 public:
  Setup(const ClusterSetup& setup, Logger& log) : setup_(setup), container_(*setup.container), log_(log) {}

  Result<engine::clustered::ClusterEngineOptions> make() {
    HF_ASSIGN(stack_, resolve_stack(container_.stack, container_.stacks, *setup_.discoveries));
    options_.node.cluster_name = container_.cluster_name.empty() ? kDefaultCluster : container_.cluster_name;
    options_.initial_cluster_size = container_.transport.initial_cluster_size;
    options_.initial_cluster_timeout_ms = container_.transport.initial_cluster_timeout_ms;
    NodeInfo& self = options_.node.membership.self;
    self.address.name = setup_.node_name;
    self.site = container_.transport.site;
    self.rack = container_.transport.rack;
    self.machine = container_.transport.machine;
    self.zero_capacity = container_.zero_capacity_node;
    HF_TRY(set_address());
    HF_TRY(set_times());
    HF_TRY(add_discoveries());
    warn();
    return std::move(options_);
  }

 private:
  /// The attribute of one of the stack's protocols, with the name of the protocol for messages.
  template <std::size_t N>
  std::optional<std::pair<std::string, std::string>> said(const std::string_view (&protocols)[N], const std::string& attribute) const {
    for (const ElementConfiguration& protocol : stack_.protocols) {
      const auto at = protocol.attributes.find(attribute);
      if (is_one_of(protocol.name, protocols) && at != protocol.attributes.end() && !at->second.empty()) return std::pair("<" + protocol.name + " " + attribute + ">", at->second);
    }
    return std::nullopt;
  }
  std::optional<std::pair<std::string, std::string>> property(const std::string& name) const {
    auto value = setup_.property ? setup_.property(name) : std::nullopt;
    return value && !value->empty() ? std::optional(std::pair(name, std::move(*value))) : std::nullopt;
  }

  struct Bounds {
    std::int64_t min, max;
  };
  static Result<std::int64_t> number(const std::optional<std::pair<std::string, std::string>>& given, std::int64_t fallback, Bounds bounds) {
    if (!given) return fallback;
    const auto& [where, text] = *given;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= bounds.min && value <= bounds.max) return value;
    return Error(Errc::invalid_configuration, where + ": '" + text + "' is no number from " + std::to_string(bounds.min) + " to " + std::to_string(bounds.max));
  }

  Status set_address() {
    auto address = said(kTransports, "bind_addr");
    if (!address) address = property("jgroups.bind.address");
    NodeInfo& self = options_.node.membership.self;
    if (address) {
      HF_ASSIGN(self.host, pick_address(interface_of(address->second), setup_.machine_addresses));
    } else {
      self.host = default_address();
    }
    if (self.host == "0.0.0.0" || self.host == "::") {
      return Error(Errc::invalid_configuration, address->first + ": " + self.host + " is nothing that others can connect to; name one address of this machine, or SITE_LOCAL");
    }
    auto port = said(kTransports, "bind_port");
    if (!port) port = property("jgroups.bind.port");
    HF_ASSIGN(base_port_, number(port, kClusterPort, {0, 65535}));
    if (base_port_ != 0) base_port_ += setup_.port_offset;
    if (base_port_ > 65535) return Error(Errc::invalid_configuration, "the cluster's port " + std::to_string(base_port_) + " (with the port offset) is no port; choose a smaller offset");
    self.port = static_cast<std::uint16_t>(base_port_);
    range_ = said(kTransports, "port_range");
    HF_ASSIGN(const std::int64_t range, number(range_, kPortRange, {0, kPortRangeMax}));
    options_.node.port_range = static_cast<std::uint32_t>(range);
    return success();
  }

  /// A private network's address, as the original has it; a machine without one serves itself.
  std::string default_address() const {
    for (const MachineAddress& have : setup_.machine_addresses) {
      const auto picked = pick_address(interface_of("SITE_LOCAL"), {have});
      if (picked.ok() && have.address.find(':') == std::string::npos) return *picked;
    }
    return "127.0.0.1";
  }

  Status set_times() {
    cluster::MembershipOptions& m = options_.node.membership;
    constexpr std::string_view kMembership[] = {"pbcast.GMS", "GMS"};
    auto wait = said(kMembership, "join_timeout");
    if (!wait) wait = property("jgroups.join_timeout");
    HF_ASSIGN(const std::int64_t join_ms, number(wait, kMillisecondsMax, {0, kMillisecondsMax}));
    m.join_wait = std::min<Duration>(m.join_wait, std::chrono::milliseconds(join_ms));
    // Two thirds until leases have ended, the rest for messages and slow timers.
    m.lease = std::chrono::milliseconds(container_.transport.crash_timeout_ms) * 2 / 3;
    m.heartbeat = m.lease / kHeartbeats;
    // What was silent for three quarters of its time is suspected; then the others are asked and leases end.
    HF_ASSIGN(const std::int64_t hang_ms, number(said(kFailureDetectors, "timeout"), container_.transport.hang_timeout_ms, {1, kMillisecondsMax}));
    m.hang = std::max<Duration>(std::chrono::milliseconds(hang_ms) * 3 / 4, 2 * m.lease);
    if (const auto stagger = property("infinispan.stagger.delay")) {
      HF_ASSIGN(const std::int64_t stagger_ms, number(stagger, 0, {0, kMillisecondsMax}));
      options_.read_stagger = std::chrono::milliseconds(stagger_ms);
    }
    return success();
  }

  Result<cluster::DiscoverySettings> settings_of(const ElementConfiguration& protocol) const {
    cluster::DiscoverySettings s;
    s.protocol = protocol.name;
    s.attributes = protocol.attributes;
    s.interface = options_.node.membership.self.host;
    s.port = options_.node.membership.self.port;
    s.folder = setup_.folder;
    s.optional = !stack_.own_discovery && stack_.name == "tcp";
    auto group = said(kTransports, "mcast_addr"), port = said(kTransports, "mcast_port");
    if (!group) group = property("jgroups.mcast_addr");
    if (!port) port = property("jgroups.mcast_port");
    if (group) s.group = group->second;
    if (port) {
      HF_ASSIGN(const std::int64_t n, number(port, 0, {1, 65535}));
      s.group_port = static_cast<std::uint16_t>(n);
    }
    if (const auto query = property("jgroups.dns.query"); query && protocol.name == "dns.DNS_PING") s.attributes.try_emplace("dns_query", query->second);
    return s;
  }

  Status add_discoveries() {
    for (const ElementConfiguration& protocol : stack_.protocols) {
      const auto factory = setup_.discoveries->find(protocol.name);
      if (!factory.ok()) continue;
      HF_ASSIGN(const cluster::DiscoverySettings settings, settings_of(protocol));
      cluster::DiscoveryAttributes attributes(settings);
      HF_ASSIGN(auto made, (**factory)(settings, attributes));
      options_.node.discovery.push_back(std::move(made));
      found_by_ += (found_by_.empty() ? "" : ", ") + protocol.name;
    }
    if (!stack_.own_discovery) HF_TRY(add_same_host());
    if (!options_.node.discovery.empty()) return success();
    return Error(Errc::invalid_configuration, "the stack '" + stack_.name + "' says no way to find other nodes; add TCPPING, MPING, dns.DNS_PING or FILE_PING");
  }

  /// Nodes of one machine find each other without multicast too: at this node's ports, and where it would be without an offset.
  Status add_same_host() {
    HF_ASSIGN(const std::int64_t range, number(range_, kSameHostRange, {0, kPortRangeMax}));
    const std::string& host = options_.node.membership.self.host;
    std::vector<runtime::Endpoint> hosts{{host, static_cast<std::uint16_t>(base_port_)}};
    if (setup_.port_offset != 0) hosts.push_back({host, static_cast<std::uint16_t>(base_port_ - setup_.port_offset)});
    options_.node.discovery.push_back(cluster::make_static_discovery(hosts, static_cast<std::uint32_t>(range)));
    found_by_ += ", ports of " + host + " from " + std::to_string(hosts.back().port);
    return success();
  }

  /// What the file says and this product does otherwise: one line.
  void warn() const {
    std::string meaningless;
    for (const ElementConfiguration& p : stack_.protocols) {
      const bool used = setup_.discoveries->find(p.name).ok() || is_one_of(p.name, kTransports) || is_one_of(p.name, kFailureDetectors) || p.name == "pbcast.GMS" || p.name == "GMS";
      if (!used) meaningless += (meaningless.empty() ? "" : ", ") + p.name;
    }
    if (!meaningless.empty()) log_.warn("cluster", "the stack '" + stack_.name + "': these protocols have no meaning here: " + meaningless);
    const NodeInfo& self = options_.node.membership.self;
    log_.info("cluster", "cluster '" + options_.node.cluster_name + "', stack '" + stack_.name + "', on " + self.host + "; others are found by " + found_by_);
    if (!is_loopback(self.host)) log_.warn("cluster", "nodes talk on " + self.host + " without encryption or credentials: keep others off port " + std::to_string(self.port) + " by a firewall");
  }

  const ClusterSetup& setup_;
  const ContainerConfiguration& container_;
  Logger& log_;
  ProtocolStack stack_;
  std::int64_t base_port_ = 0;
  std::optional<std::pair<std::string, std::string>> range_;
  std::string found_by_;
  engine::clustered::ClusterEngineOptions options_;
};

}  // namespace

Result<std::optional<engine::clustered::ClusterEngineOptions>> cluster_options(const ClusterSetup& setup, Logger& log) {
  if (!is_clustered(*setup.container)) return std::optional<engine::clustered::ClusterEngineOptions>();
  HF_ASSIGN(auto options, Setup(setup, log).make());
  return std::optional(std::move(options));
}

}  // namespace holdfast::server
