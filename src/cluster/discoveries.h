// The built-in protocols of discovery, each from what a stack says about it.
//
// Owner: as discovery.h.  Threads: as discovery.h.  Waits: never.  Fails with: invalid_configuration.
#pragma once

#include "cluster/discovery.h"

namespace holdfast::cluster {

/// initial_hosts="a[7800],b", port_range.
Result<DiscoveryPtr> read_static_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes);
/// mcast_addr, mcast_port, ip_ttl.
Result<DiscoveryPtr> read_multicast_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes);
/// dns_query, dns_record_type, dns_address.
Result<DiscoveryPtr> read_dns_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes, std::shared_ptr<runtime::Resolver> resolver);
/// location.
Result<DiscoveryPtr> read_folder_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes);

}  // namespace holdfast::cluster
