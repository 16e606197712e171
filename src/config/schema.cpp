// The list of settings and the schemas, from the descriptors.
#include "config/config.h"
#include "config/descriptors.h"
#include "config/print.h"

namespace holdfast::config {
namespace {

std::string type_of(const Setting& setting) {
  switch (setting.kind) {
    case Kind::text: return "string";
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::number: return "number";
    case Kind::duration: return "duration";
    case Kind::size: return "size";
    case Kind::list: return "list";
    case Kind::choice: break;
  }
  std::string names;
  for (const auto& name : setting.choices) names += (names.empty() ? "" : ", ") + name;
  return "one of " + names;
}

// ---- the list

class Settings {
 public:
  std::vector<SettingInfo> all() {
    element(*root_element(), "");
    return std::move(rows_);
  }

 private:
  void element(const Element& element, const std::string& path) {
    for (const auto& setting : element.settings) {
      if (!setting.old) rows_.push_back(row(element, setting, path));
    }
    for (const auto& child : element.children) {
      if (child.old) continue;
      const std::string inner = path.empty() ? child.element->name : path + "/" + child.element->name;
      if (child.element->settings.empty() && child.element->children.empty()) rows_.push_back(presence(*child.element, inner));
      this->element(*child.element, inner);
    }
  }

  static SettingInfo row(const Element& element, const Setting& setting, const std::string& path) {
    SettingInfo info;
    info.path = path + "@" + setting.name;
    info.type = type_of(setting);
    if (setting.get && element.fresh) info.fallback = setting.get(element.fresh).value_or("");
    info.doc = setting.doc;
    info.since = setting.since;
    info.mutable_at_runtime = setting.live;
    info.built = setting.built && element.built && setting.refused.empty() && element.refused.empty();
    return info;
  }

  static SettingInfo presence(const Element& element, const std::string& path) {
    const bool built = element.built && element.refused.empty();
    return {path, element.has_text ? "text" : "element", "", element.doc, "0.1", false, built};
  }

