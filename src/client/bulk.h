// Bulk operations, cut by owner and by size, whose parts are under way at the same time.
//
// Owner: shared by the parts.  Threads: any.  Waits: as ClientCore::start().
// Fails with: the first part's failure, after all parts have ended; other parts may have been done.
#pragma once

#include "client/client_core.h"

namespace holdfast::client {

using Pairs = std::vector<std::pair<Bytes, Bytes>>;
using PairsDone = UniqueFunction<void(Result<Pairs>)>;

/// What is there, in no order.
void get_all(const std::shared_ptr<ClientCore>& core, const std::shared_ptr<CacheRoute>& route, std::vector<Bytes> keys, std::uint32_t flags, PairsDone done);
void put_all(const std::shared_ptr<ClientCore>& core, const std::shared_ptr<CacheRoute>& route, Pairs entries, const RequestedLifetime& lifetime, std::uint32_t flags,
             PairsDone done);

}  // namespace holdfast::client
