// Caches of a configuration file, for stories.
//
// Owner: values.  Threads: the program's.  Waits: for the file.
// Fails with: what reading the file fails with; invalid_configuration: what a story cannot have, or no clustered cache at all.
#pragma once

#include <holdfast/configuration.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace holdfast::sim {

Result<std::vector<std::pair<std::string, CacheConfiguration>>> caches_of(const std::string& file);

}  // namespace holdfast::sim
