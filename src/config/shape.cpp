#include "config/shape.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace holdfast::config {
namespace {

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
char to_lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
char to_upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }

bool has_wrapper(const Element& element, std::string_view name) {
  return std::any_of(element.children.begin(), element.children.end(), [&](const Child& c) { return c.wrapper == name; });
}

bool has_name(const Element& element, std::string_view name) {
  return element.setting(name) || element.child(name) || has_wrapper(element, name);
}

/// The element's own name for what is written in either case.
std::string canonical(const Element& element, const std::string& written) {
  if (has_name(element, written)) return written;
  std::string kebab = kebab_case(written);
  return has_name(element, kebab) ? kebab : written;
}

/// Children of this kind stand in JSON and YAML as plain values: <class>text</class>, <context-initializer class="x"/>.
bool is_value(const Child& child) {
  return child.element->has_text ? child.element->settings.empty()
                                 : child.element->settings.size() == 1 && child.element->children.empty() && child.element->settings[0].name != child.key;
}
/// ... or as members: <property name="key">text</property>.
bool is_property(const Child& child) { return child.element->has_text && child.element->settings.size() == 1; }

class ToNode {
 public:
  static Result<Node> element(const Element& element, const Tree& tree) {
    if (element.open) return open(element.name, tree);
    Node node = empty(element.name, tree.place);
    if (tree.kind == Tree::Kind::list) {
      const Child* item = element.list_child();
      if (!item) return error_at(tree.place, "<" + element.name + "> is no list");
      HF_TRY(items(*item, tree, node));
      return node;
    }
    if (tree.kind == Tree::Kind::scalar) {
      if (element.has_text || tree.text != "null") node.text = tree.text;
      return node;
    }
    for (const auto& one : tree.items) HF_TRY(member(element, one, node));
    return node;
  }

 private:
  static Node empty(const std::string& name, const Place& place) {
    Node node;
    node.name = name;
    node.place = place;
    return node;
  }

  static Status member(const Element& element, const Tree& tree, Node& into) {
    const std::string name = canonical(element, tree.key);
    if (element.setting(name) && tree.kind != Tree::Kind::map) return attribute(name, tree, into);
    const Child* child = element.child(name);
    if (child) return children(*child, tree, into);
    if (has_wrapper(element, name)) return wrapped(element, name, tree, into);
    if (const Child* keyed = keyed_by(element, tree)) return named(*keyed, tree.key, tree.items.front(), into);
    if (element.has_text && name == "value" && tree.kind == Tree::Kind::scalar) {
      into.text = tree.text;
      return success();
    }
    if (tree.kind == Tree::Kind::scalar || tree.kind == Tree::Kind::null) return attribute(name, tree, into, true);
    into.children.push_back(empty(name, tree.place));  // unknown; apply() says so
    return success();
  }

  static Status attribute(const std::string& name, const Tree& tree, Node& into, bool also_null = false) {
    if (tree.kind == Tree::Kind::null && !also_null) return success();
    std::string value = tree.text;
    for (const auto& item : tree.items) {
      if (item.kind != Tree::Kind::scalar) return error_at(item.place, "a value is expected in the list '" + name + "'");
      value += (value.empty() ? "" : " ") + item.text;
    }
    into.attributes.push_back({name, value, tree.place});
    return success();
  }

  static Status children(const Child& child, const Tree& tree, Node& into) {
    if (tree.kind == Tree::Kind::list && (child.repeats || !child.element->list_child())) return items(child, tree, into);
    HF_ASSIGN(Node node, element(*child.element, tree));
    into.children.push_back(std::move(node));
    return success();
  }

  static Status items(const Child& child, const Tree& list, Node& into) {
    for (const auto& item : list.items) {
      HF_ASSIGN(Node node, one_item(child, item));
      into.children.push_back(std::move(node));
    }
    return success();
  }

  static Result<Node> one_item(const Child& child, const Tree& item) {
    if (item.kind != Tree::Kind::scalar || child.element->has_text || !is_value(child)) return element(*child.element, item);
    Node node = empty(child.element->name, item.place);
    if (!item.text.empty()) node.attributes.push_back({child.element->settings[0].name, item.text, item.place});
    return node;
  }

  /// The child that `{name: {child: ...}}` means, for elements whose children are keyed by a name.
  static const Child* keyed_by(const Element& element, const Tree& tree) {
    if (tree.kind != Tree::Kind::map || tree.items.size() != 1) return nullptr;
    const Child* child = element.child(canonical(element, tree.items.front().key));
    return child && !child->key.empty() && child->wrapper.empty() ? child : nullptr;
  }

  static Status named(const Child& child, const std::string& name, const Tree& body, Node& into) {
    HF_ASSIGN(Node node, element(*child.element, body));
    if (!node.attribute(child.key)) node.attributes.insert(node.attributes.begin(), {child.key, name, body.place});
    into.children.push_back(std::move(node));
    return success();
  }

