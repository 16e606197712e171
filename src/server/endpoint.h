// What a protocol gives the server: a name, a rule that tells it by its first bytes, and a handler per connection.
// main/ registers the built-in ones; server/ never includes endpoint/.
//
// Owner: the Server.  Threads: any; a Handler on its connection's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/net.h"
#include "runtime/runtime.h"
#include "security/realm.h"
#include "server/dispatcher.h"

namespace holdfast::server {

/// How many first bytes a detector may ask for.
inline constexpr std::size_t kDetectionBytesMax = 16;
enum class Detection : std::uint8_t { yes, no, need_more };

/// Settings of one connector (<hotrod-connector>, <rest-connector>, ...), as the endpoint's file says.
struct ConnectorSettings {
  std::string name;
  std::vector<std::string> mechanisms;  // SASL or HTTP mechanisms in configured order; empty = no authentication
  std::string sasl_server_name = "infinispan";
  std::size_t max_content_length = std::size_t{10} << 20;  // bytes of one request
  std::string external_host;  // "" = the address of the listener
  std::uint16_t external_port = 0;
  bool admin = true;
  bool metrics_auth = true;
};

class ServerControl;

/// Everything that an endpoint needs of the server it is in.
struct EndpointContext {
  runtime::Runtime* runtime = nullptr;
  Dispatcher* dispatcher = nullptr;
  ServerControl* control = nullptr;
  security::Realm* realm = nullptr;  // null = no authentication
  ConnectorSettings settings;
};

class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual Detection detect(BytesView first_bytes) const = 0;
  virtual std::unique_ptr<runtime::Handler> make_handler() = 0;
};

/// By protocol name ("hotrod", "rest", "resp", "memcached").
using EndpointFactory = std::function<std::unique_ptr<Endpoint>(const EndpointContext&)>;

/// The nodes as operators see them.
struct ClusterSummary {
  std::string name;                     // "" = this node is alone by configuration
  std::vector<std::string> members;     // in view order; the coordinator first
  std::vector<std::string> addresses;   // of their transport, in the same order
  bool coordinator = true;              // this node is it
};

/// What protocols may ask of the process.
class ServerControl {
 public:
  virtual ~ServerControl() = default;
  virtual void request_stop() = 0;           // ends the process in order; returns at once
  virtual void request_cluster_stop() = 0;   // ends every node's process; returns when the others were told
  virtual Status shutdown_container() = 0;   // stops the caches of every node, the processes stay
  virtual std::string version() const = 0;
  virtual std::string node_name() const = 0;
  virtual std::vector<std::string> physical_addresses() const = 0;  // "127.0.0.1:11222"
  virtual ClusterSummary cluster() const = 0;
};

}  // namespace holdfast::server
