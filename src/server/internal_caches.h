// The caches that every server has without configuration: protobuf schemas and scripts.
//
// Threads: any.  Waits: never.
#pragma once

#include <string_view>
#include <vector>

#include "engine/cache_manager.h"

namespace holdfast::server {

inline constexpr const char* kSchemaCache = "___protobuf_metadata";
inline constexpr const char* kScriptCache = "___script_cache";

std::vector<engine::InternalCache> internal_caches();
bool is_internal(std::string_view cache);

}  // namespace holdfast::server
