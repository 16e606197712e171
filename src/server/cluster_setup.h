// How a container's transport and stacks become a node of a cluster.
//
// Owner: values.  Threads: any.  Waits: never.
// Fails with: invalid_configuration (an unknown stack, a port or host list that is none, protection that is not built; names
// the property or protocol).
#pragma once

#include <optional>

#include "cluster/discovery.h"
#include "config/config.h"
#include "engine/clustered/cluster_engine.h"
#include "server/addresses.h"

namespace holdfast::server {

struct ClusterSetup {
  const ContainerConfiguration* container = nullptr;
  std::string node_name;
  config::PropertySource property;  // jgroups.bind.address, jgroups.bind.port, ...; may be empty
  std::int32_t port_offset = 0;
  std::vector<MachineAddress> machine_addresses;
  std::string folder;               // that a shared folder's relative location is in
  const cluster::DiscoveryRegistry* discoveries = nullptr;
};

/// Nothing: the container is not clustered (it has no <transport>, and no cache that needs one).
Result<std::optional<engine::clustered::ClusterEngineOptions>> cluster_options(const ClusterSetup& setup, Logger& log);

}  // namespace holdfast::server
