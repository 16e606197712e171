// The seam to the Domain Name System: records with their time to live. runtime/dns/ asks real servers.
//
// Owner: whoever made it.  Threads: any.  Waits: resolve(), in a fiber or a thread that is no loop's.
// Fails with: not_found (no such name, or none of that type), timeout, io_error (no server answers sense).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace holdfast::runtime {

enum class DnsType : std::uint16_t { a = 1, aaaa = 28, srv = 33 };  // as on the wire

struct DnsRecord {
  std::string host;         // a numeric address; of SRV the target's name
  std::uint16_t port = 0;   // of SRV
  Duration ttl{};
  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// `server`: "address" or "address:port" to ask instead of the system's; "" = the system's.
  virtual Result<std::vector<DnsRecord>> resolve(const std::string& name, DnsType type, const std::string& server, Instant deadline) = 0;
};

}  // namespace holdfast::runtime
