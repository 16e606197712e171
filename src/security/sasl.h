// The server side of SASL: one SaslExchange per attempt (RFC 4422, 4616 PLAIN, 2831 DIGEST-MD5, 5802/7677 SCRAM,
// EXTERNAL).
//
// An unknown user goes through the same steps as a known one and fails at the same step with the same answer. The caller
// gives a refusal out kRefusalDelay (realm.h) after the request arrived, not before.
//
// Owner: a session.  Threads: one at a time.  Waits: as the realm.
// Fails with: unauthenticated (never says why; counted by the realm), not_supported (no such mechanism).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "security/realm.h"

namespace holdfast::security {

struct SaslStep {
  bool authenticated = false;
  Bytes challenge;  // to send, also when authenticated (SCRAM's final message, DIGEST's rspauth)
  Subject subject;  // when authenticated
};

/// After a step that authenticated or failed the exchange is over: a further step fails.
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
  std::string external_name;  // the TLS peer's distinguished name; "" = EXTERNAL is refused
};

/// Every mechanism that can be configured, strongest first.
const std::vector<std::string>& sasl_mechanisms();
Result<std::unique_ptr<SaslExchange>> make_sasl_exchange(std::string_view mechanism, const SaslContext& context);

}  // namespace holdfast::security
