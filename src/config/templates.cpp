#include "config/templates.h"

#include <algorithm>

#include "base/wildcard.h"

namespace holdfast::config {
namespace {

using Templates = std::map<std::string, CacheConfiguration>;

Templates make_builtin_templates() {
  Templates all;
  CacheConfiguration local;
  local.statistics = true;
  local.locking.acquire_timeout_ms = 15000;
  local.locking.concurrency_level = 1000;
  const auto clustered = [&](CacheMode mode, bool asynchronous) {
    CacheConfiguration c = local;
    c.mode = mode;
    c.asynchronous = asynchronous;
    if (!asynchronous) c.remote_timeout_ms = 17500;
    if (mode == CacheMode::replicated || mode == CacheMode::distributed) c.state_transfer.timeout_ms = 60000;
    return c;
  };
  all["org.infinispan.LOCAL"] = local;
  all["org.infinispan.REPL_SYNC"] = clustered(CacheMode::replicated, false);
  all["org.infinispan.REPL_ASYNC"] = clustered(CacheMode::replicated, true);
  all["org.infinispan.DIST_SYNC"] = clustered(CacheMode::distributed, false);
  all["org.infinispan.DIST_ASYNC"] = clustered(CacheMode::distributed, true);
  all["org.infinispan.INVALIDATION_SYNC"] = clustered(CacheMode::invalidation, false);
  all["org.infinispan.INVALIDATION_ASYNC"] = clustered(CacheMode::invalidation, true);
  all["org.infinispan.SCATTERED_SYNC"] = clustered(CacheMode::scattered, false);
  auto protobuf = clustered(CacheMode::distributed, false);
  protobuf.encoding = {"application/x-protostream", "application/x-protostream"};
  all["example.PROTOBUF_DIST"] = protobuf;
  CacheConfiguration resp;
  resp.statistics = true;
  resp.encoding = {"application/octet-stream", "application/octet-stream"};
  all["org.infinispan.RESP_LOCAL"] = resp;
  resp.mode = CacheMode::distributed;
  resp.key_partitioner = "org.infinispan.distribution.ch.impl.RESPHashFunctionPartitioner";
  all["org.infinispan.RESP_DIST"] = resp;
  return all;
}

std::vector<std::string> names_of(const Templates& templates) {
  std::vector<std::string> names;
  for (const auto& [name, configuration] : templates) names.push_back(name);
  return names;
}

const CacheConfiguration* find_template(const std::string& name, const Templates& templates) {
  if (const auto at = templates.find(name); at != templates.end()) return &at->second;
  const auto& builtin = builtin_templates();
  const auto at = builtin.find(name);
  return at == builtin.end() ? nullptr : &at->second;
}

/// What a cache of this kind takes over: the settings that its kind has.
Result<CacheConfiguration> inherit(const CacheElement& kind, const CacheConfiguration& parent) {
  static const CacheConfiguration kFresh;
  std::vector<std::string> warnings;  // the template's own were given already
  const ReadOptions options;
  Reading reading{.options = options, .warnings = warnings, .schema_major = 0};
  CacheConfiguration taken;
  Node node = write_element(*kind.element, &parent, &kFresh);
  std::erase_if(node.attributes, [&](const auto& a) { return !kind.element->setting(a.name); });
  std::erase_if(node.children, [&](const auto& c) { return !kind.element->child(c.name); });
  HF_TRY(apply(*kind.element, node, &taken, reading));
  taken.persistence.stores = parent.persistence.stores;
  return taken;
}

Error no_template(const NodeAttribute& attribute, const Templates& templates) {
  std::vector<std::string> names = names_of(templates);
  for (const auto& [name, configuration] : builtin_templates()) names.push_back(name);
  return error_at(attribute.place, "there is no template '" + attribute.value + "'" + suggestion(attribute.value, names) +
                                       "; a template has to stand before what inherits from it");
}

}  // namespace

const Templates& builtin_templates() {
  static const Templates kAll = make_builtin_templates();
  return kAll;
}

Result<CacheConfiguration> read_cache_configuration(const CacheElement& kind, const Node& node, const std::string& name,
                                                    const Templates& templates, Reading& reading) {
  CacheConfiguration cache;
  std::optional<std::string> parent;
  if (const auto* named = node.attribute("configuration"); named && !named->value.empty()) {
    if (!find_template(named->value, templates)) return no_template(*named, templates);
    parent = named->value;
  } else if (!kind.is_template && !name.empty()) {
    auto found = wildcard_template(name, names_of(templates));
    if (!found.ok()) return error_at(node.place, found.error().message());
    parent = *found;
  }
  if (parent) {
    HF_ASSIGN(cache, inherit(kind, *find_template(*parent, templates)));
    cache.parent = *parent;
  }
  cache.mode = kind.mode;
  HF_TRY(apply(*kind.element, node, &cache, reading));
  if (!kind.is_template && (kind.mode == CacheMode::invalidation || kind.mode == CacheMode::scattered)) {
    reading.warn(node.place, "<" + node.name + "> is kept, this mode is not built yet: its entries live on each node alone");
  }
  if (!kind.is_template && !cache.state_transfer.enabled && (kind.mode == CacheMode::replicated || kind.mode == CacheMode::distributed)) {
    reading.warn(node.place, "state-transfer enabled=\"false\" has no effect: who becomes an owner always fetches its entries");
  }
  return cache;
}

Status read_cache_node(const CacheElement& kind, const Node& node, ContainerConfiguration& container, Reading& reading) {
  const auto* name = node.attribute("name");
  if (!name || name->value.empty()) return error_at(node.place, "<" + node.name + "> needs a name");
  HF_TRY(reading.name_once(kind.is_template ? "template" : "cache", name->value, node.place));
  if (!kind.is_template && is_wildcard(name->value)) {
    return error_at(name->place, "the name of a cache may not contain * or ?; a pattern is for templates: <" + node.name + "-configuration>");
  }
  HF_ASSIGN(CacheConfiguration cache, read_cache_configuration(kind, node, name->value, container.templates, reading));
  (kind.is_template ? container.templates : container.caches)[name->value] = std::move(cache);
  return success();
}

Node write_cache_node(const CacheConfiguration& cache, const std::string& name, bool is_template, const CacheConfiguration* parent) {
  static const CacheConfiguration kFresh;
  const auto& kind = cache_element_of(cache.mode, is_template);
  std::optional<CacheConfiguration> inherited;
  if (parent) {
    if (auto taken = inherit(kind, *parent); taken.ok()) inherited = std::move(*taken);
  }
  Node node = write_element(*kind.element, &cache, inherited ? &*inherited : &kFresh);
  std::vector<NodeAttribute> first;
  if (!name.empty()) first.push_back({"name", name, {}});
  if (inherited) first.push_back({"configuration", cache.parent, {}});
  node.attributes.insert(node.attributes.begin(), first.begin(), first.end());
  return node;
}

void write_caches(const ContainerConfiguration& container, std::vector<Node>& into) {
  std::set<std::string> written;
  const auto write_template = [&](const auto& self, const std::string& name) -> void {
    const auto at = container.templates.find(name);
    if (at == container.templates.end() || !written.insert(name).second) return;
    self(self, at->second.parent);  // before what inherits from it
    into.push_back(write_cache_node(at->second, name, true, find_template(at->second.parent, container.templates)));
  };
  for (const auto& [name, configuration] : container.templates) write_template(write_template, name);
  for (const auto& [name, cache] : container.caches) {
    into.push_back(write_cache_node(cache, name, false, find_template(cache.parent, container.templates)));
  }
}

}  // namespace holdfast::config
