// Listening: from what <server> says to sockets with protocols on them: addresses are picked, realms are read and
// connectors are put together, before any socket opens.
//
// Owner: the Server, while it starts.  Threads: one.  Waits: reads the files of realms.
// Fails with: invalid_configuration, and what a realm's files fail with; each names the element.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "security/realm.h"
#include "server/server.h"
#include "server/single_port.h"

namespace holdfast::server {

/// One socket and what is spoken on it.
struct Port {
  std::string endpoint;  // its name in the configuration
  runtime::Endpoint at;
  std::vector<NamedEndpoint> protocols;
  bool without_credentials = false;
};

using Realms = std::map<std::string, std::unique_ptr<security::Realm>>;

struct ListeningContext {
  runtime::Runtime* runtime = nullptr;
  const ServerOptions* options = nullptr;
  Dispatcher* dispatcher = nullptr;
  ServerControl* control = nullptr;
};

/// What a server without a <server> element listens on.
config::ServerConfiguration default_listening(const ServerOptions& options);
/// Those that an endpoint names.
Result<Realms> make_realms(runtime::Runtime& runtime, const config::ServerConfiguration& configuration);
Result<std::vector<Port>> plan_ports(const ListeningContext& context, const config::ServerConfiguration& configuration, const Realms& realms);

}  // namespace holdfast::server
