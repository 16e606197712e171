// Shape: how Nodes look in JSON and YAML. Attributes and elements are members; named children lie in maps by their name,
// repeated ones in lists, as the original writes them; several spellings are read, one is written.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration.
#pragma once

#include "config/element.h"
#include "config/tree.h"

namespace holdfast::config {

/// What an element says. Names may be kebab-case or camelCase. Unknown names become nodes too: apply() tells of them.
Result<Node> node_of_tree(const Element& element, const Tree& tree);
/// The inverse. `camel` = names in camelCase, as YAML has them.
Tree tree_of_node(const Element& element, const Node& node, bool camel);

std::string kebab_case(std::string_view camel);
std::string camel_case(std::string_view kebab);

}  // namespace holdfast::config
