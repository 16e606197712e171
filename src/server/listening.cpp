#include "server/listening.h"

#include <algorithm>
#include <limits>

namespace holdfast::server {
namespace {

using config::ConnectorConfiguration;
using config::ConnectorKind;
using config::EndpointConfiguration;
using config::ServerConfiguration;

struct ProtocolName {
  ConnectorKind kind;
  const char* name;
};
constexpr ProtocolName kProtocols[] = {
    {ConnectorKind::hotrod, "hotrod"},
    {ConnectorKind::rest, "rest"},
    {ConnectorKind::resp, "resp"},
    {ConnectorKind::memcached, "memcached"},
};

std::string protocol_of(ConnectorKind kind) {
  return std::find_if(std::begin(kProtocols), std::end(kProtocols), [&](const ProtocolName& p) { return p.kind == kind; })->name;
}

Error wrong(const std::string& sentence) { return Error(Errc::invalid_configuration, sentence); }

/// What a realm of users and passwords offers on a connection that is not encrypted, unless the connector says it.
std::vector<std::string> default_mechanisms(ConnectorKind kind) {
  if (kind == ConnectorKind::rest) return {"DIGEST", "BASIC"};
  return {"SCRAM-SHA-512", "SCRAM-SHA-384", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5"};
}

/// Puts one <endpoint>'s connectors on the ports that their socket bindings name.
class Planner {
 public:
  Planner(const ListeningContext& context, const ServerConfiguration& configuration, const Realms& realms)
      : context_(context), configuration_(configuration), realms_(realms) {}

  Status add(const EndpointConfiguration& endpoint) {
    HF_ASSIGN(security::Realm* const realm, realm_of(endpoint));
    std::vector<ConnectorConfiguration> connectors = endpoint.connectors;
    if (connectors.empty()) connectors = every_protocol();
    for (const ConnectorConfiguration& connector : connectors) {
      if (!context_.options->endpoints.contains(protocol_of(connector.kind))) {
        context_.runtime->log().warn("server", "the " + protocol_of(connector.kind) + " connector '" + connector.name + "' is not built yet; it is left out");
        continue;
      }
      if (connector.authentication && !realm) {
        return wrong("connector '" + connector.name + "' asks for authentication, but endpoint '" + endpoint.name +
                     "' names no security-realm; add security-realm=\"...\" to the endpoint");
      }
      const bool own = !connector.socket_binding.empty() && connector.socket_binding != endpoint.socket_binding;
      HF_ASSIGN(Port* const port, port_for(endpoint, own ? connector.socket_binding : endpoint.socket_binding));
      port->without_credentials = realm == nullptr;
      port->protocols.push_back({protocol_of(connector.kind), make(endpoint, connector, *port, realm)});
    }
    return success();
  }
  std::vector<Port> take() && { return std::move(ports_); }

 private:
  std::vector<ConnectorConfiguration> every_protocol() const {
    std::vector<ConnectorConfiguration> all;
    for (const ProtocolName& protocol : kProtocols) {
      if (!context_.options->endpoints.contains(protocol.name)) continue;
      ConnectorConfiguration connector;
      connector.kind = protocol.kind;
      connector.name = protocol.name;
      all.push_back(connector);
    }
    return all;
  }

  Result<security::Realm*> realm_of(const EndpointConfiguration& endpoint) const {
    if (endpoint.security_realm.empty()) return static_cast<security::Realm*>(nullptr);
    const auto at = realms_.find(endpoint.security_realm);
    if (at == realms_.end()) {
      return wrong("endpoint '" + endpoint.name + "' names security-realm '" + endpoint.security_realm +
                   "', which is not defined; add it to <security-realms>");
    }
    return at->second.get();
  }

  Result<std::string> address_of(const std::string& interface) const {
    const std::string& name = interface.empty() ? configuration_.default_interface : interface;
    for (const config::InterfaceConfiguration& known : configuration_.interfaces) {
      if (known.name != name) continue;
      HF_ASSIGN(std::string address, pick_address(known, context_.options->machine_addresses));
      if (is_numeric(address)) return address;
      const auto resolved = context_.options->resolve ? context_.options->resolve(address) : std::nullopt;
      if (resolved) return *resolved;
      return wrong("interface '" + name + "': the host '" + address + "' has no address; write a numeric one, or a keyword such as SITE_LOCAL");
    }
    return wrong("interface '" + name + "' is not defined; add it to <interfaces>");
  }

  Result<runtime::Endpoint> socket(const std::string& binding) const {
    for (const config::SocketBindingConfiguration& known : configuration_.socket_bindings) {
      if (known.name != binding) continue;
      HF_ASSIGN(std::string host, address_of(known.interface));
      // Port 0 lets the system choose, so it has no offset.
      const std::int64_t port = known.port == 0 ? 0 : std::int64_t{known.port} + configuration_.port_offset;
      if (port < 0 || port > std::numeric_limits<std::uint16_t>::max()) {
        return wrong("socket-binding '" + binding + "': port " + std::to_string(port) + " (with its offset) is not from 0 to 65535");
      }
      return runtime::Endpoint{std::move(host), static_cast<std::uint16_t>(port)};
    }
    return wrong("socket-binding '" + binding + "' is not defined; add it to <socket-bindings>");
  }

  Result<Port*> port_for(const EndpointConfiguration& endpoint, const std::string& binding) {
    HF_ASSIGN(runtime::Endpoint at, socket(binding));
    for (Port& port : ports_) {
      if (port.at != at || at.port == 0) continue;
      if (port.endpoint == endpoint.name) return &port;
      return wrong("endpoints '" + port.endpoint + "' and '" + endpoint.name + "' both listen on " + host_and_port(at.host, at.port) +
                   "; give one of them another socket-binding");
    }
    ports_.push_back({endpoint.name, std::move(at), {}, false});
    return &ports_.back();
  }

  std::unique_ptr<Endpoint> make(const EndpointConfiguration& endpoint, const ConnectorConfiguration& connector, const Port& port, security::Realm* realm) const {
    EndpointContext context{context_.runtime, context_.dispatcher, context_.control, realm, {}};
    context.settings.name = connector.name.empty() ? protocol_of(connector.kind) : connector.name;
    if (realm) context.settings.mechanisms = connector.mechanisms.empty() ? default_mechanisms(connector.kind) : connector.mechanisms;
    context.settings.sasl_server_name = connector.sasl_server_name;
    context.settings.max_content_length = static_cast<std::size_t>(connector.max_content_length);
    context.settings.external_host = connector.external_host.empty() ? port.at.host : connector.external_host;
    context.settings.external_port = static_cast<std::uint16_t>(connector.external_port > 0 ? connector.external_port : port.at.port);
    context.settings.admin = endpoint.admin;
    context.settings.metrics_auth = endpoint.metrics_auth;
    return context_.options->endpoints.at(protocol_of(connector.kind))(context);
  }

  const ListeningContext& context_;
  const ServerConfiguration& configuration_;
  const Realms& realms_;
  std::vector<Port> ports_;
};

}  // namespace

ServerConfiguration default_listening(const ServerOptions& options) {
  ServerConfiguration server;
  config::InterfaceConfiguration interface = interface_of(options.bind_address.empty() ? "127.0.0.1" : options.bind_address);
  interface.name = "public";
  server.interfaces = {interface};
  server.default_interface = "public";
  server.socket_bindings = {{"default", options.bind_port == 0 ? kDefaultPort : options.bind_port, ""}};
  EndpointConfiguration endpoint;
  endpoint.name = "default";
  endpoint.socket_binding = "default";
  server.endpoints = {endpoint};
  return server;
}

Result<Realms> make_realms(runtime::Runtime& runtime, const ServerConfiguration& configuration) {
  Realms realms;
  for (const config::SecurityRealmConfiguration& realm : configuration.realms) {
    const bool used = std::any_of(configuration.endpoints.begin(), configuration.endpoints.end(),
                                  [&](const EndpointConfiguration& e) { return e.security_realm == realm.name; });
    if (!used) continue;
    if (!realm.properties) {
      return wrong("security-realm '" + realm.name + "' has no users; add a <properties-realm> to it");
    }
    auto made = security::make_properties_realm(
        runtime, {realm.name, realm.properties->users_path, realm.properties->groups_path, realm.properties->plain_text});
    if (!made.ok()) return made.error().in("security-realm '" + realm.name + "'");
    realms.emplace(realm.name, std::move(made).value());
  }
  return realms;
}

Result<std::vector<Port>> plan_ports(const ListeningContext& context, const ServerConfiguration& configuration, const Realms& realms) {
  Planner planner(context, configuration, realms);
  for (const EndpointConfiguration& endpoint : configuration.endpoints) HF_TRY(planner.add(endpoint));
  return std::move(planner).take();
}

}  // namespace holdfast::server
