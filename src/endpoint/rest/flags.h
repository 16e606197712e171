// The "flags" header: "SKIP_CACHE_LOAD, IGNORE_RETURN_VALUES" for entries, "VOLATILE" for caches.
//
// Threads: any.  Waits: never.  Fails with: invalid_argument (an unknown flag, which it names).
#pragma once

#include "base/result.h"
#include "model/mutation.h"
#include "server/dispatcher.h"

namespace holdfast::rest {

Result<WriteFlag> parse_write_flags(std::string_view header);
Result<engine::CreateOptions> parse_create_flags(std::string_view header);

}  // namespace holdfast::rest
