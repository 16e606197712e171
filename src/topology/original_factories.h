// The original's ways to distribute segments, for files that name them and for the comparison in bench/run ownership:
// "sync" looks at the members only, so that equal members give equal tables; "default" starts from the present table and
// evens it out greedily. Either may mind sites, racks and machines.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include "topology/hash_factory.h"

namespace holdfast::topology {

HashFactoryPtr make_sync_factory(bool topology_aware);
HashFactoryPtr make_default_factory(bool topology_aware);

}  // namespace holdfast::topology
