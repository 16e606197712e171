// Node: what a configuration file says, the same tree for XML, JSON and YAML, every part with its place.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace holdfast::config {

/// Where something stands: "infinispan.xml:12:8".
struct Place {
  std::shared_ptr<const std::string> file;
  std::uint32_t line = 0;    // from 1; 0 = made up by us
  std::uint32_t column = 0;  // from 1
  std::string text() const;
};

Error error_at(const Place& place, const std::string& sentence);

struct NodeAttribute {
  std::string name;
  std::string value;  // values of a list are separated by blanks
  Place place;
};

struct Node {
  std::string name;       // without prefix
  std::string space;      // namespace name; "" = none
  std::string text;       // its characters without surrounding blanks
  Place place;
  std::vector<NodeAttribute> attributes;
  std::vector<Node> children;

  const NodeAttribute* attribute(std::string_view name) const;
  void set(std::string key, std::string value) { attributes.push_back({std::move(key), std::move(value), place}); }
};

/// ", did you mean max-count?" when one of the names is near to what was written, else "".
std::string suggestion(std::string_view written, const std::vector<std::string>& names);

std::vector<std::string> split_list(std::string_view text);  // at blanks and commas
std::string join_list(const std::vector<std::string>& values);
std::string_view trim(std::string_view text);

}  // namespace holdfast::config
