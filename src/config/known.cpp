// Elements that are known by their names only. The notation, blanks between elements:
//   name flags (attribute attribute! ...) {children}
// Flags: * may repeat, $ has text, + takes any attributes and children, ! is refused (asks for protection),
// @wrapper the map or list around them in JSON and YAML, #key the attribute that is the key of their map.
#include <algorithm>
#include <cctype>

#include "config/builder.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kRefused = "asks for protection that is not built yet; a server never starts less protected than its file says";
constexpr std::string_view kKept = "kept, has no effect yet";

class Notation {
 public:
  explicit Notation(std::string_view text) : text_(text) {}

  std::vector<Child> children() {
    std::vector<Child> all;
    while (skip_blanks() && peek() != '}') all.push_back(child());
    return all;
  }

 private:
  bool skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size();
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string name() {
    const auto begin = at_;
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '-' || peek() == '_' || peek() == '.') ++at_;
    HF_ASSERT(at_ > begin);
    return std::string(text_.substr(begin, at_ - begin));
  }

  Child child() {
    auto element = std::make_shared<Element>();
    Child c;
    element->name = name();
    element->doc = kKept;
    element->built = false;
    while (true) {
      if (take('*')) c.repeats = true;
      else if (take('$')) element->has_text = true;
      else if (take('+')) element->open = true;
      else if (take('!')) element->refused = kRefused;
      else if (take('@')) c.wrapper = name();
      else if (take('#')) c.key = name();
      else break;
    }
    if (!c.wrapper.empty() && c.key.empty()) c.key = "name";
    if (take('(')) attributes(*element);
    if (take('{')) {
      element->children = children();
      HF_ASSERT(take('}'));
    }
    c.element = element;
    return c;
  }

  void attributes(Element& element) {
    while (skip_blanks() && !take(')')) {
      Setting s;
      s.name = name();
      s.doc = kKept;
      s.built = false;
      if (take('!')) {
        s.refused = kRefused;
        s.allowed = "false";
      }
      element.settings.push_back(std::move(s));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Child> known(const std::string& notation) { return Notation(notation).children(); }

Child kept(Child known, std::function<std::vector<ElementConfiguration>&(void*)> extra, const std::string& warning) {
  const auto element = known.element;
  HF_ASSERT(!known.repeats);
  known.read = [element, extra, warning](const Node& node, void* parent, Reading& reading) -> Status {
    HF_TRY(check_names(*element, node));
    reading.warn(node.place, "<" + node.name + "> " + warning);
    auto& all = extra(parent);
    const auto before = [](const auto& a, const std::string& name) { return a.name < name; };
    auto at = std::lower_bound(all.begin(), all.end(), node.name, before);  // by name, so that order in the file does not matter
    if (at == all.end() || at->name != node.name) all.insert(at, keep(node));
    else *at = keep(node);
    return success();
  };
  known.write = [element, extra](const void* parent, const void* base, std::vector<Node>& into) {
    const auto& inherited = extra(const_cast<void*>(base));
    for (const auto& one : extra(const_cast<void*>(parent))) {
      if (one.name == element->name && std::find(inherited.begin(), inherited.end(), one) == inherited.end()) into.push_back(node_of(one));
    }
  };
  return known;
}

Child ignored(Child known, const std::string& warning) {
  known.read = [element = known.element, warning](const Node& node, void*, Reading& reading) -> Status {
    HF_TRY(check_names(*element, node));
    if (!warning.empty()) reading.warn(node.place, "<" + node.name + "> " + warning);
    return success();
  };
  return known;
}

}  // namespace holdfast::config
