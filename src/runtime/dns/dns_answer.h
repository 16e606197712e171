// DNS answers as servers send them (RFC 1035), read with the time to live of every record, which c-ares does not give for SRV.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: protocol_error (no DNS answer), not_found.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "runtime/resolver.h"

namespace holdfast::runtime {

/// The records of that type; aliases on the way to them lower their time to live.
Result<std::vector<DnsRecord>> read_dns_answer(BytesView answer, DnsType type);

}  // namespace holdfast::runtime
