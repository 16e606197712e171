// The resolver that asks real DNS servers, by c-ares: the system's (resolv.conf, its search domains), or one that is named.
//
// Owner: the program.  Threads: any.  Waits: resolve(), on a thread of the runtime's blocking pool.
// Fails with: as runtime/resolver.h; invalid_configuration (a server that is no numeric address).
#pragma once

#include <memory>

#include "runtime/resolver.h"
#include "runtime/runtime.h"

namespace holdfast::runtime {

std::shared_ptr<Resolver> make_dns_resolver(Runtime& runtime);

}  // namespace holdfast::runtime
