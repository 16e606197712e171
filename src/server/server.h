// Server: one container served on its ports, in any Runtime. The process around it (signals, folders, flags, log files)
// is process.h; this runs in the simulator as well.
//
// Owner: the process or a simulated world.  Threads: start() and stop() one at a time, the rest any.
// Waits: start() and stop() may.
// Fails with: invalid_configuration, address_in_use, access_denied, io_error; each names the setting, port or file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "server/endpoint.h"

namespace holdfast::server {

struct ServerOptions {
  config::Document configuration;
  /// The protocols that exist, by name; main/ has the list.
  std::map<std::string, EndpointFactory> endpoints;
  std::string node_name;             // "" = the configuration's, else made up
  std::string bind_address;          // "" = the configuration's
  std::int32_t bind_port = 0;        // 0 = the configuration's
  bool insecure = false;             // other addresses than loopback without credentials
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
  virtual ServerControl& control() = 0;
  virtual std::vector<runtime::Endpoint> addresses() const = 0;
};

}  // namespace holdfast::server
