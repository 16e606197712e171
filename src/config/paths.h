// Paths in configurations, as text: nothing here looks at a disk.
//
// Owner: stateless.  Threads: any.  Waits: never.
#pragma once

#include <string>

#include "config/element.h"

namespace holdfast::config {

std::string folder_of(const std::string& path);  // "" when there is none
std::string join_path(const std::string& folder, const std::string& path);  // an absolute path stays itself

/// `path` below the folder that the property `relative_to` names. `fallback` names the property to use when
/// relative_to is ""; when that is not set either, the path stays as it is.
Result<std::string> located(const std::string& path, const std::string& relative_to, const std::string& fallback,
                            const Place& place, const Reading& reading);

}  // namespace holdfast::config
