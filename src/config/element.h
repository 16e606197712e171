// Element and Setting: the descriptors. Every element and attribute that exists is described once; readers, writers,
// checks, suggestions, schemas and the list of settings work on these descriptions (settings_*.cpp have them).
//
// Owner: built once, read-only afterwards.  Threads: any.  Waits: never.
// Fails with: invalid_configuration.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/node.h"

namespace holdfast::config {

enum class Kind { text, boolean, integer, number, duration, size, choice, list };

/// An attribute.
struct Setting {
  std::string name;
  std::string doc;
  Kind kind = Kind::text;
  std::vector<std::string> choices;
  std::int64_t min = INT64_MIN;  // of integers, durations and sizes
  std::int64_t max = INT64_MAX;
  std::string since = "0.1";
  bool live = false;      // may change at run time
  bool built = true;      // false: accepted with a warning, has no effect yet
  bool old = false;       // an older name, read only
  std::string refused;    // not "": asks for protection that is not built; the sentence says what to do
  std::string allowed;    // the value that a refused setting may have all the same
  /// Empty for what has no place in the structs.
  std::function<Status(void* object, const std::string& value)> set;
  std::function<std::optional<std::string>(const void* object)> get;
};

/// What the reading of a document shares, over all of its files.
struct Reading {
  const ReadOptions& options;
  std::vector<std::string>& warnings;
  int schema_major = 0;            // of urn:infinispan:config:MAJOR.MINOR; 0 = none is said
  std::set<std::string> seen{};    // "security-realm default", ...: names of the file that is being read

  /// Protection that a realm asks for and that is not built: an error when an endpoint uses the realm.
  struct Demand {
    std::string realm;
    Place place;
    std::string sentence;
  };
  std::vector<Demand> demands{};
  std::set<std::string> open_realms{};  // realms with nothing in them: whoever comes is let in
  /// A name that has to exist when all files are read.
  struct Reference {
    std::string kind;  // "socket-binding", "security-realm", "interface"
    std::string name;
    Place place;
  };
  std::vector<Reference> references{};

  void warn(const Place& place, const std::string& sentence) { warnings.push_back(place.text() + ": " + sentence); }
  /// Fails when the file has the name already.
  Status name_once(const std::string& kind, const std::string& name, const Place& place);
};

struct Element;
using ElementPtr = std::shared_ptr<const Element>;

struct Child {
  ElementPtr element;
  bool repeats = false;
  bool old = false;      // read only
  /// JSON and YAML: the name of the map or list that the repeated children lie in. Without a key it is a list that is
  /// needed only where their order cannot be told otherwise.
  std::string wrapper;
  std::string key;       // JSON and YAML: the children lie in a map by this attribute
  /// Puts the node into the parent's object.
  std::function<Status(const Node& node, void* parent, Reading& reading)> read;
  /// Adds nodes for what differs from `base` (an object like the parent).
  std::function<void(const void* parent, const void* base, std::vector<Node>& into)> write;
};

struct Element {
  std::string name;
  std::string doc;
  bool built = true;
  bool open = false;      // any attributes and children: protocols of the cluster
  bool has_text = false;
  std::string refused;    // as Setting::refused
  std::vector<Setting> settings;
  std::vector<Child> children;
  std::function<Status(const std::string& text, void* object)> set_text;
  const void* fresh = nullptr;  // an object with the defaults, when the element describes a struct

  const Setting* setting(std::string_view wanted) const;
  const Child* child(std::string_view wanted) const;
  /// Its only repeated child: the element may be written as a list in JSON and YAML. Null = it may not.
  const Child* list_child() const;
};

/// Checks every name in the tree and reads the values into `object` (an instance of what the element describes).
Status apply(const Element& element, const Node& node, void* object, Reading& reading);
/// The names only: for elements that are kept as they are. `refuse`: what asks for protection that is not built fails.
Status check_names(const Element& element, const Node& node, bool refuse = true);
/// The attributes and children in which `object` differs from `base`.
Node write_element(const Element& element, const void* object, const void* base);

ElementConfiguration keep(const Node& node);
Node node_of(const ElementConfiguration& kept);

}  // namespace holdfast::config
