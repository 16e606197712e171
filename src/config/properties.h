// Properties: ${name}, ${name:default}, ${a,b:default}, with defaults that hold properties themselves.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration; the message names the property and the place.
#pragma once

#include "config/config.h"
#include "config/node.h"

namespace holdfast::config {

/// `place` is for messages.
Result<std::string> resolve_properties(std::string_view text, const PropertySource& source, const Place& place);
/// In every attribute and text of a tree.
Status resolve_properties(Node& node, const PropertySource& source);

/// The text written so that reading gives it back: "${" is no property in it.
std::string without_properties(std::string_view text);

}  // namespace holdfast::config
