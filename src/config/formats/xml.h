// XML text -> Node tree, by libxml2's SAX interface: no network, no document types, no entities beyond XML's own five.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration with the place.
#pragma once

#include "config/node.h"

namespace holdfast::config {

/// `text` is UTF-8, at most 2 GiB. `file` names it in messages. Prefixes are resolved: a Node has its namespace; xmlns and xsi attributes are left out.
Result<Node> parse_xml(std::string_view text, const std::string& file);

}  // namespace holdfast::config
