// Builder: how settings_*.cpp describe elements. A codec says how a value is written; a member pointer says where it lies.
//
//   ElementPtr memory = Describe<MemoryConfiguration>("memory", "What a cache keeps at most.")
//       .setting("max-count", &MemoryConfiguration::max_count, integer<std::int64_t>(-1), "Entries; -1 = unbounded.").live();
//
// Owner: see element.h.  Threads: any.  Waits: never.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "config/element.h"
#include "config/values.h"

namespace holdfast::config {

template <class T>
struct Codec {
  Setting shape;  // kind, choices, range
  std::function<Result<T>(const std::string&)> parse;
  std::function<std::string(const T&)> print;
};

Codec<std::string> text();
Codec<bool> boolean();
Codec<bool> boolean_choice(std::string when_true, std::string when_false);  // "ASYNC", "SYNC"
Codec<double> number(std::int64_t min);
Codec<std::int64_t> duration(std::int64_t min = -1);
Codec<std::int64_t> size(std::int64_t min = -1);
Codec<std::vector<std::string>> list();
Codec<std::string> text_choice(std::vector<std::string> choices);
Status check_range(const Setting& shape, std::int64_t value);
Error not_a_choice(const Setting& shape, const std::string& value);

template <class T>
Codec<T> integer(std::int64_t min, std::int64_t max = std::numeric_limits<T>::max()) {
  Codec<T> codec;
  codec.shape.kind = Kind::integer;
  codec.shape.min = min;
  codec.shape.max = max;
  codec.parse = [shape = codec.shape](const std::string& written) -> Result<T> {
    HF_ASSIGN(const std::int64_t value, parse_integer(written));
    HF_TRY(check_range(shape, value));
    return static_cast<T>(value);
  };
  codec.print = [](const T& value) { return std::to_string(value); };
  return codec;
}

/// The first name of a value is the one that is written; `old` names are read only.
template <class E>
Codec<E> choice(std::vector<std::pair<std::string, E>> names, std::vector<std::pair<std::string, E>> old = {}) {
  Codec<E> codec;
  codec.shape.kind = Kind::choice;
  for (const auto& [name, value] : names) codec.shape.choices.push_back(name);
  codec.print = [names](const E& value) {
    for (const auto& [name, one] : names) {
      if (one == value) return name;
    }
    return std::string();
  };
  names.insert(names.end(), old.begin(), old.end());
  codec.parse = [names, shape = codec.shape](const std::string& written) -> Result<E> {
    for (const auto& [name, value] : names) {
      if (name == trim(written)) return value;
    }
    return not_a_choice(shape, written);
  };
  return codec;
}

template <class S, class T, class M>
Setting setting_of(const std::string& name, M S::*member, const Codec<T>& codec, const std::string& doc) {
  Setting setting = codec.shape;
  setting.name = name;
  setting.doc = doc;
  setting.set = [member, parse = codec.parse](void* object, const std::string& written) -> Status {
    HF_ASSIGN(static_cast<S*>(object)->*member, parse(written));
    return success();
  };
  setting.get = [member, print = codec.print](const void* object) -> std::optional<std::string> {
    const auto& value = static_cast<const S*>(object)->*member;
    if constexpr (std::is_same_v<M, std::optional<T>>) {
      return value ? std::optional(print(*value)) : std::nullopt;
    } else {
      return print(value);
    }
  };
  return setting;
}

/// A setting of an inner struct, described among those of the outer one.
template <class S, class T>
Setting within(T S::*inner, Setting setting) {
  setting.set = [inner, set = setting.set](void* object, const std::string& value) { return set(&(static_cast<S*>(object)->*inner), value); };
  setting.get = [inner, get = setting.get](const void* object) { return get(&(static_cast<const S*>(object)->*inner)); };
  return setting;
}

/// Elements that are known by name only (known.cpp reads the notation).
std::vector<Child> known(const std::string& notation);
/// One of `owner`'s extra elements: kept as it is, with one warning.
Child kept(Child known, std::function<std::vector<ElementConfiguration>&(void*)> extra, const std::string& warning);
/// Names are checked, the rest is forgotten; with a warning unless it is "".
Child ignored(Child known, const std::string& warning);

template <class S>
class Describe {
 public:
  Describe(std::string name, std::string doc) {
    element_.name = std::move(name);
    element_.doc = std::move(doc);
    static const S kFresh{};
    element_.fresh = &kFresh;
  }

  template <class T, class M>
  Describe& setting(const std::string& name, M S::*member, const Codec<T>& codec, const std::string& doc) {
    element_.settings.push_back(setting_of(name, member, codec, doc));
    return *this;
  }
  Describe& setting(Setting setting) { element_.settings.push_back(std::move(setting)); return *this; }
  /// Attributes that are known and have no effect.
  Describe& without_effect(const std::string& names, const std::string& doc) {
    for (const auto& name : split_list(names)) {
      Setting s;
      s.name = name;
      s.doc = doc;
      s.built = false;
      element_.settings.push_back(std::move(s));
    }
    return *this;
  }
  // About the setting that was described last.
  Describe& live() { element_.settings.back().live = true; return *this; }
  Describe& old() { element_.settings.back().old = true; return *this; }
  Describe& not_built() { element_.settings.back().built = false; return *this; }
  Describe& refused(std::string sentence, std::string allowed) {
    element_.settings.back().refused = std::move(sentence);
    element_.settings.back().allowed = std::move(allowed);
    return *this;
  }

