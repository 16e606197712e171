// What a cache's configuration may not say, beyond what its syntax allows.
//
// Threads: any.  Waits: never.  Fails with: invalid_configuration; the message names the cache and the setting.
#pragma once

#include <holdfast/configuration.h>

#include <string>

#include "base/result.h"

namespace holdfast::engine {

/// The attributes that may change at run time and differ, by path, with the values of `to` as set_attribute() takes them.
std::vector<std::pair<std::string, std::string>> changed_attributes(const CacheConfiguration& from, const CacheConfiguration& to);
Status validate_cache(const std::string& name, const CacheConfiguration& configuration);
/// Names the first attribute that differs and that cannot change while a cache exists; "" when none does.
const char* immutable_difference(const CacheConfiguration& a, const CacheConfiguration& b);
/// Not empty, no control characters, at most 255 bytes.
Status validate_cache_name(const std::string& name);

}  // namespace holdfast::engine
