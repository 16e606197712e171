#include "config/test_read.h"

namespace holdfast::config {
namespace {

const std::string kBindings = R"(<interfaces><interface name="public"><loopback/></interface></interfaces>
  <socket-bindings default-interface="public"><socket-binding name="default" port="11222"/><socket-binding name="mem" port="11221"/></socket-bindings>)";

std::string document(const std::string& realms, const std::string& endpoints) {
  return "<infinispan><server>" + kBindings + "<security><security-realms>" + realms + "</security-realms></security>" + endpoints + "</server></infinispan>";
}

TEST(Server, ReadsRealmsAndEndpoints) {
  World world;
  world.properties["infinispan.server.config.path"] = "/srv/conf";
  const auto d = must(world.read(document(R"(<security-realm name="default"><properties-realm groups-attribute="Roles">
      <user-properties path="users.properties" relative-to="infinispan.server.config.path" plain-text="true"/>
      <group-properties path="/etc/groups.properties"/></properties-realm></security-realm>)",
      R"(<endpoints><endpoint socket-binding="default" security-realm="default" admin="false">
      <hotrod-connector name="hotrod" max-content-length="5MB"><authentication><sasl mechanisms="PLAIN SCRAM-SHA-256" server-name="s" qop="auth"/></authentication></hotrod-connector>
      <rest-connector name="rest"><authentication mechanisms="DIGEST BASIC"/></rest-connector></endpoint></endpoints>)")));
  EXPECT_TRUE(d.server.present);
  const auto& realm = d.server.realms.at(0);
  ASSERT_TRUE(realm.properties);
  EXPECT_EQ(realm.properties->users_path, "/srv/conf/users.properties");
  EXPECT_EQ(realm.properties->groups_path, "/etc/groups.properties");
  EXPECT_TRUE(realm.properties->plain_text);
  const auto& endpoint = d.server.endpoints.at(0);
  EXPECT_EQ(endpoint.security_realm, "default");
  EXPECT_FALSE(endpoint.admin);
  const auto& hotrod = endpoint.connectors.at(0);
  EXPECT_EQ(hotrod.mechanisms, (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256"}));
  EXPECT_EQ(hotrod.sasl_server_name, "s");
  EXPECT_EQ(hotrod.max_content_length, 5000000);
  EXPECT_TRUE(hotrod.authentication);
  EXPECT_EQ(endpoint.connectors.at(1).kind, ConnectorKind::rest);
  EXPECT_EQ(endpoint.connectors.at(1).mechanisms, (std::vector<std::string>{"DIGEST", "BASIC"}));
  EXPECT_TRUE(d.warnings.empty());
}

TEST(Server, FindsRealmFilesBesideTheConfigurationWhenNothingElseIsSaid) {
  World world;
  world.file = "/c/infinispan.xml";
  const auto d = must(world.read(document("<security-realm name='a'><properties-realm/></security-realm>", "")));
  EXPECT_EQ(d.server.realms.at(0).properties->users_path, "/c/users.properties");
}

TEST(Server, ReadsEveryKindOfAddress) {
  const World world;
  const std::vector<std::pair<std::string, AddressKind>> kinds{
      {"inet-address value='10.0.0.1'", AddressKind::inet_address}, {"any-address", AddressKind::any_address}, {"global", AddressKind::global},
      {"link-local", AddressKind::link_local}, {"loopback", AddressKind::loopback}, {"non-loopback", AddressKind::non_loopback},
      {"site-local", AddressKind::site_local}, {"match-host value='a.*'", AddressKind::match_host},
      {"match-interface value='eth0'", AddressKind::match_interface}, {"match-address value='10.*'", AddressKind::match_address}};
  for (const auto& [element, kind] : kinds) {
    const auto d = must(world.read("<infinispan><server><interfaces><interface name='i'><" + element + "/></interface></interfaces></server></infinispan>"));
    EXPECT_EQ(d.server.interfaces.at(0).kind, kind) << element;
  }
}

TEST(Server, EndpointsAreOneEndpointInOlderFilesAndDefaultsInNewerOnes) {
  const World world;
  const std::string realm = "<security-realm name='r'><properties-realm/></security-realm>";
  const auto older = must(world.read(document(realm, "<endpoints socket-binding='default' security-realm='r'><hotrod-connector/><memcached-connector socket-binding='mem'/></endpoints>")));
  ASSERT_EQ(older.server.endpoints.size(), 1u);
  EXPECT_EQ(older.server.endpoints[0].connectors.at(1).socket_binding, "mem");
  const auto newer = must(world.read(document(realm, "<endpoints security-realm='r'><endpoint socket-binding='default'/><endpoint socket-binding='mem'/></endpoints>")));
  ASSERT_EQ(newer.server.endpoints.size(), 2u);
  EXPECT_EQ(newer.server.endpoints[1].security_realm, "r");
  EXPECT_EQ(must(world.read(document(realm, "<endpoints socket-binding='default'/>"))).server.endpoints.size(), 1u);
}

TEST(Server, WantsNamesToExist) {
  const World world;
  EXPECT_TRUE(contains(world.failure(document("", "<endpoints socket-binding='defualt'/>")), "there is no socket-binding 'defualt', did you mean default?"));
  EXPECT_TRUE(contains(world.failure(document("", "<endpoints socket-binding='default' security-realm='x'/>")), "there is no security-realm 'x'"));
  EXPECT_TRUE(contains(world.failure(document("", "<endpoints/>")), "names no socket-binding"));
  EXPECT_TRUE(contains(world.failure(document("", "<endpoints><endpoint socket-binding='default'/><endpoint socket-binding='default'/></endpoints>")), "is there twice"));
}

TEST(Server, OneEndpointHasOneRealm) {
  const World world;
  const std::string realms = "<security-realm name='r'><properties-realm/></security-realm><security-realm name='s'><properties-realm/></security-realm>";
  const auto d = must(world.read(document(realms, "<endpoints socket-binding='default'><hotrod-connector><authentication security-realm='r'/></hotrod-connector></endpoints>")));
  EXPECT_EQ(d.server.endpoints.at(0).security_realm, "r");
  EXPECT_TRUE(contains(world.failure(document(realms, "<endpoints socket-binding='default' security-realm='s'><rest-connector security-realm='r'/></endpoints>")),
                       "needs a socket-binding of its own"));
  const auto split = must(world.read(document(realms, "<endpoints socket-binding='default' security-realm='s'><rest-connector/><memcached-connector socket-binding='mem' security-realm='r'/></endpoints>")));
  ASSERT_EQ(split.server.endpoints.size(), 2u);
  EXPECT_EQ(split.server.endpoints[1].socket_binding, "mem");
  EXPECT_EQ(split.server.endpoints[1].security_realm, "r");
}

TEST(Server, ARealmWithNothingInItLetsEverybodyInWithAWarning) {
  const World world;
  const auto d = must(world.read(document("<security-realm name='none'/>", "<endpoints socket-binding='default' security-realm='none'/>")));
  EXPECT_EQ(d.server.endpoints.at(0).security_realm, "");
  EXPECT_EQ(d.warnings.size(), 1u);
  const auto closed = must(world.read(document("<security-realm name='local'><local-realm/></security-realm>", "<endpoints socket-binding='default' security-realm='local'/>")));
  EXPECT_EQ(closed.server.endpoints.at(0).security_realm, "local");
}

/// The configuration is refused, never weakened.
TEST(Protection, ThatIsNotBuiltIsAnError) {
  const World world;
  const std::string endpoint = "<endpoints socket-binding='default' security-realm='r'/>";
  const auto realm = [&](const std::string& inner) { return world.failure(document("<security-realm name='r'>" + inner + "</security-realm>", endpoint)); };
  for (const char* inner : {"<server-identities><ssl><keystore path='k' password='p'/></ssl></server-identities>", "<ldap-realm url='ldap://x'/>",
                            "<token-realm auth-server-url='x' client-id='y'/>", "<truststore-realm/>", "<filesystem-realm path='p'/>",
                            "<server-identities><kerberos principal='p' keytab-path='k'/></server-identities>"}) {
    EXPECT_TRUE(contains(realm(inner), "never starts less protected")) << inner << realm(inner);
  }
  EXPECT_EQ(realm("<server-identities/>"), "");
  for (const char* endpoints : {"<endpoints socket-binding='default' require-ssl-client-auth='true'/>", "<endpoints socket-binding='default'><ip-filter><accept from='1.2.3.4/8'/></ip-filter></endpoints>",
                                "<endpoints socket-binding='default'><hotrod-connector><encryption security-realm='r'/></hotrod-connector></endpoints>",
                                "<endpoints socket-binding='default'><hotrod-connector><authentication><sasl qop='auth-conf'/></authentication></hotrod-connector></endpoints>"}) {
    EXPECT_TRUE(contains(world.failure(document("", endpoints)), "never starts less protected")) << endpoints;
  }
  EXPECT_TRUE(contains(world.failure(document("", "<endpoints socket-binding='default'><hotrod-connector><authentication><sasl policy='no-dictionary'/></authentication></hotrod-connector></endpoints>")),
                       "is not built yet"));
  EXPECT_EQ(world.failure(document("", "<endpoints socket-binding='default' require-ssl-client-auth='false'/>")), "");
  EXPECT_TRUE(contains(world.failure("<infinispan><server><security><credential-stores><credential-store name='c' path='p'/></credential-stores></security></server></infinispan>"),
                       "never starts less protected"));
  EXPECT_TRUE(contains(world.failure("<infinispan><jgroups><stack name='s'><SYM_ENCRYPT/></stack></jgroups></infinispan>"), "never starts less protected"));
  EXPECT_TRUE(contains(world.failure("<infinispan><cache-container><transport security-realm='r'/></cache-container></infinispan>"), "never starts less protected"));
  EXPECT_TRUE(contains(world.failure("<infinispan><cache-container><security><authorization><custom-role-mapper class='x'/></authorization></security></cache-container></infinispan>"),
                       "custom-role-mapper"));
}

TEST(Protection, OfARealmThatNoEndpointUsesIsAWarning) {
  const auto d = must(World().read(document("<security-realm name='unused'><server-identities><ssl/></server-identities></security-realm>", "<endpoints socket-binding='default'/>")));
  ASSERT_EQ(d.warnings.size(), 1u);
  EXPECT_TRUE(contains(d.warnings[0], "no endpoint uses the realm 'unused'"));
}

TEST(Container, ReadsSecurityStateAndTransport) {
  World world;
  world.properties["infinispan.server.data.path"] = "/data";
  const auto d = must(world.read(R"(<infinispan><cache-container zero-capacity-node="false"><transport cluster="c" node-name="n" stack="tcp" machine="m" initial-cluster-size="3" lock-timeout="2m"/>
    <security><authorization group-only-mapping="false"><common-name-role-mapper/><roles><role name="r" permissions="READ BULK_READ"/></roles></authorization></security>
    <global-state><persistent-location path="state"/></global-state></cache-container></infinispan>)"));
  EXPECT_EQ(d.container.cluster_name, "c");
  EXPECT_EQ(d.container.transport.machine, "m");
  EXPECT_EQ(d.container.transport.lock_timeout_ms, 120000);
  EXPECT_TRUE(d.container.authorization.enabled);
  EXPECT_FALSE(d.container.authorization.group_only_mapping);
  EXPECT_EQ(d.container.authorization.role_mapping, RoleMapping::common_name);
  EXPECT_EQ(d.container.authorization.roles.at(0).permissions, (std::vector<std::string>{"READ", "BULK_READ"}));
  EXPECT_EQ(d.container.global_state.persistent_location, "/data/state");
  EXPECT_TRUE(contains(world.failure("<infinispan><cache-container><security><authorization><roles><role name='r' permissions='RAED'/></roles></authorization></security></cache-container></infinispan>"),
                       "did you mean READ?"));
}

TEST(Container, KeepsStacksForTheCluster) {
  const World world;
  const std::string xml = R"(<infinispan><jgroups><stack name="s" extends="tcp"><FD_ALL3 xmlns="urn:org:jgroups" timeout="5" xmlns:ispn="urn:infinispan:config:16.0" ispn:stack.combine="COMBINE"/></stack></jgroups></infinispan>)";
  const std::string yaml = "infinispan: {jgroups: {stacks: {s: {stack: {extends: tcp, FD-ALL3: {timeout: 5, stack.combine: COMBINE}}}}}}";
  const auto d = must(world.read(xml));
  ASSERT_EQ(d.container.stacks.size(), 1u);
  EXPECT_EQ(d.container.stacks[0].extends, "tcp");
  EXPECT_EQ(d.container.stacks[0].protocols.at(0).attributes.at("stack.combine"), "COMBINE");
  EXPECT_EQ(must(world.read(yaml)).container.stacks, d.container.stacks);
}

TEST(Container, ReadsStacksFromFilesOfTheirOwn) {
  World world;
  const std::string xml = "<infinispan><jgroups><stack-file name='s' path='jgroups/s.xml'/><stack-file name='u' path='default-configs/default-jgroups-udp.xml'/></jgroups></infinispan>";
  EXPECT_TRUE(contains(must(world.read(xml)).warnings.at(0), "the stack 's' cannot be read"));
  world.properties["hosts"] = "a[1]";
  world.files["jgroups/s.xml"] = "<config xmlns='urn:org:jgroups'><TCP bind_port='7'/><TCPPING initial_hosts='${hosts:}'/></config>";
  const auto d = must(world.read(xml));
  EXPECT_EQ(d.container.stacks.at(0).protocols.at(0).attributes.at("bind_port"), "7");
  EXPECT_EQ(d.container.stacks.at(0).protocols.at(1).attributes.at("initial_hosts"), "a[1]");
  EXPECT_EQ(d.container.stacks.at(1).extends, "udp");
  world.files["jgroups/s.xml"] = "<config xmlns='urn:org:jgroups'><TCP/><org.jgroups.protocols.ASYM_ENCRYPT/></config>";
  EXPECT_TRUE(contains(world.failure(xml), "never starts less protected"));
  world.files["jgroups/s.xml"] = "<config xmlns='urn:org:jgroups'><TCP tls.enabled='true'/></config>";
  EXPECT_TRUE(contains(world.failure(xml), "never starts less protected"));
}

TEST(Server, ReadsTheShapesThatTheOriginalWrites) {
  const World world;
  const auto json = must(world.read(R"({"infinispan": {"cache-container": {"security": {"authorization": {"roles": {"r": {"role": {"permissions": ["READ"]}}}}},
     "jmx": {"properties": {"k": "v"}}, "serialization": {"context-initializers": ["a.B"], "allow-list": {"class": ["x"], "regex": ["y.*"]}}},
     "threads": {"thread-pools": {"p": {"cached-thread-pool": {"thread-factory": "f"}}}},
     "server": {"interfaces": [{"name": "public", "loopback": null}], "socket-bindings": {"default-interface": "public", "socket-binding": [{"name": "default", "port": "11222"}]},
     "security": {"security-realms": [{"name": "default", "properties-realm": {"user-properties": {"path": "/u", "plain-text": true}}}]},
     "endpoints": [{"socket-binding": "default", "security-realm": "default", "connectors": {"hotrod": {"hotrod-connector": {"authentication": {"sasl": {"mechanisms": ["PLAIN", "DIGEST-MD5"]}}}}}}]}}})"));
  const auto& endpoint = json.server.endpoints.at(0);
  EXPECT_EQ(endpoint.connectors.at(0).name, "hotrod");
  EXPECT_EQ(endpoint.connectors.at(0).mechanisms, (std::vector<std::string>{"PLAIN", "DIGEST-MD5"}));
  EXPECT_EQ(json.container.authorization.roles.at(0).name, "r");
  ASSERT_EQ(json.container.extra.size(), 2u);
  EXPECT_EQ(json.container.extra[1].name, "threads");
  EXPECT_EQ(json.container.extra[1].children.at(0).attributes.at("name"), "p");
  const auto yaml = must(world.read("infinispan:\n  cacheContainer: {}\n  server:\n    interfaces:\n    - name: i\n      loopback: ~\n    socketBindings: {socketBinding: [{name: default, port: 1}]}\n"
                                    "    endpoints:\n      socketBinding: default\n      hotrodConnector: ~\n      restConnector: ~\n"));
  EXPECT_EQ(yaml.server.endpoints.at(0).connectors.size(), 2u);
  for (const Format format : {Format::xml, Format::json, Format::yaml}) {
    EXPECT_EQ(must(world.read(write(json, format))).server, json.server) << write(json, format);
    EXPECT_EQ(must(world.read(write(json, format))).container, json.container) << write(json, format);
  }
}

}  // namespace
}  // namespace holdfast::config
