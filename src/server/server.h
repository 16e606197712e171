// Server: one container served on its ports, in any Runtime. The process around it (signals, folders, flags, log files)
// is process.h; this runs in the simulator as well.
//
// Owner: the process or a simulated world.  Threads: start() and stop() one at a time, the rest any.
// Waits: start() and stop() may.
// Fails with: invalid_configuration, address_in_use, access_denied, io_error; each names the setting, port or file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/discovery.h"
#include "config/config.h"
#include "server/addresses.h"
#include "server/endpoint.h"

namespace holdfast::server {

inline constexpr std::uint16_t kDefaultPort = 11222;

struct ServerOptions {
  /// Without endpoints in it the server listens on 127.0.0.1:11222, every protocol, no credentials.
  config::Document configuration;
  /// False: nobody wrote a configuration, so only loopback is served without credentials, unless `insecure`.
  bool configured = true;
  bool insecure = false;
  /// The protocols that exist, by name; main/ has the list.
  std::map<std::string, EndpointFactory> endpoints;
  // What the command line says, before what the configuration does; "" = nothing.
  std::string node_name;             // without either one is made up
  std::string cluster_name, stack;   // of a container that has a transport
  // Instead of what the configuration has no <server> for.
  std::string bind_address;          // an address or a keyword (addresses.h); "" = 127.0.0.1
  std::int32_t bind_port = 0;        // 0 = 11222
  /// Where definitions made at run time are kept unless the configuration says it; "" = nowhere.
  std::string data_path;
  /// ${...} of the files, and what has no place in them (jgroups.bind.address, ...). Used during start() only.
  config::PropertySource property;
  std::int32_t port_offset = 0;      // of the cluster's port too
  /// How nodes may find each other, by the names that stacks use; null = what needs nothing else (no DNS).
  std::shared_ptr<const cluster::DiscoveryRegistry> discoveries;
  /// What the machine has, to choose from; without any, loopback.
  std::vector<MachineAddress> machine_addresses;
  /// A host's numeric address, for interfaces that name a host.
  std::function<std::optional<std::string>(const std::string& host)> resolve;
  std::string version = "0";
  /// Called once when request_stop() was; the process then calls stop(). Any thread.
  std::function<void()> on_stop_requested;
};

class Server {
 public:
  /// All caches run and every endpoint serves when it returns.
  static Result<std::unique_ptr<Server>> start(runtime::Runtime& runtime, ServerOptions options);
  virtual ~Server() = default;  // stops
  /// In order: no new connections, running requests finish (for a bounded time), caches stop.
  virtual void stop() = 0;
  virtual engine::CacheManager& manager() = 0;
  virtual Dispatcher& dispatcher() = 0;
  virtual ServerControl& control() = 0;
  /// Where it listens, as the configuration names the sockets.
  virtual std::vector<runtime::Endpoint> addresses() const = 0;
  /// True when at least one endpoint serves without credentials.
  virtual bool open_to_all() const = 0;
};

}  // namespace holdfast::server
