// Stacks of protocols as the original names and combines them: which protocols the one that a transport names consists of.
//
// Owner: values.  Threads: any.  Waits: never.
// Fails with: invalid_configuration (an unknown stack: the error lists those that exist; a combination that cannot be made).
#pragma once

#include <string>
#include <vector>

#include "cluster/discovery.h"
#include "config/config.h"

namespace holdfast::server {

struct ProtocolStack {
  std::string name;
  std::vector<ElementConfiguration> protocols;  // names without the original's package
  bool own_discovery = false;                   // the file says how nodes find each other
};

/// "" = the default, tcp.
Result<ProtocolStack> resolve_stack(const std::string& name, const std::vector<StackConfiguration>& written, const cluster::DiscoveryRegistry& discoveries);

}  // namespace holdfast::server
