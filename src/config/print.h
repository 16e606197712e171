// Print: Nodes and Trees as text.
//
// Owner: stateless.  Threads: any.  Waits: never.
#pragma once

#include <string>

#include "config/node.h"
#include "config/tree.h"

namespace holdfast::config {

std::string print_xml(const Node& root);
std::string print_json(const Tree& root);
std::string print_yaml(const Tree& root);

}  // namespace holdfast::config
