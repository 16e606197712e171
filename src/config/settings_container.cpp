// The settings of a container and of its cluster.
#include "config/builder.h"
#include "config/descriptors.h"
#include "config/formats/xml.h"
#include "config/paths.h"
#include "config/properties.h"
#include "config/templates.h"

namespace holdfast::config {
namespace {

using Container = ContainerConfiguration;
constexpr const char* kNoMeaning = "of the original, has no meaning here";
constexpr const char* kNotYet = "is kept, has no effect yet";

std::vector<ElementConfiguration>& extra_of(void* container) { return static_cast<Container*>(container)->extra; }

Codec<std::vector<std::string>> permissions() {
  auto codec = list();
  codec.shape.choices = {"LIFECYCLE", "READ", "WRITE", "EXEC", "LISTEN", "BULK_READ", "BULK_WRITE", "ADMIN", "CREATE", "MONITOR", "ALL", "ALL_READ", "ALL_WRITE", "NONE"};
  codec.parse = [parse = codec.parse, shape = codec.shape](const std::string& written) -> Result<std::vector<std::string>> {
    HF_ASSIGN(auto values, parse(written));
    for (const auto& value : values) {
      if (std::find(shape.choices.begin(), shape.choices.end(), value) == shape.choices.end()) return not_a_choice(shape, value);
    }
    return values;
  };
  return codec;
}

ElementPtr role() {
  using R = RoleConfiguration;
  return Describe<R>("role", "A role and what it allows.")
      .setting("name", &R::name, text(), "Its name.")
      .setting("description", &R::description, text(), "For people.")
      .setting("permissions", &R::permissions, permissions(), "What it allows.")
      .without_effect("inheritable", kNoMeaning);
}

Child authorization() {
  using A = AuthorizationConfiguration;
  const std::string custom = " maps by code that cannot be loaded here, and without it others would be allowed; use cluster-role-mapper";
  auto custom_mappers = known("custom-role-mapper(class) custom-permission-mapper(class)");
  Describe<A> element("authorization", "Operations are checked against roles when the element is there.");
  element.setting("enabled", &A::enabled, boolean(), "false = they are not.")
      .setting("group-only-mapping", &A::group_only_mapping, boolean(), "Whether roles come from groups only, not from the user's own name.")
      .setting("audit-logger", &A::audit_logger, text(), "A registered name.").not_built()
      .presence("identity-role-mapper", "Principals are roles.", &A::role_mapping, RoleMapping::identity)
      .presence("common-name-role-mapper", "The common name of a principal is its role.", &A::role_mapping, RoleMapping::common_name)
      .presence("cluster-role-mapper", "Principals get roles at run time; without any, roles of their own name.", &A::role_mapping, RoleMapping::cluster,
                known("name-rewriter!+"))
      .child(ignored(known("cluster-permission-mapper").front(), ""));
  for (auto& mapper : custom_mappers) {
    auto refused = std::make_shared<Element>(*mapper.element);
    refused->refused = custom;
    mapper.element = refused;
    element.child(ignored(mapper, ""));
  }
  element.group(Describe<A>("roles", "Roles; without any the default ones exist.").named(role(), &A::roles, "name"));
  ElementPtr direct = Describe<A>("", "").named(role(), &A::roles);
  auto old_role = direct->children.front();
  old_role.old = true;
  old_role.write = nullptr;
  element.child(old_role);
  const ElementPtr built = element;
  auto child = Describe<Container>("", "").one(built, &Container::authorization).element().children.front();
  child.read = [built](const Node& node, void* parent, Reading& reading) {
    auto& authorization = static_cast<Container*>(parent)->authorization;
    authorization.enabled = true;
    return apply(*built, node, &authorization, reading);
  };
  child.write = [built](const void* parent, const void* base, std::vector<Node>& into) {
    const auto& authorization = static_cast<const Container*>(parent)->authorization;
    Node node = write_element(*built, &authorization, &static_cast<const Container*>(base)->authorization);
    if (node.attributes.empty() && node.children.empty()) return;
    std::erase_if(node.attributes, [](const auto& a) { return a.name == "enabled" && a.value == "true"; });
    if (!authorization.enabled && !node.attribute("enabled")) node.set("enabled", "false");
    into.push_back(std::move(node));
  };
  return child;
}

Child transport() {
  using T = TransportConfiguration;
  const auto inner = [](Setting setting) { return within(&Container::transport, std::move(setting)); };
  ElementPtr element = Describe<Container>("transport", "This node in its cluster.")
      .setting("cluster", &Container::cluster_name, text(), "Name of the cluster.")
      .setting("node-name", &Container::node_name, text(), "Name of this node; none = one is made up.")
      .setting("stack", &Container::stack, text(), "Stack of protocols.")
      .setting(inner(setting_of("machine", &T::machine, text(), "Where copies should not lie together.")))
      .setting(inner(setting_of("rack", &T::rack, text(), "Where copies should not lie together.")))
      .setting(inner(setting_of("site", &T::site, text(), "Where copies should not lie together.")))
      .setting(inner(setting_of("lock-timeout", &T::lock_timeout_ms, duration(0), "How long a definition waits for others that change at the same time.")))
      .setting(inner(setting_of("initial-cluster-size", &T::initial_cluster_size, integer<std::int32_t>(-1), "Members to wait for at the start; -1 = none.")))
      .setting(inner(setting_of("initial-cluster-timeout", &T::initial_cluster_timeout_ms, duration(0), "How long to wait for them.")))
      .setting(inner(setting_of("crash-timeout", &T::crash_timeout_ms, duration(60), "How soon a dead member is replaced: its leases end within it.")))
      .setting(inner(setting_of("hang-timeout", &T::hang_timeout_ms, duration(400), "How soon a member that is connected but silent is removed.")))
      .setting(inner(setting_of("raft-members", &T::raft_members, list(), "Members that vote.")))
      .setting([] {
        Setting s;
        s.name = "security-realm";
        s.doc = "Realm whose keys encrypt the cluster's traffic.";
        s.built = false;
        s.refused = "asks for encryption between nodes, which is not built yet; a server never starts less protected than its file says";
        return s;
      }())
      .without_effect("executor remote-command-executor total-order-executor", kNoMeaning)
      .child(ignored(known("property*$@properties(name)").front(), "has no effect (yet)"));
  return Describe<Container>("", "").group(element).element().children.front();
}

Child location(const std::string& name, const std::string& doc, std::string GlobalStateConfiguration::*member) {
  struct Location {
    std::string path;
    std::string relative_to;
  };
  ElementPtr element = Describe<Location>(name, doc)
                           .setting("path", &Location::path, text(), "A folder.")
                           .setting("relative-to", &Location::relative_to, text(), "Name of the property that has the folder above it.");
  Child c;
  c.element = element;
  c.read = [element, member](const Node& node, void* parent, Reading& reading) -> Status {
    Location location;
    HF_TRY(apply(*element, node, &location, reading));
    HF_ASSIGN(static_cast<GlobalStateConfiguration*>(parent)->*member,
              located(location.path, location.relative_to, "infinispan.server.data.path", node.place, reading));
    return success();
  };
  c.write = [element, member](const void* parent, const void* base, std::vector<Node>& into) {
    const Location here{static_cast<const GlobalStateConfiguration*>(parent)->*member, ""};
    const Location there{static_cast<const GlobalStateConfiguration*>(base)->*member, ""};
    Node node = write_element(*element, &here, &there);
    if (!node.attributes.empty()) into.push_back(std::move(node));
  };
  return c;
}

Child global_state() {
  using G = GlobalStateConfiguration;
  Describe<G> element("global-state", "State that outlives a restart: caches made at run time, versions. On when the element is there.");
  element.setting("unclean-shutdown-action", &G::unclean_shutdown_action, text_choice({"FAIL", "PURGE", "IGNORE"}), "What a start does after a crash.").not_built()
      .child(location("persistent-location", "Folder of the state.", &G::persistent_location))
      .child(location("shared-persistent-location", "Folder that several nodes share.", &G::shared_persistent_location))
      .child(location("temporary-location", "Folder of what may be lost.", &G::temporary_location))
      .child(ignored(known("overlay-configuration-storage").front(), ""))
      .child(ignored(known("managed-configuration-storage").front(), ""));
  for (auto& other : known("volatile-configuration-storage immutable-configuration-storage custom-configuration-storage(class)")) {
    element.child(ignored(other, "has no effect: caches made at run time are kept"));
  }
  const ElementPtr built = element;
  Child c;
  c.element = built;
  c.read = [built](const Node& node, void* parent, Reading& reading) -> Status {
    auto& state = static_cast<Container*>(parent)->global_state;
    state.enabled = true;
    HF_TRY(apply(*built, node, &state, reading));
    if (state.persistent_location.empty() && reading.options.property) {
      state.persistent_location = reading.options.property("infinispan.server.data.path").value_or("");
    }
    return success();
  };
  c.write = [built](const void* parent, const void* base, std::vector<Node>& into) {
    const auto& state = static_cast<const Container*>(parent)->global_state;
    if (!state.enabled) return;
    into.push_back(write_element(*built, &state, &static_cast<const Container*>(base)->global_state));
  };
  return c;
}

ElementPtr metrics() {
  return Describe<Container>("metrics", "What /metrics shows.")
      .setting("gauges", &Container::metrics_gauges, boolean(), "Whether values are shown.")
      .setting("histograms", &Container::metrics_histograms, boolean(), "Whether times are shown as histograms.")
      .setting("prefix", &Container::metrics_prefix, text(), "Put before every name.").not_built()
      .setting("names-as-tags", &Container::metrics_names_as_tags, boolean(), "Whether cache names are tags.").not_built()
      .setting("namesAsTags", &Container::metrics_names_as_tags, boolean(), "Older name of names-as-tags.").old()
      .setting("accurate-size", &Container::metrics_accurate_size, boolean(), "Counts are always accurate. true: caches that do not say whether they count do so.")
      .setting("jvm", &Container::metrics_jvm, boolean(), "Whether the process is shown.").not_built()
      .setting("legacy", &Container::metrics_legacy, boolean(), "Whether names are the original's of before 16.").not_built();
}

ElementPtr jmx() {
  return Describe<Container>("jmx", "The management tree.")
      .setting("enabled", &Container::jmx_enabled, boolean(), "Whether it is served.").not_built()
      .setting("domain", &Container::jmx_domain, text(), "Begins every name.").not_built()
      .without_effect("mbean-server-lookup duplicate-domains", kNoMeaning)
      .child(ignored(known("property*$@properties(name)").front(), "has no effect (yet)"));
}

void add_caches(Describe<Container>& container) {
  for (const auto& cache : cache_elements()) {
    Child c;
    c.element = cache.element;
    c.repeats = true;
    c.wrapper = "caches";
    c.key = "name";
    c.read = [&cache](const Node& node, void* parent, Reading& reading) {
      return read_cache_node(cache, node, *static_cast<Container*>(parent), reading);
    };
    container.child(std::move(c));
  }
  // One child writes for all: templates come before what inherits from them.
  container.element().children.back().write = [](const void* parent, const void*, std::vector<Node>& into) {
    write_caches(*static_cast<const Container*>(parent), into);
  };
}

ElementPtr make_container() {
  Describe<Container> container("cache-container", "A container of caches.");
  container.setting("name", &Container::name, text(), "Its name.")
      .setting("default-cache", &Container::default_cache, text(), "The cache that is meant when none is named.")
      .setting("statistics", &Container::statistics, boolean(), "Whether caches count that do not say it themselves.")
      .setting("zero-capacity-node", &Container::zero_capacity_node, boolean(), "Whether this node owns no entries.")
      .without_effect("shutdown-hook jndi-name start module aliases listener-executor expiration-executor non-blocking-executor blocking-executor"
                      " async-executor eviction-executor persistence-executor state-transfer-executor", kNoMeaning)
      .child(transport());
  Describe<Container> security("security", "Security of the container.");
  security.without_effect("cache-size cache-timeout", "Decisions are not cached here.").child(authorization());
  container.group(security).group(metrics()).group(jmx()).child(global_state());
  for (auto& one : known("serialization(marshaller version schema-compatibility){advanced-externalizer*(class id)"
                         "  context-initializer*@context-initializers(class) allow-list{class*$ regex*$} white-list{class*$ regex*$}}"
                         " tracing(collector-endpoint enabled exporter-protocol service-name security)"
                         " memory-monitor(enabled memory-threshold gc-duration-threshold gc-pressure-threshold gc-pressure-window)"
                         " eviction-containers{max-count-container*(name count dynamic-resize) max-size-container*(name size dynamic-resize)}"
                         " counters(num-owners reliability){strong-counter*(name initial-value storage lifespan){lower-bound(value) upper-bound(value)}"
                         "  weak-counter*(name initial-value storage concurrency-level)}"
                         " clustered-locks(num-owners reliability){clustered-lock*(name)}"
                         " modules+")) {
    container.child(kept(one, extra_of, kNotYet));
  }
  add_caches(container);
  return container;
}

/// A protocol's name without its package: "org.jgroups.protocols.SYM_ENCRYPT".
bool protects(const std::string& protocol) {
  const auto name = protocol.substr(protocol.rfind('.') + 1);
  return name == "SYM_ENCRYPT" || name == "ASYM_ENCRYPT" || name == "AUTH" || name == "SSL_KEY_EXCHANGE" || name == "SASL";
}

/// TLS of the transport protocol: tls.enabled="true".
bool encrypts(const Node& protocol) {
  const auto* enabled = protocol.attribute("tls.enabled");
  return enabled != nullptr && enabled->value != "false";
}

Status read_protocols(const Node& stack, StackConfiguration& into, Reading& reading) {
  for (const auto& node : stack.children) {
    if (protects(node.name) || encrypts(node)) {
      return error_at(node.place, "<" + node.name + "> protects the traffic between nodes, which is not built yet; a server never starts less protected than its file says");
    }
    if (node.name == "remote-sites") reading.warn(node.place, "<remote-sites> is kept, other sites are not served yet");
    into.protocols.push_back(keep(node));
  }
  return success();
}

/// A stack in a file of its own: <config>, the protocols in it. The original's own files stand for the stacks that come with it.
Status read_stack_file(const Place& place, StackConfiguration& into, Reading& reading) {
  const std::string file = into.path.substr(into.path.rfind('/') + 1);
  constexpr std::string_view kBuiltIn = "default-jgroups-", kEnding = ".xml";
  const std::string path = join_path(folder_of(place.file ? *place.file : ""), into.path);
  auto text = reading.options.read_file ? reading.options.read_file(path) : Result<std::string>(Error(Errc::not_found, "no further files are read here"));
  if (!text.ok() && file.starts_with(kBuiltIn) && file.ends_with(kEnding)) {
    into.extends = file.substr(kBuiltIn.size(), file.size() - kBuiltIn.size() - kEnding.size());
    return success();
  }
  if (!text.ok()) {  // an error for whoever uses the stack
    reading.warn(place, "the stack '" + into.name + "' cannot be read: " + text.error().message());
    return success();
  }
  HF_ASSIGN(Node root, parse_xml(*text, path));
  HF_TRY(resolve_properties(root, reading.options.property));
  if (root.name != "config") return error_at(root.place, "<" + root.name + "> is no stack; its root is <config>");
  return read_protocols(root, into, reading);
}

Child stack_child(bool is_file) {
  using S = StackConfiguration;
  Describe<S> element(is_file ? "stack-file" : "stack", is_file ? "A stack in a file of its own." : "Protocols of the cluster from the bottom to the top.");
  element.setting("name", &S::name, text(), "Name of the stack.");
  if (is_file) element.setting("path", &S::path, text(), "The file.");
  else element.setting("extends", &S::extends, text(), "The stack that this one changes.");
  element.element().open = !is_file;
  const ElementPtr built = element;
  Child c;
  c.element = built;
  c.repeats = true;
  c.wrapper = "stacks";
  c.key = "name";
  c.read = [built](const Node& node, void* parent, Reading& reading) -> Status {
    StackConfiguration stack;
    Node bare = node;
    if (built->open) bare.children.clear();
    HF_TRY(apply(*built, bare, &stack, reading));
    if (built->open) HF_TRY(read_protocols(node, stack, reading));
    else HF_TRY(read_stack_file(node.place, stack, reading));
    HF_TRY(reading.name_once("stack", stack.name, node.place));
    auto& stacks = static_cast<Container*>(parent)->stacks;
    std::erase_if(stacks, [&](const auto& one) { return one.name == stack.name; });  // of an earlier file
    stacks.push_back(std::move(stack));
    return success();
  };
  if (is_file) return c;
  c.write = [](const void* parent, const void* base, std::vector<Node>& into) {  // both kinds, in their order
    static const StackConfiguration kFresh;
    const auto& inherited = static_cast<const Container*>(base)->stacks;
    const auto& stacks = static_cast<const Container*>(parent)->stacks;
    for (std::size_t i = inherited.size(); i < stacks.size(); ++i) {
      const auto* kind = jgroups_element()->child(stacks[i].path.empty() ? "stack" : "stack-file");
      Node node = write_element(*kind->element, &stacks[i], &kFresh);
      if (stacks[i].path.empty()) {
        for (const auto& protocol : stacks[i].protocols) node.children.push_back(node_of(protocol));
      }
      into.push_back(std::move(node));
    }
  };
  return c;
}

}  // namespace

const ElementPtr& container_element() {
  static const ElementPtr kElement = make_container();
  return kElement;
}

const ElementPtr& jgroups_element() {
  static const ElementPtr kElement = Describe<Container>("jgroups", "Stacks of protocols for the cluster.")
                                         .without_effect("transport", kNoMeaning)
                                         .child(stack_child(true))
                                         .child(stack_child(false));
  return kElement;
}

const Child& threads_child() {
  static const Child kChild = kept(
      known("threads{thread-factory*@thread-factories(name group-name thread-name-pattern priority)"
            " blocking-bounded-queue-thread-pool*@thread-pools(name thread-factory max-threads core-threads keepalive-time queue-length)"
            " non-blocking-bounded-queue-thread-pool*@thread-pools(name thread-factory max-threads core-threads keepalive-time queue-length)"
            " cached-thread-pool*@thread-pools(name thread-factory) scheduled-thread-pool*@thread-pools(name thread-factory max-threads core-threads)}")
          .front(),
      extra_of, "is kept, threads are not configured here");
  return kChild;
}

const Child& remote_containers_child() {
  static const Child kChild = kept(known("remote-cache-containers+").front(), extra_of, "is kept, has no effect yet");
  return kChild;
}

}  // namespace holdfast::config
