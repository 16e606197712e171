// Documents: reading and writing of all that a set of files says.
#include "config/builder.h"
#include "config/config.h"
#include "config/descriptors.h"
#include "config/print.h"
#include "config/properties.h"
#include "config/shape.h"
#include "config/source.h"
#include "config/templates.h"

namespace holdfast::config {
namespace {

ContainerConfiguration& container_of(void* document) { return static_cast<Document*>(document)->container; }

/// A child of the root whose settings are the container's.
Child of_container(Child inner) {
  inner.read = [read = inner.read](const Node& node, void* document, Reading& reading) { return read(node, &container_of(document), reading); };
  inner.write = [write = inner.write](const void* document, const void* base, std::vector<Node>& into) {
    write(&container_of(const_cast<void*>(document)), &container_of(const_cast<void*>(base)), into);
  };
  return inner;
}

ElementPtr make_root() {
  const auto in_container = [](const ElementPtr& element) {
    return of_container(Describe<ContainerConfiguration>("", "").group(element).element().children.front());
  };
  Child container = in_container(container_element());
  container.read = [read = container.read](const Node& node, void* document, Reading& reading) {
    if (const auto* name = node.attribute("default-cache")) reading.references.push_back({"cache", name->value, name->place});
    return read(node, document, reading);
  };
  container.write = [](const void* document, const void*, std::vector<Node>& into) {  // always there
    static const ContainerConfiguration kFresh;
    into.push_back(write_element(*container_element(), &static_cast<const Document*>(document)->container, &kFresh));
  };
  Child server;
  server.element = server_element();
  server.read = [](const Node& node, void* document, Reading& reading) {
    auto& configuration = static_cast<Document*>(document)->server;
    configuration.present = true;
    return apply(*server_element(), node, &configuration, reading);
  };
  server.write = [](const void* document, const void*, std::vector<Node>& into) {
    static const ServerConfiguration kFresh;
    const auto& configuration = static_cast<const Document*>(document)->server;
    if (!configuration.present) return;
    into.push_back(write_element(*server_element(), &configuration, &kFresh));
  };
  return Describe<Document>("infinispan", "A configuration; <holdfast> means the same.")
      .child(in_container(jgroups_element()))
      .child(of_container(threads_child()))
      .child(of_container(remote_containers_child()))
      .child(std::move(container))
      .child(std::move(server));
}

std::vector<std::string> names_of(const std::string& kind, const Document& document) {
  std::vector<std::string> names;
  const auto add = [&](const auto& all) {
    for (const auto& one : all) names.push_back(one.name);
  };
  if (kind == "interface") add(document.server.interfaces);
  if (kind == "socket-binding") add(document.server.socket_bindings);
  if (kind == "security-realm") add(document.server.realms);
  if (kind == "cache") {
    for (const auto& [name, cache] : document.container.caches) {
      names.push_back(name);
      names.insert(names.end(), cache.aliases.begin(), cache.aliases.end());
    }
  }
  return names;
}

/// What can be checked only when all files are read.
Status finish(Document& document, Reading& reading) {
  for (const auto& wanted : reading.references) {
    const auto names = names_of(wanted.kind, document);
    if (wanted.name.empty() || std::find(names.begin(), names.end(), wanted.name) != names.end()) continue;
    return error_at(wanted.place, "there is no " + wanted.kind + " '" + wanted.name + "'" + suggestion(wanted.name, names));
  }
  for (const auto& demand : reading.demands) {
    const auto& endpoints = document.server.endpoints;
    const bool used = std::any_of(endpoints.begin(), endpoints.end(), [&](const auto& e) { return e.security_realm == demand.realm; });
    if (used) return error_at(demand.place, demand.sentence);
    reading.warn(demand.place, demand.sentence + ": no endpoint uses the realm '" + demand.realm + "'");
  }
  for (auto& endpoint : document.server.endpoints) {
    if (!reading.open_realms.contains(endpoint.security_realm)) continue;
    reading.warnings.push_back("the realm '" + endpoint.security_realm + "' has nothing in it: anybody may use the endpoint on '" + endpoint.socket_binding + "'");
    endpoint.security_realm.clear();
  }
  return success();
}

Status read_into(Document& document, std::string_view text, Reading& reading) {
  HF_ASSIGN(const Source source, read_source(text, reading.options, {}));
  reading.schema_major = source.schema_major;
  reading.seen.clear();
  HF_TRY(apply(*root_element(), source.root, &document, reading));
  return success();
}

std::string print(const Element& element, const Node& root, const std::string& key, Format format) {
  if (format == Format::xml) return print_xml(root);
  Tree tree;
  tree.kind = Tree::Kind::map;
  tree.items.push_back(tree_of_node(element, root, format == Format::yaml));
  tree.items.back().key = key;
  return format == Format::json ? print_json(tree) : print_yaml(tree);
}

/// A cache by itself; in JSON and YAML below its name when there is one.
std::string print_cache(const Element& kind, const Node& node, const std::string& name, Format format) {
  if (format == Format::xml) return print_xml(node);
  Tree tree;
  tree.kind = Tree::Kind::map;
  Tree& body = name.empty() ? tree : tree.member(name, Tree::Kind::map);
  body.items.push_back(tree_of_node(kind, node, format == Format::yaml));
  body.items.back().key = format == Format::yaml ? camel_case(kind.name) : kind.name;
  return format == Format::json ? print_json(tree) : print_yaml(tree);
}

void keep_from_resolving(Node& node) {
  for (auto& attribute : node.attributes) attribute.value = without_properties(attribute.value);
  node.text = without_properties(node.text);
  for (auto& child : node.children) keep_from_resolving(child);
}

/// A document that holds one cache, perhaps with templates of its own.
Result<NamedCache> only_cache(const Node& root, const std::map<std::string, CacheConfiguration>& templates, Reading& reading) {
  Document document;
  document.container.templates = templates;
  HF_TRY(apply(*root_element(), root, &document, reading));
  HF_TRY(finish(document, reading));
  auto& caches = document.container.caches;
  if (caches.size() == 1) return NamedCache{caches.begin()->first, false, std::move(caches.begin()->second), {}};
  std::vector<std::string> declared;
  for (const auto& name : reading.seen) {
    if (name.starts_with("template ")) declared.push_back(name.substr(9));
  }
  if (!caches.empty() || declared.size() != 1) {
    return error_at(root.place, "one cache is expected, there are " + std::to_string(caches.size()) + " caches and " + std::to_string(declared.size()) + " templates");
  }
  return NamedCache{declared[0], true, document.container.templates.at(declared[0]), {}};
}

/// A cache that stands by itself.
Result<NamedCache> cache_of(const Source& source, const std::map<std::string, CacheConfiguration>& templates, Reading& reading) {
  NamedCache cache;
  const auto* name = source.root.attribute("name");
  cache.name = name ? name->value : source.cache_name;
  cache.is_template = source.cache->is_template;
  HF_ASSIGN(cache.configuration, read_cache_configuration(*source.cache, source.root, cache.name, templates, reading));
  return cache;
}

}  // namespace

const ElementPtr& root_element() {
  static const ElementPtr kRoot = make_root();
  return kRoot;
}

bool is_root_name(std::string_view name) { return name == "infinispan" || name == "holdfast"; }

Result<Format> format_from_name(std::string_view name) {
  const auto type = name.substr(0, name.find(';'));
  if (type == "xml" || type == "application/xml" || type == "text/xml") return Format::xml;
  if (type == "json" || type == "application/json") return Format::json;
  if (type == "yaml" || type == "yml" || type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml") return Format::yaml;
  return Error(Errc::invalid_argument, "'" + std::string(name) + "' is no format of configurations; use xml, json or yaml");
}

std::string_view format_name(Format format) {
  return format == Format::xml ? "xml" : format == Format::json ? "json" : "yaml";
}

Result<Document> read(std::string_view text, const ReadOptions& options) {
  Document document;
  Reading reading{.options = options, .warnings = document.warnings};
  HF_TRY(read_into(document, text, reading));
  HF_TRY(finish(document, reading));
  return document;
}

Result<Document> read_files(const std::vector<std::string>& paths, const ReadOptions& given) {
  if (!given.read_file) return Error(Errc::invalid_argument, "files need a reader of files");
  Document document;
  ReadOptions options = given;
  Reading reading{.options = options, .warnings = document.warnings};
  for (const auto& path : paths) {
    HF_ASSIGN(const std::string text, given.read_file(path));
    options.file = path;
    HF_TRY(read_into(document, text, reading));
  }
  HF_TRY(finish(document, reading));
  return document;
}

Result<NamedCache> read_cache(std::string_view text, const ReadOptions& options, const std::map<std::string, CacheConfiguration>& templates) {
  HF_ASSIGN(const Source source, read_source(text, options, {.resolve = true, .allow_cache = true}));
  std::vector<std::string> warnings;
  Reading reading{.options = options, .warnings = warnings, .schema_major = source.schema_major};
  auto cache = source.cache ? cache_of(source, templates, reading) : only_cache(source.root, templates, reading);
  if (cache.ok()) cache->warnings = std::move(warnings);
  return cache;
}

Result<NamedCache> read_definition(std::string_view text) {
  const ReadOptions options;
  HF_ASSIGN(Source source, read_source(text, options, {.resolve = true, .allow_cache = true}));
  if (!source.cache) return Error(Errc::invalid_configuration, "a definition is one cache or template, not <" + source.root.name + ">");
  std::vector<std::string> warnings;  // were given when it was made
  Reading reading{.options = options, .warnings = warnings, .schema_major = source.schema_major};
  const auto* parent = source.root.attribute("configuration");
  const std::string template_name = parent ? parent->value : "";
  std::erase_if(source.root.attributes, [](const auto& a) { return a.name == "configuration"; });
  HF_ASSIGN(NamedCache cache, cache_of(source, {}, reading));
  cache.configuration.parent = template_name;
  return cache;
}

std::string write(const Document& document, Format format) {
  static const Document kFresh;
  Node root = write_element(*root_element(), &document, &kFresh);
  keep_from_resolving(root);
  return print(*root_element(), root, root.name, format);
}

std::string write_cache(const NamedCache& cache, Format format) {
  Node node = write_cache_node(cache.configuration, format == Format::xml ? cache.name : "", cache.is_template, nullptr);
  keep_from_resolving(node);
  const auto& kind = *cache_element_of(cache.configuration.mode, cache.is_template).element;
  return print_cache(kind, node, cache.name, format);
}

std::string write_definition(const NamedCache& cache) {
  Node node = write_cache_node(cache.configuration, cache.name, cache.is_template, nullptr);
  if (const std::string& parent = cache.configuration.parent; !parent.empty()) node.attributes.push_back({"configuration", parent, {}});
  keep_from_resolving(node);
  return print_xml(node);
}

Result<std::string> convert(std::string_view text, const ReadOptions& options, Format to) {
  HF_ASSIGN(Source source, read_source(text, options, {.resolve = false, .allow_cache = true}));
  const Element& element = source.cache ? *source.cache->element : *root_element();
  HF_TRY(check_names(element, source.root, false));
  settle_version(source.root, source.schema_major);
  if (source.cache && !source.cache_name.empty() && !source.root.attribute("name")) {
    source.root.attributes.insert(source.root.attributes.begin(), {"name", source.cache_name, source.root.place});
  }
  if (!source.cache) return print(element, source.root, source.root.name, to);
  const auto* name = source.root.attribute("name");
  const std::string key = name && to != Format::xml ? name->value : "";
  if (!key.empty()) std::erase_if(source.root.attributes, [](const auto& a) { return a.name == "name"; });
  return print_cache(element, source.root, key, to);
}

}  // namespace holdfast::config
