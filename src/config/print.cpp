#include "config/print.h"

#include <algorithm>
#include <cctype>

namespace holdfast::config {
namespace {

std::string indent(int depth) { return std::string(static_cast<std::size_t>(depth) * 2, ' '); }

std::string escape_xml(std::string_view text, bool attribute) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"' && attribute) out += "&quot;";
    else if (c == '\r' || (attribute && (c == '\n' || c == '\t'))) out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    else out += c;
  }
  return out;
}

void print_xml(const Node& node, const std::string& space, int depth, std::string& out) {
  out += indent(depth) + "<" + node.name;
  const std::string& own = node.space.empty() ? space : node.space;
  if (own != space) out += " xmlns=\"" + escape_xml(own, true) + "\"";
  for (const auto& attribute : node.attributes) out += " " + attribute.name + "=\"" + escape_xml(attribute.value, true) + "\"";
  if (node.children.empty() && node.text.empty()) {
    out += "/>\n";
    return;
  }
  out += ">" + escape_xml(node.text, false);
  if (!node.children.empty()) {
    out += "\n";
    for (const auto& child : node.children) print_xml(child, own, depth + 1, out);
    out += indent(depth);
  }
  out += "</" + node.name + ">\n";
}

/// Quoted so that JSON and YAML both read it back.
std::string quote(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += std::string("\\") + c;
    else if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else if (c == '\r') out += "\\r";
    else if (byte < 0x20 || byte == 0x7f) out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
    else out += c;
  }
  return out + "\"";
}

std::string scalar(const Tree& tree) {
  if (tree.kind == Tree::Kind::null) return "null";
  return tree.bare ? tree.text : quote(tree.text);
}

void print_json(const Tree& tree, int depth, std::string& out) {
  if (tree.kind == Tree::Kind::null || tree.kind == Tree::Kind::scalar) {
    out += scalar(tree);
    return;
  }
  const bool map = tree.kind == Tree::Kind::map;
  out += map ? "{" : "[";
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    out += (i == 0 ? "\n" : ",\n") + indent(depth + 1);
    if (map) out += quote(tree.items[i].key) + ": ";
    print_json(tree.items[i], depth + 1, out);
  }
  if (!tree.items.empty()) out += "\n" + indent(depth);
  out += map ? "}" : "]";
}

std::string yaml_key(const std::string& key) {
  const bool plain = !key.empty() && key != "null" && key != "true" && key != "false" && std::isalpha(static_cast<unsigned char>(key[0])) &&
                     std::all_of(key.begin(), key.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.'; });
  return plain ? key : quote(key);
}

void print_yaml(const Tree& tree, int depth, std::string& out);

/// What follows "key:" or "-" on the same line or below it.
void print_yaml_value(const Tree& tree, int depth, std::string& out) {
  if (tree.items.empty() || tree.kind == Tree::Kind::scalar) {
    const bool map = tree.kind == Tree::Kind::map, list = tree.kind == Tree::Kind::list;
    out += " " + (map ? "{}" : list ? "[]" : scalar(tree)) + "\n";
    return;
  }
  out += "\n";
  print_yaml(tree, depth, out);
}

void print_yaml(const Tree& tree, int depth, std::string& out) {
  for (const auto& item : tree.items) {
    out += indent(depth) + (tree.kind == Tree::Kind::map ? yaml_key(item.key) + ":" : "-");
    print_yaml_value(item, depth + 1, out);
  }
}

}  // namespace

std::string print_xml(const Node& root) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  print_xml(root, "", 0, out);
  return out;
}

std::string print_json(const Tree& root) {
  std::string out;
  print_json(root, 0, out);
  return out + "\n";
}

std::string print_yaml(const Tree& root) {
  std::string out;
  print_yaml(root, 0, out);
  return out;
}

}  // namespace holdfast::config
