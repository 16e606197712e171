#include "config/element.h"

#include <algorithm>

namespace holdfast::config {
namespace {

std::vector<std::string> setting_names(const Element& element) {
  std::vector<std::string> names;
  for (const auto& s : element.settings) {
    if (!s.old) names.push_back(s.name);
  }
  return names;
}

std::vector<std::string> child_names(const Element& element) {
  std::vector<std::string> names;
  for (const auto& c : element.children) {
    if (!c.old) names.push_back(c.element->name);
  }
  return names;
}

Error unknown_attribute(const Element& element, const NodeAttribute& attribute) {
  const std::string what = "<" + element.name + "> has no setting '" + attribute.name + "'";
  return error_at(attribute.place, what + suggestion(attribute.name, setting_names(element)));
}

Error unknown_child(const Element& element, const Node& node) {
  auto names = child_names(element);
  const auto settings = setting_names(element);  // in JSON an object may stand where a value is due
  names.insert(names.end(), settings.begin(), settings.end());
  return error_at(node.place, "<" + element.name + "> has no element <" + node.name + ">" + suggestion(node.name, names));
}

Status check_refused(const Setting& setting, const NodeAttribute& attribute) {
  if (setting.refused.empty() || (!setting.allowed.empty() && trim(attribute.value) == setting.allowed)) return success();
  return error_at(attribute.place, "'" + setting.name + "' " + setting.refused);
}

Status check_refused(const Element& element, const Node& node) {
  if (element.refused.empty()) return success();
  return error_at(node.place, "<" + element.name + "> " + element.refused);
}

Status apply_attribute(const Element& element, const NodeAttribute& attribute, void* object, Reading& reading) {
  const Setting* setting = element.setting(attribute.name);
  if (!setting) return unknown_attribute(element, attribute);
  HF_TRY(check_refused(*setting, attribute));
  const auto before = setting->get ? setting->get(object) : std::nullopt;
  if (setting->set) {
    if (auto done = setting->set(object, attribute.value); !done.ok()) {
      return error_at(attribute.place, "'" + setting->name + "' of <" + element.name + ">: " + done.error().message());
    }
  }
  const bool as_before = setting->get && setting->get(object) == before;  // asks for what is there anyway
  if (!setting->built && !as_before) {
    reading.warn(attribute.place, "'" + setting->name + "' of <" + element.name + "> has no effect (yet)");
  }
  return success();
}

Status apply_children(const Element& element, const Node& node, void* object, Reading& reading) {
  std::set<std::string> seen;
  for (const auto& child_node : node.children) {
    const Child* child = element.child(child_node.name);
    if (!child) return unknown_child(element, child_node);
    HF_TRY(check_refused(*child->element, child_node));
    if (!seen.insert(child_node.name).second && !child->repeats) {
      return error_at(child_node.place, "<" + child_node.name + "> is there twice in <" + element.name + ">; one is allowed");
    }
    HF_TRY(child->read(child_node, object, reading));
  }
  return success();
}

/// The original ignores stray characters between elements, and files of its users have some.
void check_text(const Element& element, const Node& node, Reading& reading) {
  if (node.text.empty() || element.has_text) return;
  reading.warn(node.place, "<" + element.name + "> takes no text, '" + node.text.substr(0, 40) + "' is ignored");
}

}  // namespace

Status Reading::name_once(const std::string& kind, const std::string& name, const Place& place) {
  if (seen.insert(kind + " " + name).second) return success();
  return error_at(place, kind + " '" + name + "' is there twice");
}

const Setting* Element::setting(std::string_view wanted) const {
  const auto at = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.name == wanted; });
  return at == settings.end() ? nullptr : &*at;
}

const Child* Element::child(std::string_view wanted) const {
  const auto at = std::find_if(children.begin(), children.end(), [&](const auto& c) { return c.element->name == wanted; });
  return at == children.end() ? nullptr : &*at;
}

const Child* Element::list_child() const {
  const Child* found = nullptr;
  for (const auto& c : children) {
    if (c.repeats && c.wrapper.empty() && c.key.empty() && !c.old) {
      if (found) return nullptr;
      found = &c;
    }
  }
  return found;
}

Status apply(const Element& element, const Node& node, void* object, Reading& reading) {
  check_text(element, node, reading);
  for (const auto& attribute : node.attributes) HF_TRY(apply_attribute(element, attribute, object, reading));
  if (element.set_text) {
    if (auto done = element.set_text(node.text, object); !done.ok()) {
      return error_at(node.place, "<" + element.name + ">: " + done.error().message());
    }
  }
  return apply_children(element, node, object, reading);
}

Status check_names(const Element& element, const Node& node, bool refuse) {
  if (refuse) HF_TRY(check_refused(element, node));
  if (element.open) return success();
  for (const auto& attribute : node.attributes) {
    const Setting* setting = element.setting(attribute.name);
    if (!setting) return unknown_attribute(element, attribute);
    if (refuse) HF_TRY(check_refused(*setting, attribute));
  }
  for (const auto& child_node : node.children) {
    const Child* child = element.child(child_node.name);
    if (!child) return unknown_child(element, child_node);
    HF_TRY(check_names(*child->element, child_node, refuse));
  }
  return success();
}

Node write_element(const Element& element, const void* object, const void* base) {
  Node node;
  node.name = element.name;
  for (const auto& setting : element.settings) {
    if (setting.old || !setting.get) continue;
    const auto value = setting.get(object);
    if (value && value != setting.get(base)) node.set(setting.name, *value);
  }
  for (const auto& child : element.children) {
    if (child.write) child.write(object, base, node.children);
  }
  return node;
}

ElementConfiguration keep(const Node& node) {
  ElementConfiguration kept;
  kept.name = node.name;
  kept.text = node.text;
  for (const auto& attribute : node.attributes) kept.attributes[attribute.name] = attribute.value;
  for (const auto& child : node.children) kept.children.push_back(keep(child));
  return kept;
}

Node node_of(const ElementConfiguration& kept) {
  Node node;
  node.name = kept.name;
  node.text = kept.text;
  for (const auto& [name, value] : kept.attributes) node.set(name, value);
  for (const auto& child : kept.children) node.children.push_back(node_of(child));
  return node;
}

}  // namespace holdfast::config