  static Status wrapped(const Element& element, const std::string& wrapper, const Tree& tree, Node& into) {
    const auto first = std::find_if(element.children.begin(), element.children.end(), [&](const Child& c) { return c.wrapper == wrapper; });
    if (tree.kind == Tree::Kind::list) {
      for (const auto& item : tree.items) {
        if (item.kind == Tree::Kind::map && item.items.size() == 1 && element.child(canonical(element, item.items.front().key))) {
          HF_TRY(member(element, item.items.front(), into));
        } else {
          HF_ASSIGN(Node node, one_item(*first, item));
          into.children.push_back(std::move(node));
        }
      }
      return success();
    }
    if (tree.kind == Tree::Kind::scalar) return error_at(tree.place, "'" + tree.key + "' is a map by name");
    for (const auto& entry : tree.items) {
      if (is_property(*first)) HF_TRY(named(*first, entry.key, entry, into));
      else HF_TRY(wrapped_entry(element, wrapper, entry, into));
    }
    return success();
  }

  static Status wrapped_entry(const Element& element, const std::string& wrapper, const Tree& entry, Node& into) {
    const std::string expected = "'" + entry.key + "' in '" + wrapper + "' needs one member that says what it is";
    if (entry.kind != Tree::Kind::map || entry.items.size() != 1) return error_at(entry.place, expected);
    const Tree& body = entry.items.front();
    const Child* child = element.child(canonical(element, body.key));
    if (child && child->wrapper == wrapper) return named(*child, entry.key, body, into);
    std::vector<std::string> names;
    for (const auto& c : element.children) {
      if (c.wrapper == wrapper) names.push_back(c.element->name);
    }
    return error_at(body.place, "'" + body.key + "' is nothing that '" + wrapper + "' may have" + suggestion(kebab_case(body.key), names));
  }

  // ---- content that is not described: protocols of the cluster

  /// FD-ALL3 is FD_ALL3, remoteSites is remote-sites.
  static std::string open_name(const std::string& name) {
    const bool upper = std::none_of(name.begin(), name.end(), [](char c) { return std::islower(static_cast<unsigned char>(c)); });
    std::string fixed = name;
    if (upper) std::replace(fixed.begin(), fixed.end(), '-', '_');
    const bool camel = !name.empty() && !is_upper(name[0]) && !upper && name.find_first_of("._") == std::string::npos;
    return camel ? kebab_case(name) : fixed;
  }

  static std::string open_attribute(const std::string& element, const std::string& name) {
    if (element.starts_with("remote-site") || name.find('.') != std::string::npos) return open_name(name);
    std::string snake = kebab_case(name);
    std::replace(snake.begin(), snake.end(), '-', '_');
    return snake;
  }

  static Result<Node> open(const std::string& name, const Tree& tree) {
    Node node = empty(name, tree.place);
    if (tree.kind == Tree::Kind::scalar) node.text = tree.text;
    for (const auto& one : tree.items) {
      const bool values = std::all_of(one.items.begin(), one.items.end(), [](const Tree& t) { return t.kind == Tree::Kind::scalar; });
      if (one.kind == Tree::Kind::scalar || (one.kind == Tree::Kind::list && values)) {
        HF_TRY(attribute(open_attribute(name, one.key), one, node));
      } else if (one.kind == Tree::Kind::list) {
        for (const auto& item : one.items) HF_TRY(open_child(one.key, item, node));
      } else {
        HF_TRY(open_child(one.key, one, node));
      }
    }
    return node;
  }

  static Status open_child(const std::string& name, const Tree& tree, Node& into) {
    HF_ASSIGN(Node node, open(open_name(name), tree));
    into.children.push_back(std::move(node));
    return success();
  }
};

class ToTree {
 public:
  explicit ToTree(bool camel) : camel_(camel) {}

  Tree element(const Element& element, const Node& node, std::string_view without) const {
    Tree tree;
    const bool has_text = !node.text.empty() && (element.has_text || element.open);  // else stray characters
    if (has_text && node.children.empty() && attributes_of(node, without) == 0) return scalar(node.text);
    tree.kind = Tree::Kind::map;
    for (const auto& attribute : node.attributes) {
      if (attribute.name != without) put(tree, name_of(element, attribute.name), value(element.setting(attribute.name), attribute.value));
    }
    if (has_text) put(tree, "value", scalar(node.text));
    for (const auto& child : node.children) add_child(element, node, child, tree);
    return tree;
  }

 private:
  static std::size_t attributes_of(const Node& node, std::string_view without) {
    return static_cast<std::size_t>(std::count_if(node.attributes.begin(), node.attributes.end(), [&](const auto& a) { return a.name != without; }));
  }
  static Tree scalar(const std::string& text) {
    Tree tree;
    tree.kind = Tree::Kind::scalar;
    tree.text = text;
    return tree;
  }
  static void put(Tree& map, std::string name, Tree value) {
    value.key = std::move(name);
    map.items.push_back(std::move(value));
  }
  std::string name_of(const Element& element, const std::string& name) const {
    return camel_ && !element.open && has_name(element, name) ? camel_case(name) : name;
  }