  Describe& child(Child child) { element_.children.push_back(std::move(child)); return *this; }
  Describe& children(std::vector<Child> children) {
    for (auto& c : children) element_.children.push_back(std::move(c));
    return *this;
  }
  /// An element inside the same struct: it only groups.
  Describe& group(ElementPtr element) {
    return part(
        std::move(element), [](void* parent) { return parent; }, [](const void* parent) { return parent; });
  }
  template <class T>
  Describe& one(ElementPtr element, T S::*member) {
    return part(
        std::move(element), [member](void* parent) -> void* { return &(static_cast<S*>(parent)->*member); },
        [member](const void* parent) -> const void* { return &(static_cast<const S*>(parent)->*member); });
  }
  /// The element is written whenever it was there, also when it says nothing.
  template <class T>
  Describe& optional(ElementPtr element, std::optional<T> S::*member) {
    Child c;
    c.element = element;
    c.read = [element, member](const Node& node, void* parent, Reading& reading) {
      return apply(*element, node, &(static_cast<S*>(parent)->*member).emplace(), reading);
    };
    c.write = [element, member](const void* parent, const void*, std::vector<Node>& into) {
      static const T kFresh{};
      const auto& value = static_cast<const S*>(parent)->*member;
      if (value) into.push_back(write_element(*element, &*value, &kFresh));
    };
    return child(std::move(c));
  }
  template <class T>
  Describe& many(ElementPtr element, std::vector<T> S::*member, std::string key = "", std::string wrapper = "") {
    Child c;
    c.element = element;
    c.repeats = true;
    c.key = std::move(key);
    c.wrapper = std::move(wrapper);
    c.read = [element, member](const Node& node, void* parent, Reading& reading) {
      return apply(*element, node, &(static_cast<S*>(parent)->*member).emplace_back(), reading);
    };
    c.write = [element, member](const void* parent, const void* base, std::vector<Node>& into) {
      static const T kFresh{};
      const auto& values = static_cast<const S*>(parent)->*member;
      const auto& inherited = static_cast<const S*>(base)->*member;
      const bool adds = inherited.size() <= values.size() && std::equal(inherited.begin(), inherited.end(), values.begin());
      for (std::size_t i = adds ? inherited.size() : 0; i < values.size(); ++i) into.push_back(write_element(*element, &values[i], &kFresh));
    };
    return child(std::move(c));
  }
  /// As many(), with a member `name` that is there once in a file; in a further file it replaces the earlier one.
  template <class T>
  Describe& named(ElementPtr element, std::vector<T> S::*member, std::string key = "", std::string wrapper = "") {
    many(element, member, std::move(key), std::move(wrapper));
    element_.children.back().read = [element, member](const Node& node, void* parent, Reading& reading) -> Status {
      T value;
      HF_TRY(apply(*element, node, &value, reading));
      if (value.name.empty()) return error_at(node.place, "<" + element->name + "> needs a name");
      HF_TRY(reading.name_once(element->name, value.name, node.place));
      auto& all = static_cast<S*>(parent)->*member;
      const auto at = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == value.name; });
      if (at == all.end()) all.push_back(std::move(value));
      else *at = std::move(value);
      return success();
    };
    return *this;
  }
  /// An empty element whose presence is the value.
  template <class T>
  Describe& presence(const std::string& name, const std::string& doc, T S::*member, T value, std::vector<Child> inner = {}) {
    auto element = std::make_shared<Element>();
    element->name = name;
    element->doc = doc;
    element->children = std::move(inner);
    Child c;
    c.element = element;
    c.read = [element, member, value](const Node& node, void* parent, Reading& reading) {
      static_cast<S*>(parent)->*member = value;
      return apply(*element, node, parent, reading);
    };
    c.write = [name, member, value](const void* parent, const void* base, std::vector<Node>& into) {
      if (static_cast<const S*>(parent)->*member != value || static_cast<const S*>(base)->*member == value) return;
      into.emplace_back().name = name;
    };
    return child(std::move(c));
  }
  Describe& text(std::function<Status(const std::string&, S&)> set) {
    element_.has_text = true;
    element_.set_text = [set](const std::string& written, void* object) { return set(written, *static_cast<S*>(object)); };
    return *this;
  }

  operator ElementPtr() const { return std::make_shared<const Element>(element_); }  // NOLINT: ends a description
  Element& element() { return element_; }

 private:
  Describe& part(ElementPtr element, std::function<void*(void*)> inner, std::function<const void*(const void*)> view) {
    Child c;
    c.element = element;
    c.read = [element, inner](const Node& node, void* parent, Reading& reading) {
      return apply(*element, node, inner(parent), reading);
    };
    c.write = [element, view](const void* parent, const void* base, std::vector<Node>& into) {
      Node node = write_element(*element, view(parent), view(base));
      if (!node.attributes.empty() || !node.children.empty()) into.push_back(std::move(node));
    };
    return child(std::move(c));
  }

  Element element_;
};

}  // namespace holdfast::config
