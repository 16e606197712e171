// The Hot Rod endpoint: protocol versions 2.0 to 4.1.
//
// Owner: the Server.  Threads: any.  Waits: as the operations.  Fails with: answers to clients.
#pragma once

#include <memory>

#include "endpoint/hotrod/converters.h"
#include "endpoint/hotrod/topology.h"
#include "server/endpoint.h"

namespace holdfast::hotrod {

/// What others may plug into the endpoint.
struct Extensions {
  Factories factories = built_in_factories();
  std::shared_ptr<const TopologyProvider> topology;  // null = no cluster
};

std::unique_ptr<server::Endpoint> make_hotrod_endpoint(const server::EndpointContext& context);
std::unique_ptr<server::Endpoint> make_hotrod_endpoint(const server::EndpointContext& context, Extensions extensions);

}  // namespace holdfast::hotrod