  static Tree value(const Setting* setting, const std::string& text) {
    if (setting && setting->kind == Kind::list) {
      Tree tree;
      tree.kind = Tree::Kind::list;
      for (const auto& one : split_list(text)) tree.items.push_back(scalar(one));
      return tree;
    }
    Tree tree = scalar(text);
    tree.bare = setting && setting->kind == Kind::boolean && (text == "true" || text == "false");
    return tree;
  }

  /// Whether children like this one can lie in a map: each has a key of its own that is no name of the element.
  static bool keys_fit(const Element& element, const Node& parent, const Child& like) {
    std::set<std::string> keys;
    for (const auto& node : parent.children) {
      const Child* child = element.child(node.name);
      if (!child || child->wrapper != like.wrapper || child->key != like.key) continue;
      const auto* key = node.attribute(like.key);
      if (!key || key->value.empty() || !keys.insert(key->value).second) return false;
      if (like.wrapper.empty() && has_name(element, canonical(element, key->value))) return false;
    }
    return true;
  }

  void add_child(const Element& element, const Node& parent, const Node& node, Tree& into) const {
    const Child* child = element.child(node.name);
    if (!child) {
      add_open(parent, node, into);
      return;
    }
    const std::string name = name_of(element, node.name);
    const std::string wrapper = name_of(element, child->wrapper);
    if (!child->wrapper.empty() && child->key.empty() && interleaved(element, parent, child->wrapper)) {
      Tree one;
      one.kind = Tree::Kind::map;
      put(one, name, this->element(*child->element, node, ""));
      into.member(wrapper, Tree::Kind::list).items.push_back(std::move(one));
    } else if (!child->wrapper.empty() && !child->key.empty() && is_value(*child)) {
      into.member(wrapper, Tree::Kind::list).items.push_back(scalar(node.attributes.empty() ? node.text : node.attributes[0].value));
    } else if (!child->key.empty() && keys_fit(element, parent, *child)) {
      Tree body = this->element(*child->element, node, child->key);
      const std::string& key = node.attribute(child->key)->value;
      Tree& map = child->wrapper.empty() ? into : into.member(wrapper, Tree::Kind::map);
      if (is_property(*child) && !child->wrapper.empty()) put(map, key, body.kind == Tree::Kind::scalar ? body : scalar(""));
      else put(map.member(key, Tree::Kind::map), name, std::move(body));
    } else {
      add_plain(*child, parent, node, name, into);
    }
  }

  /// Whether children of one kind stand between those of another, which a member for each kind could not say.
  static bool interleaved(const Element& element, const Node& parent, const std::string& wrapper) {
    std::set<std::string> done;
    std::string last;
    for (const auto& node : parent.children) {
      const Child* child = element.child(node.name);
      if (!child || child->wrapper != wrapper || node.name == last) continue;
      if (!done.insert(node.name).second) return true;
      last = node.name;
    }
    return false;
  }

  void add_plain(const Child& child, const Node& parent, const Node& node, const std::string& name, Tree& into) const {
    const auto same = std::count_if(parent.children.begin(), parent.children.end(), [&](const Node& n) { return n.name == node.name; });
    Tree body = listed(child, node) ? list(*child.element, node) : element(*child.element, node, "");
    if (same > 1) into.member(name, Tree::Kind::list).items.push_back(std::move(body));
    else put(into, name, std::move(body));
  }

  /// <indexed-entities>, <interfaces>: an element that is nothing but the list of its children.
  static bool listed(const Child& child, const Node& node) {
    const Child* item = child.element->list_child();
    return item && !child.repeats && child.element->settings.empty() && !node.children.empty() &&
           std::all_of(node.children.begin(), node.children.end(), [&](const Node& n) { return n.name == item->element->name; });
  }

  Tree list(const Element& element, const Node& node) const {
    Tree tree;
    tree.kind = Tree::Kind::list;
    const Child* item = element.list_child();
    for (const auto& child : node.children) tree.items.push_back(this->element(*item->element, child, ""));
    return tree;
  }

  void add_open(const Node& parent, const Node& node, Tree& into) const {
    static const Element kOpen = [] {
      Element element;
      element.open = true;
      return element;
    }();
    Child child;
    child.element = std::shared_ptr<const Element>(&kOpen, [](const Element*) {});
    add_plain(child, parent, node, node.name, into);
  }

  bool camel_;
};

}  // namespace

Result<Node> node_of_tree(const Element& element, const Tree& tree) { return ToNode::element(element, tree); }

Tree tree_of_node(const Element& element, const Node& node, bool camel) { return ToTree(camel).element(element, node, ""); }

std::string kebab_case(std::string_view camel) {
  std::string kebab;
  for (std::size_t i = 0; i < camel.size(); ++i) {
    const bool begins = is_upper(camel[i]) && i > 0 && !is_upper(camel[i - 1]) && camel[i - 1] != '-';
    if (begins) kebab += '-';
    kebab += to_lower(camel[i]);
  }
  return kebab;
}

std::string camel_case(std::string_view kebab) {
  std::string camel;
  for (std::size_t i = 0; i < kebab.size(); ++i) {
    if (kebab[i] == '-' && i + 1 < kebab.size()) camel += to_upper(kebab[++i]);
    else camel += kebab[i];
  }
  return camel;
}

}  // namespace holdfast::config
