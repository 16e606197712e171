// Wildcards: names such as "basecache*" that stand for all names of a shape. * is any text, ? is one character.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: invalid_configuration (a name matches two of them).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace holdfast {

bool is_wildcard(std::string_view name);
bool wildcard_matches(std::string_view wildcard, std::string_view name);

/// The one wildcard among the names of templates that the name of a cache matches; nothing = none does. Two that match are
/// an error that names both.
Result<std::optional<std::string>> wildcard_template(std::string_view cache, const std::vector<std::string>& templates);

}  // namespace holdfast
