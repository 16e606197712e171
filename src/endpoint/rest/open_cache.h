// Opening the cache that a request addresses, with the media types that it sends or wants.
//
// Owner: the session's Views.  Threads: the connection's loop.  Waits: never.
// Fails with: an answer.
#pragma once

#include "base/function.h"
#include "endpoint/rest/exchange.h"

namespace holdfast::rest {

enum class Direction : std::uint8_t { read, write };

/// A view with the types as stored, or as said, not kept. Nothing: an answer was given.
std::optional<server::CacheView> open_cache(Exchange& exchange, const server::DataFormat& format = {});

/// The same with the type of the key in the path; values as stored.
std::optional<server::CacheView> open_cache_for_key(Exchange& exchange);

/// Runs `body` on the view of the entry's cache; once more when the cache was removed since the view was made. `body`
/// answers unless it fails.
void with_entry_view(Exchange& exchange, Direction direction, FunctionRef<Status(const KeptView&)> body);

}  // namespace holdfast::rest
