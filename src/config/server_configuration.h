// Configuration of the server around a container: what <server> says (infinispan.md 5.4), as plain structs.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <holdfast/configuration.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::config {

/// How <interface> picks an address of the machine.
enum class AddressKind { inet_address, any_address, global, link_local, loopback, non_loopback, site_local, match_host, match_interface, match_address };

struct InterfaceConfiguration {
  std::string name;
  AddressKind kind = AddressKind::loopback;
  std::string value;  // an address (inet_address) or a pattern (match_*)
  friend bool operator==(const InterfaceConfiguration&, const InterfaceConfiguration&) = default;
};

struct SocketBindingConfiguration {
  std::string name;
  std::int32_t port = 11222;
  std::string interface;  // "" = the default interface
  friend bool operator==(const SocketBindingConfiguration&, const SocketBindingConfiguration&) = default;
};

/// <properties-realm> inside <security-realm>.
struct PropertiesRealmConfiguration {
  std::string users_path;   // absolute after reading
  std::string groups_path;  // "" = none
  std::string groups_attribute = "Roles";
  bool plain_text = false;
  friend bool operator==(const PropertiesRealmConfiguration&, const PropertiesRealmConfiguration&) = default;
};

struct SecurityRealmConfiguration {
  std::string name;
  std::optional<PropertiesRealmConfiguration> properties;
  friend bool operator==(const SecurityRealmConfiguration&, const SecurityRealmConfiguration&) = default;
};

enum class ConnectorKind { hotrod, rest, resp, memcached };

struct ConnectorConfiguration {
  ConnectorKind kind = ConnectorKind::hotrod;
  std::string name;
  std::string socket_binding;           // "" = the endpoint's
  std::string cache;                    // resp and memcached: the cache they serve; "" = the protocol's default
  std::string client_encoding;          // memcached: media type of text values; "" = as stored
  std::string context_path = "rest";    // rest
  std::string external_host;
  std::int32_t external_port = 0;
  std::int64_t max_content_length = std::int64_t{10} << 20;  // bytes
  std::string sasl_server_name = "infinispan";
  /// SASL mechanisms (hotrod) or HTTP mechanisms (rest), in their order; empty = what the realm offers.
  std::vector<std::string> mechanisms;
  bool authentication = false;          // an <authentication> element is there
  friend bool operator==(const ConnectorConfiguration&, const ConnectorConfiguration&) = default;
};

struct EndpointConfiguration {
  std::string name;
  std::string socket_binding;
  std::string security_realm;           // "" = no authentication
  bool admin = true;
  bool metrics_auth = true;
  std::vector<ConnectorConfiguration> connectors;  // empty = every protocol
  friend bool operator==(const EndpointConfiguration&, const EndpointConfiguration&) = default;
};

struct ServerConfiguration {
  bool present = false;                 // the file has a <server> element
  std::vector<InterfaceConfiguration> interfaces;
  std::string default_interface;
  std::int32_t port_offset = 0;
  std::vector<SocketBindingConfiguration> socket_bindings;
  std::vector<SecurityRealmConfiguration> realms;
  std::vector<EndpointConfiguration> endpoints;
  std::vector<ElementConfiguration> extra;  // elements without effect yet: data sources
  friend bool operator==(const ServerConfiguration&, const ServerConfiguration&) = default;
};

}  // namespace holdfast::config
