// The settings of a server around its container.
#include "config/builder.h"
#include "config/descriptors.h"
#include "config/paths.h"

namespace holdfast::config {
namespace {

using Server = ServerConfiguration;
constexpr const char* kNoMeaning = "of the original, has no meaning here";
constexpr const char* kLess = "; a server never starts less protected than its file says";
constexpr const char* kConfigPath = "infinispan.server.config.path";

std::string not_built_protection(const std::string& what) { return "asks for " + what + ", which is not built yet" + kLess; }

// ---- interfaces and socket bindings

Child address(const std::string& name, AddressKind kind, const std::string& doc) {
  using I = InterfaceConfiguration;
  ElementPtr element = Describe<I>(name, doc).setting("value", &I::value, text(), "The address or the pattern.");
  Child c;
  c.element = element;
  c.read = [element, kind](const Node& node, void* parent, Reading& reading) -> Status {
    static_cast<I*>(parent)->kind = kind;
    return apply(*element, node, parent, reading);
  };
  c.write = [element, kind](const void* parent, const void*, std::vector<Node>& into) {
    const auto& self = *static_cast<const I*>(parent);
    if (self.kind != kind) return;
    static const I kFresh;
    into.push_back(write_element(*element, &self, &kFresh));
  };
  return c;
}

ElementPtr interfaces() {
  using I = InterfaceConfiguration;
  Describe<I> one("interface", "An address of this machine by a name.");
  one.setting("name", &I::name, text(), "Its name.")
      .child(address("inet-address", AddressKind::inet_address, "This address."))
      .child(address("any-address", AddressKind::any_address, "Every address."))
      .child(address("global", AddressKind::global, "A public address."))
      .child(address("link-local", AddressKind::link_local, "An address of the link."))
      .child(address("loopback", AddressKind::loopback, "A loopback address."))
      .child(address("non-loopback", AddressKind::non_loopback, "Any address but a loopback one."))
      .child(address("site-local", AddressKind::site_local, "A private address."))
      .child(address("match-host", AddressKind::match_host, "An address whose host name matches a pattern."))
      .child(address("match-interface", AddressKind::match_interface, "An address of a network interface whose name matches a pattern."))
      .child(address("match-address", AddressKind::match_address, "An address that matches a pattern."));
  return Describe<Server>("interfaces", "Addresses by name.").named(one, &Server::interfaces);
}

Child socket_binding_child() {
  using B = SocketBindingConfiguration;
  ElementPtr element = Describe<B>("socket-binding", "A port by a name.")
                           .setting("name", &B::name, text(), "Its name.")
                           .setting("port", &B::port, integer<std::int32_t>(0, 65535), "The port; 0 = any free one.")
                           .setting("interface", &B::interface, text(), "Name of an interface; none = the default one.");
  auto child = Describe<Server>("", "").named(element, &Server::socket_bindings).element().children.front();
  child.read = [read = child.read](const Node& node, void* parent, Reading& reading) -> Status {
    if (const auto* interface = node.attribute("interface")) reading.references.push_back({"interface", interface->value, interface->place});
    return read(node, parent, reading);
  };
  return child;
}

ElementPtr socket_bindings() {
  return Describe<Server>("socket-bindings", "Ports by name.")
      .setting("default-interface", &Server::default_interface, text(), "Name of an interface.")
      .setting("port-offset", &Server::port_offset, integer<std::int32_t>(0, 65535), "Added to every port.")
      .child(socket_binding_child());
}

// ---- security

/// <user-properties> and <group-properties>.
Child realm_file(const std::string& name, const std::string& fallback, std::string PropertiesRealmConfiguration::*member, bool plain_text) {
  struct File {
    std::string path;
    std::string relative_to = kConfigPath;
    bool plain_text = false;
  };
  Describe<File> element(name, "A file of Java properties.");
  element.setting("path", &File::path, text(), "The file.")
      .setting("relative-to", &File::relative_to, text(), "Name of the property that has its folder.");
  if (plain_text) {
    element.setting("plain-text", &File::plain_text, boolean(), "Whether passwords are not hashed; the file's own header decides.")
        .without_effect("digest-realm-name", "The file's own header says it.");
  }
  const ElementPtr built = element;
  Child c;
  c.element = built;
  c.read = [built, fallback, member](const Node& node, void* parent, Reading& reading) -> Status {
    File file;
    file.path = fallback;
    HF_TRY(apply(*built, node, &file, reading));
    auto& realm = *static_cast<PropertiesRealmConfiguration*>(parent);
    if (file.relative_to == kConfigPath) file.relative_to.clear();
    HF_ASSIGN(const std::string path, located(file.path, file.relative_to, kConfigPath, node.place, reading));
    realm.*member = join_path(folder_of(reading.options.file), path);
    realm.plain_text = realm.plain_text || file.plain_text;
    return success();
  };
  c.write = [name, member, plain_text](const void* parent, const void*, std::vector<Node>& into) {
    const auto& realm = *static_cast<const PropertiesRealmConfiguration*>(parent);
    if ((realm.*member).empty()) return;
    Node& node = into.emplace_back();
    node.name = name;
    node.set("path", realm.*member);
    if (plain_text && realm.plain_text) node.set("plain-text", "true");
  };
  return c;
}

Child properties_realm() {
  using R = SecurityRealmConfiguration;
  using P = PropertiesRealmConfiguration;
  ElementPtr element = Describe<P>("properties-realm", "Users and their groups from files of properties.")
                           .setting("groups-attribute", &P::groups_attribute, text(), "Name that groups have in an identity.")
                           .without_effect("name", "Of the realm inside the realm.")
                           .child(realm_file("user-properties", "users.properties", &P::users_path, true))
                           .child(realm_file("group-properties", "groups.properties", &P::groups_path, false));
  auto child = Describe<R>("", "").optional(element, &R::properties).element().children.front();
  child.read = [element, read = child.read](const Node& node, void* parent, Reading& reading) -> Status {
    HF_TRY(read(node, parent, reading));
    auto& realm = *static_cast<R*>(parent)->properties;
    if (!realm.users_path.empty()) return success();
    Node made;
    made.name = "user-properties";
    made.place = node.place;
    return element->child("user-properties")->read(made, &realm, reading);
  };
  return child;
}

/// Something in a realm that is not built: an error when an endpoint uses the realm, else a warning.
Child demand(Child known, const std::string& sentence) {
  known.read = [element = known.element, sentence](const Node& node, void* parent, Reading& reading) -> Status {
    HF_TRY(check_names(*element, node));
    const Node& where = node.name == "server-identities" && !node.children.empty() ? node.children.front() : node;
    if (node.name == "server-identities" && node.children.empty()) return success();
    reading.demands.push_back({static_cast<SecurityRealmConfiguration*>(parent)->name, where.place, "<" + where.name + "> " + sentence});
    return success();
  };
  return known;
}

ElementPtr security_realms() {
  using R = SecurityRealmConfiguration;
  const std::string reference = "credential-reference(store alias)";
  const std::string rewriter = "name-rewriter{case-principal-transformer(name uppercase) common-name-principal-transformer"
                               " regex-principal-transformer(name pattern replacement replace-all)}";
  const std::string store = "(path relative-to keystore-password password alias key-password generate-self-signed-certificate-host provider type){" + reference + "}";
  Describe<R> realm("security-realm", "Where identities come from.");
  realm.setting("name", &R::name, text(), "Its name.")
      .without_effect("default-realm cache-max-size cache-lifespan", kNoMeaning)
      .child(properties_realm());
  for (auto& one : known("server-identities{ssl{keystore" + store + " truststore" + store +
                         "  engine(enabled-protocols enabled-ciphersuites enabled-ciphersuites-tls13)}"
                         " kerberos(principal keytab-path relative-to minimum-remaining-lifetime request-lifetime fail-cache server"
                         "  obtain-kerberos-ticket debug wrap-gss-credential required mechanism-names mechanism-oids)} truststore-realm(name path password provider)")) {
    realm.child(demand(one, not_built_protection("protection by keys and certificates")));
  }
  for (auto& one : known(
           "ldap-realm(name url principal credential direct-verification page-size search-dn rdn-identifier connection-pooling enable-connection-pooling"
           " referral-mode connection-timeout read-timeout client-ssl-context){" + reference + " " + rewriter +
           " identity-mapping(search-dn rdn-identifier search-recursive search-time-limit filter-name){"
           "  attribute-mapping*+"
           "  user-password-mapper(from verifiable writable)}}"
           " token-realm(name auth-server-url client-id principal-claim){"
           "  jwt(issuer audience public-key jku-timeout connection-timeout read-timeout client-ssl-context host-name-verification-policy)"
           "  oauth2-introspection(client-id client-secret introspection-url connection-timeout read-timeout client-ssl-context host-name-verification-policy){" + reference + "}}"
           " filesystem-realm(name path relative-to levels encoded) distributed-realm(name realms)"
           " aggregate-realm(name authentication-realm authorization-realms){" + rewriter + "}"
           " kerberos(principal keytab-path relative-to debug fail-cache required)")) {
    realm.child(demand(one, not_built_protection("another source of identities")));
  }
  for (auto& one : known("local-realm(name) evidence-decoder{x500-subject-evidence-decoder x509-subject-alt-name-evidence-decoder(alt-name-type segment)}")) {
    realm.child(ignored(one, "has no effect (yet)"));
  }
  Describe<Server> element("security-realms", "Realms by name.");
  element.named(realm, &Server::realms);
  auto& read_realm = element.element().children.back().read;
  read_realm = [read = read_realm](const Node& node, void* parent, Reading& reading) -> Status {
    HF_TRY(read(node, parent, reading));
    const std::string name = node.attribute("name")->value;
    node.children.empty() ? static_cast<void>(reading.open_realms.insert(name)) : static_cast<void>(reading.open_realms.erase(name));
    return success();
  };
  return element;
}

ElementPtr security() {
  Describe<Server> element("security", "Security of the server.");
  for (auto& one : known("credential-stores{credential-store!*(name relative-to path type){clear-text-credential(clear-text) masked-credential(masked)"
                         " command-credential(command) credential-reference(store alias)}}")) {
    element.child(ignored(one, ""));
  }
  return element.group(security_realms());
}

// ---- endpoints

constexpr const char* kSocketSettings = "cache-container io-threads worker-threads idle-timeout tcp-nodelay tcp-keepalive send-buffer-size receive-buffer-size";

Setting client_certificates() {
  Setting s;
  s.name = "require-ssl-client-auth";
  s.doc = "Whether clients have to show a certificate.";
  s.built = true;
  s.refused = not_built_protection("certificates of clients");
  s.allowed = "false";
  return s;
}

Setting realm_setting() {
  Setting s;
  s.name = "security-realm";
  s.doc = "Name of the realm; it is the endpoint's.";
  return s;
}

/// `policy` and `qop` narrow what may be negotiated: what cannot be kept is refused.
Status check_sasl(const Node& node, const ConnectorConfiguration& connector) {
  if (const auto* qop = node.attribute("qop")) {
    const auto values = split_list(qop->value);
    if (!values.empty() && std::find(values.begin(), values.end(), "auth") == values.end()) {
      return error_at(qop->place, "'qop' " + not_built_protection("protection of the connection by SASL"));
    }
  }
  std::vector<std::string> policies;
  if (const auto* policy = node.attribute("policy")) policies = split_list(policy->value);
  for (const auto& child : node.children) {
    for (const auto& one : child.children) {
      const auto* value = one.attribute("value");
      if (child.name == "policy" && value && value->value == "true") policies.push_back(one.name);
    }
  }
  const auto& m = connector.mechanisms;
  const bool plain = m.empty() || std::find(m.begin(), m.end(), "PLAIN") != m.end();
  for (const auto& policy : policies) {
    const bool kept = policy == "no-anonymous" || policy == "pass-credentials" || (policy == "no-plain-text" && !plain);
    if (kept) continue;
    return error_at(node.place, "the policy '" + policy + "' is not built yet; name the mechanisms that you allow in 'mechanisms' instead");
  }
  return success();
}

Child sasl() {
  using C = ConnectorConfiguration;
  Describe<C> element("sasl", "How clients prove who they are.");
  element.setting("mechanisms", &C::mechanisms, list(), "SASL mechanisms in their order; none = what the realm offers.")
      .setting("server-name", &C::sasl_server_name, text(), "Name of the server that mechanisms use.")
      .without_effect("strength server-principal", kNoMeaning);
  for (const auto& [name, doc] : {std::pair("qop", "Quality of protection; only auth is built."), std::pair("policy", "What mechanisms have to fulfil.")}) {
    Setting s;
    s.name = name;
    s.doc = doc;
    s.kind = Kind::list;
    element.setting(s);
  }
  element.child(ignored(known("property*$@properties(name)").front(), "has no effect (yet)"))
      .child(ignored(known("policy{forward-secrecy(value) no-active(value) no-anonymous(value) no-dictionary(value) no-plain-text(value) pass-credentials(value)}").front(), ""));
  const ElementPtr built = element;
  auto child = Describe<C>("", "").group(built).element().children.front();
  child.read = [built](const Node& node, void* parent, Reading& reading) -> Status {
    HF_TRY(apply(*built, node, parent, reading));
    return check_sasl(node, *static_cast<C*>(parent));
  };
  return child;
}

Child authentication(ConnectorKind kind) {
  using C = ConnectorConfiguration;
  Describe<C> element("authentication", "Clients have to prove who they are.");
  element.setting(realm_setting());
  if (kind == ConnectorKind::rest) {
    element.setting("mechanisms", &C::mechanisms, list(), "HTTP mechanisms in their order; none = what the realm offers.")
        .without_effect("server-principal", kNoMeaning);
  }
  if (kind == ConnectorKind::hotrod || kind == ConnectorKind::memcached) element.child(sasl());
  const ElementPtr built = element;
  Child c;
  c.element = built;
  c.read = [built](const Node& node, void* parent, Reading& reading) {
    static_cast<C*>(parent)->authentication = true;
    return apply(*built, node, parent, reading);
  };
  c.write = [built](const void* parent, const void* base, std::vector<Node>& into) {
    if (static_cast<const C*>(parent)->authentication) into.push_back(write_element(*built, parent, base));
  };
  return c;
}

ElementPtr connector(ConnectorKind kind, const std::string& name) {
  using C = ConnectorConfiguration;
  Describe<C> element(name, "A protocol of the endpoint.");
  element.setting("name", &C::name, text(), "Its name.")
      .setting("socket-binding", &C::socket_binding, text(), "A port of its own; none = the endpoint's.")
      .setting("external-host", &C::external_host, text(), "Host that clients are told.")
      .setting("external-port", &C::external_port, integer<std::int32_t>(0, 65535), "Port that clients are told; 0 = the real one.")
      .setting("max-content-length", &C::max_content_length, size(1), "Bytes of one request at most.")
      .setting(realm_setting())
      .setting(client_certificates())
      .without_effect(kSocketSettings, kNoMeaning)
      .child(authentication(kind));
  for (auto& one : known("ip-filter!{accept*(from) reject*(from)} encryption!(require-ssl-client-auth security-realm){sni*(host-name security-realm)}")) {
    element.child(ignored(one, ""));
  }
  if (kind == ConnectorKind::hotrod) {
    element.without_effect("network-prefix-override", kNoMeaning)
        .child(ignored(known("topology-state-transfer(lock-timeout replication-timeout await-initial-retrieval lazy-retrieval)").front(), "has no effect (yet)"));
  } else if (kind == ConnectorKind::rest) {
    element.setting("context-path", &C::context_path, text(), "First part of every path.")
        .without_effect("extended-headers compression-level compression-threshold", kNoMeaning)
        .child(ignored(known("cors-rules{cors-rule*(name allow-credentials max-age-seconds allowed-origins allowed-methods allowed-headers expose-headers){"
                             "allowed-origins$ allowed-methods$ allowed-headers$ expose-headers$}}").front(),
                       "has no effect (yet): browsers of other origins are not let in"));
  } else {
    element.setting("cache", &C::cache, text(), "The cache that is served; none = the protocol's own.");
    if (kind == ConnectorKind::memcached) {
      element.setting("client-encoding", &C::client_encoding, text(), "Media type of values in the text protocol.").without_effect("protocol", kNoMeaning);
    }
  }
  return element;
}

/// An endpoint while it is read. <endpoints> is one too: in older files the only one, in newer ones the default of those
/// inside. Connectors with a port and a realm of their own become endpoints of their own.
struct ReadEndpoint : EndpointConfiguration {
  std::vector<EndpointConfiguration> inner;
  std::vector<EndpointConfiguration> split_off;
};

/// The realm of a connector is the endpoint's, unless it has a port of its own too: one endpoint has one realm.
Status add_connector(const Node& node, ConnectorConfiguration connector, ReadEndpoint& endpoint, Reading& reading) {
  std::vector<const NodeAttribute*> named{node.attribute("security-realm")};
  for (const auto& child : node.children) {
    if (child.name == "authentication") named.push_back(child.attribute("security-realm"));
  }
  for (const auto* realm : named) {
    if (!realm || realm->value.empty()) continue;
    reading.references.push_back({"security-realm", realm->value, realm->place});
    if (endpoint.security_realm.empty()) endpoint.security_realm = realm->value;
    if (endpoint.security_realm == realm->value) continue;
    if (connector.socket_binding.empty() || connector.socket_binding == endpoint.socket_binding) {
      return error_at(realm->place, "the endpoint has the realm '" + endpoint.security_realm + "'; a connector with another realm needs a socket-binding of its own");
    }
    EndpointConfiguration own = endpoint;
    own.name.clear();
    own.socket_binding = std::exchange(connector.socket_binding, "");
    own.security_realm = realm->value;
    own.connectors = {std::move(connector)};
    endpoint.split_off.push_back(std::move(own));
    return success();
  }
  endpoint.connectors.push_back(std::move(connector));
  return success();
}

Child connector_child(ConnectorKind kind, const std::string& name) {
  Child c;
  c.element = connector(kind, name);
  c.repeats = true;
  c.wrapper = "connectors";
  c.key = "name";
  c.read = [element = c.element, kind](const Node& node, void* parent, Reading& reading) -> Status {
    auto& endpoint = *static_cast<ReadEndpoint*>(static_cast<EndpointConfiguration*>(parent));
    ConnectorConfiguration connector;
    connector.kind = kind;
    HF_TRY(apply(*element, node, &connector, reading));
    if (const auto* binding = node.attribute("socket-binding")) reading.references.push_back({"socket-binding", binding->value, binding->place});
    return add_connector(node, std::move(connector), endpoint, reading);
  };
  return c;
}

/// The connectors in their order, whatever their kind.
void write_connectors(const std::vector<Child>& kinds, const void* parent, std::vector<Node>& into) {
  static const ConnectorConfiguration kFresh;
  for (const auto& one : static_cast<const EndpointConfiguration*>(parent)->connectors) {
    into.push_back(write_element(*kinds[static_cast<std::size_t>(one.kind)].element, &one, &kFresh));
  }
}

/// In the order of ConnectorKind.
std::vector<Child> connectors() {
  std::vector<Child> kinds{connector_child(ConnectorKind::hotrod, "hotrod-connector"), connector_child(ConnectorKind::rest, "rest-connector"),
                           connector_child(ConnectorKind::resp, "resp-connector"), connector_child(ConnectorKind::memcached, "memcached-connector")};
  auto all = kinds;
  all.front().write = [kinds](const void* parent, const void*, std::vector<Node>& into) { write_connectors(kinds, parent, into); };
  return all;
}

void endpoint_settings(Describe<EndpointConfiguration>& endpoint) {
  using E = EndpointConfiguration;
  endpoint.setting("name", &E::name, text(), "Its name.")
      .setting("socket-binding", &E::socket_binding, text(), "Its port.")
      .setting("security-realm", &E::security_realm, text(), "Realm of its users; none = anybody may come in.")
      .setting("admin", &E::admin, boolean(), "Whether administration is served.")
      .setting("metrics-auth", &E::metrics_auth, boolean(), "Whether /metrics needs credentials.")
      .setting(client_certificates())
      .without_effect(kSocketSettings, kNoMeaning)
      .children(connectors())
      .child(ignored(known("ip-filter!{accept*(from) reject*(from)}").front(), ""));
}

Status finish_endpoint(EndpointConfiguration endpoint, const Node& node, Server& server, Reading& reading) {
  if (endpoint.socket_binding.empty()) return error_at(node.place, "<" + node.name + "> names no socket-binding");
  HF_TRY(reading.name_once("endpoint on socket-binding", endpoint.socket_binding, node.place));
  const auto* binding = node.attribute("socket-binding");
  reading.references.push_back({"socket-binding", endpoint.socket_binding, binding ? binding->place : node.place});
  if (!endpoint.security_realm.empty()) {
    const auto* realm = node.attribute("security-realm");
    reading.references.push_back({"security-realm", endpoint.security_realm, realm ? realm->place : node.place});
  }
  std::erase_if(server.endpoints, [&](const auto& one) { return one.socket_binding == endpoint.socket_binding; });  // of an earlier file
  server.endpoints.push_back(std::move(endpoint));
  return success();
}

Child endpoints() {
  using E = EndpointConfiguration;
  Describe<E> one("endpoint", "A port and the protocols on it; without connectors all protocols.");
  endpoint_settings(one);
  const ElementPtr single = one;
  Describe<E> all("endpoints", "The endpoints; its own settings are theirs unless they say otherwise.");
  endpoint_settings(all);
  Child inner;
  inner.element = single;
  inner.repeats = true;
  inner.read = [single](const Node& node, void* parent, Reading& reading) -> Status {
    auto& outer = *static_cast<ReadEndpoint*>(static_cast<E*>(parent));
    ReadEndpoint endpoint;
    static_cast<E&>(endpoint) = outer;
    endpoint.connectors.clear();
    HF_TRY(apply(*single, node, static_cast<E*>(&endpoint), reading));
    outer.inner.push_back(std::move(endpoint));
    outer.split_off.insert(outer.split_off.end(), endpoint.split_off.begin(), endpoint.split_off.end());
    return success();
  };
  all.child(inner);
  const ElementPtr built = all;
  Child c;
  c.element = built;
  c.read = [built](const Node& node, void* parent, Reading& reading) -> Status {
    auto& server = *static_cast<Server*>(parent);
    ReadEndpoint read;
    HF_TRY(apply(*built, node, static_cast<E*>(&read), reading));
    std::size_t i = 0;
    for (const auto& child : node.children) {
      if (child.name == "endpoint") HF_TRY(finish_endpoint(read.inner[i++], child, server, reading));
    }
    const bool itself = read.inner.empty() || !read.connectors.empty();
    if (itself) HF_TRY(finish_endpoint(read, node, server, reading));
    for (auto& own : read.split_off) HF_TRY(finish_endpoint(std::move(own), node, server, reading));
    return success();
  };
  c.write = [single](const void* parent, const void*, std::vector<Node>& into) {
    const auto& endpoints = static_cast<const Server*>(parent)->endpoints;
    if (endpoints.empty()) return;
    static const E kFresh;
    Node& node = into.emplace_back();
    node.name = "endpoints";
    for (const auto& endpoint : endpoints) node.children.push_back(write_element(*single, &endpoint, &kFresh));
  };
  return c;
}

ElementPtr make_server() {
  Describe<Server> server("server", "The server around the container.");
  server.group(interfaces()).group(socket_bindings());
  auto& bindings = server.element().children.back();
  bindings.read = [read = bindings.read](const Node& node, void* parent, Reading& reading) -> Status {
    if (const auto* name = node.attribute("default-interface")) reading.references.push_back({"interface", name->value, name->place});
    return read(node, parent, reading);
  };
  server.group(security());
  for (auto& one : known("data-sources{data-source*(name jndi-name statistics){"
                         " connection-factory(driver url transaction-isolation new-connection-sql username password){credential-reference(store alias)"
                         "  connection-property*$@connection-properties(name)}"
                         " connection-pool(max-size min-size initial-size blocking-timeout background-validation validate-on-acquisition leak-detection idle-removal)}}")) {
    server.child(kept(one, [](void* s) -> std::vector<ElementConfiguration>& { return static_cast<Server*>(s)->extra; },
                      "is kept, databases are not built yet"));
  }
  server.child(endpoints());
  return server;
}

}  // namespace

const ElementPtr& server_element() {
  static const ElementPtr kElement = make_server();
  return kElement;
}

}  // namespace holdfast::config
