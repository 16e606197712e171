// YAML and JSON text -> Tree, by libfyaml's events. Aliases are copies; how much they may unfold is bounded.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration with the place, too_large.
#pragma once

#include "config/tree.h"

namespace holdfast::config {

/// `text` is UTF-8. `json` = no YAML beyond JSON is accepted.
Result<Tree> parse_yaml(std::string_view text, const std::string& file, bool json);

}  // namespace holdfast::config
