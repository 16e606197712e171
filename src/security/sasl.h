// The server side of SASL: one SaslExchange per attempt (RFC 4422, 4616 PLAIN, 2831 DIGEST-MD5, 5802/7677 SCRAM,
// EXTERNAL).
//
// Owner: a session.  Threads: one at a time.  Waits: as the realm.
// Fails with: unauthenticated (never says why), not_supported (no such mechanism).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "security/realm.h"

namespace holdfast::security {

struct SaslStep {
  bool authenticated = false;
  Bytes challenge;  // to send, also when authenticated (SCRAM's final message)
  Subject subject;  // when authenticated
};

class SaslExchange {
 public:
  virtual ~SaslExchange() = default;
  virtual Result<SaslStep> step(BytesView response) = 0;
};

struct SaslContext {
  Realm* realm = nullptr;
  runtime::Random* random = nullptr;
  std::string protocol = "hotrod";
  std::string server_name = "infinispan";
  std::string realm_name = "default";
  std::string external_name;  // the TLS peer's distinguished name; "" = EXTERNAL is refused
};

/// Every mechanism that can be configured, strongest first.
const std::vector<std::string>& sasl_mechanisms();
Result<std::unique_ptr<SaslExchange>> make_sasl_exchange(std::string_view mechanism, const SaslContext& context);

}  // namespace holdfast::security
