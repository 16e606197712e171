// Tree: what JSON and YAML say before the settings give it its shape (shape.h turns it into Nodes).
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <string>
#include <vector>

#include "config/node.h"

namespace holdfast::config {

struct Tree {
  enum class Kind { null, scalar, map, list };
  Kind kind = Kind::null;
  std::string key;           // in a map
  std::string text;          // of a scalar
  Place place;               // of the key in a map, else of the value
  std::vector<Tree> items;   // of a map or a list
  bool bare = false;         // written without quotes: true, false

  Tree& member(std::string name, Kind of_kind) {  // the one that is there, or a new one
    for (auto& item : items) {
      if (item.key == name) return item;
    }
    auto& fresh = items.emplace_back();
    fresh.key = std::move(name);
    fresh.kind = of_kind;
    return fresh;
  }
  const Tree* find(std::string_view wanted) const {
    for (const auto& item : items) {
      if (item.key == wanted) return &item;
    }
    return nullptr;
  }
};

}  // namespace holdfast::config