  std::vector<SettingInfo> rows_;
};

// ---- XSD

constexpr std::string_view kNs = "xs:";

Node xs(const std::string& name) {
  Node node;
  node.name = std::string(kNs) + name;
  return node;
}

/// One of these, or a property: ${...} (the schema's type "property").
Node xsd_choice_type(const Setting& setting) {
  Node type = xs("simpleType"), whole = xs("union"), values = xs("simpleType"), names = xs("restriction");
  whole.set("memberTypes", "property");
  names.set("base", "xs:string");
  const auto choices = setting.kind == Kind::boolean ? std::vector<std::string>{"true", "false"} : setting.choices;
  for (const auto& choice : choices) {
    names.children.push_back(xs("enumeration"));
    names.children.back().set("value", choice);
  }
  values.children.push_back(std::move(names));
  whole.children.push_back(std::move(values));
  type.children.push_back(std::move(whole));
  return type;
}

Node xsd_property_type() {
  Node type = xs("simpleType"), value = xs("restriction"), pattern = xs("pattern");
  type.set("name", "property");
  value.set("base", "xs:string");
  pattern.set("value", R"(.*[$]\{.*\}.*)");
  value.children.push_back(std::move(pattern));
  type.children.push_back(std::move(value));
  return type;
}

Node documented(Node node, const std::string& doc) {
  Node annotation = xs("annotation");
  annotation.children.push_back(xs("documentation"));
  annotation.children.back().text = doc;
  node.children.insert(node.children.begin(), std::move(annotation));
  return node;
}

Node xsd_attribute(const Setting& setting) {
  Node node = xs("attribute");
  node.set("name", setting.name);
  const bool enumerated = setting.kind == Kind::boolean || (setting.kind == Kind::choice && setting.name != "when-full");
  if (enumerated) node.children.push_back(xsd_choice_type(setting));
  else node.set("type", "xs:string");
  return documented(std::move(node), setting.doc);
}

Node xsd_element(const Element& element);

Node xsd_child(const Element& element) {
  if (!find_cache_element(element.name)) return xsd_element(element);
  Node node = xs("element");  // caches are documents of their own too
  node.set("ref", element.name);
  return node;
}

Node xsd_type_of(const Element& element) {
  Node type = xs("complexType");
  if (element.has_text) type.set("mixed", "true");
  Node choice = xs("choice");
  choice.set("minOccurs", "0");
  choice.set("maxOccurs", "unbounded");
  for (const auto& child : element.children) choice.children.push_back(xsd_child(*child.element));
  if (element.open) {
    choice.children.push_back(xs("any"));
    choice.children.back().set("processContents", "skip");
  }
  if (!choice.children.empty()) type.children.push_back(std::move(choice));
  for (const auto& setting : element.settings) type.children.push_back(xsd_attribute(setting));
  if (element.open) {
    type.children.push_back(xs("anyAttribute"));
    type.children.back().set("processContents", "skip");
  }
  return type;
}

Node xsd_element(const Element& element) {
  Node node = xs("element");
  node.set("name", element.name);
  node.children.push_back(xsd_type_of(element));
  return documented(std::move(node), element.doc);
}

// ---- JSON schema

Tree text_of(const std::string& key, const std::string& value, bool bare = false) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.key = key;
  tree.text = value;
  tree.bare = bare;
  return tree;
}

Tree map_of(const std::string& key, std::vector<Tree> items = {}) {
  Tree tree;
  tree.kind = Tree::Kind::map;
  tree.key = key;
  tree.items = std::move(items);
  return tree;
}

Tree list_of(const std::string& key, std::vector<Tree> items) {
  Tree tree = map_of(key, std::move(items));
  tree.kind = Tree::Kind::list;
  return tree;
}

Tree json_setting(const Setting& setting) {
  std::vector<Tree> types{text_of("", "string")};
  if (setting.kind == Kind::boolean) types.push_back(text_of("", "boolean"));
  if (setting.kind == Kind::integer || setting.kind == Kind::number || setting.kind == Kind::duration || setting.kind == Kind::size) types.push_back(text_of("", "number"));
  if (setting.kind == Kind::list) types.push_back(text_of("", "array"));
  types.push_back(text_of("", "null"));
  return map_of(setting.name, {text_of("description", setting.doc), list_of("type", std::move(types))});
}

Tree json_element(const Element& element, const std::string& key);

Tree reference(const std::string& key, const std::string& definition) {
  return map_of(key, {text_of("$ref", "#/definitions/" + definition)});
}

Tree json_child(const Element& element) {
  return find_cache_element(element.name) ? reference(element.name, element.name) : json_element(element, element.name);
}

/// A map of names to `{element: ...}`, for all children of `element` that lie in it.
Tree json_by_name(const Element& element, const Child& like, const std::string& key) {
  Tree members = map_of("properties");
  for (const auto& child : element.children) {
    if (child.wrapper == like.wrapper && child.key == like.key && !child.old) members.items.push_back(json_child(*child.element));
  }
  const bool text = like.element->has_text || members.items.empty();
  Tree one = map_of("additionalProperties");
  if (!text) one.items = {list_of("type", {text_of("", "object"), text_of("", "null")}), std::move(members)};
  return map_of(key, {list_of("type", {text_of("", "object"), text_of("", "array"), text_of("", "null")}), std::move(one)});
}

void add_child(const Element& element, const Child& child, Tree& members) {
  if (!child.wrapper.empty()) {
    if (!members.find(child.wrapper)) members.items.push_back(json_by_name(element, child, child.wrapper));
  }
  if (!members.find(child.element->name)) members.items.push_back(json_child(*child.element));
}

Tree json_element(const Element& element, const std::string& key) {
  Tree tree = map_of(key);
  if (!element.doc.empty()) tree.items.push_back(text_of("description", element.doc));
  Tree members = map_of("properties");
  for (const auto& setting : element.settings) members.items.push_back(json_setting(setting));
  bool keyed = element.open;
  for (const auto& child : element.children) {
    add_child(element, child, members);
    keyed = keyed || (!child.key.empty() && child.wrapper.empty());
  }
  // Repeated elements are lists, single ones may be the object itself; values may be texts; what says nothing is null.
  if (!members.items.empty()) tree.items.push_back(std::move(members));
  if (!keyed) tree.items.push_back(text_of("additionalProperties", "false", true));
  return tree;
}

}  // namespace

std::vector<SettingInfo> settings() { return Settings().all(); }

std::string xml_schema() {
  Node schema = xs("schema");
  schema.set("xmlns:xs", "http://www.w3.org/2001/XMLSchema");
  schema.set("elementFormDefault", "qualified");
  schema.children.push_back(xsd_property_type());
  schema.children.push_back(xsd_type_of(*root_element()));
  schema.children.back().set("name", "configuration");
  for (const char* name : {"holdfast", "infinispan"}) {
    schema.children.push_back(xs("element"));
    schema.children.back().set("name", name);
    schema.children.back().set("type", "configuration");
  }
  for (const auto& cache : cache_elements()) schema.children.push_back(xsd_element(*cache.element));
  return print_xml(schema);
}

std::string json_schema() {
  Tree members = map_of("properties", {reference("holdfast", "configuration"), reference("infinispan", "configuration")});
  Tree definitions = map_of("definitions", {json_element(*root_element(), "configuration")});
  for (const auto& cache : cache_elements()) {
    definitions.items.push_back(json_element(*cache.element, cache.element->name));
    members.items.push_back(reference(cache.element->name, cache.element->name));
  }
  const Tree schema = map_of("", {text_of("$schema", "http://json-schema.org/draft-07/schema#"), text_of("title", "Configuration of Holdfast"),
                                  text_of("type", "object"), std::move(definitions), std::move(members)});
  return print_json(schema);
}

}  // namespace holdfast::config
