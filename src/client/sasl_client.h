// The client side of SASL over Hot Rod: PLAIN, DIGEST and SCRAM.
//
// Owner: stateless.  Threads: any.  Waits: for the server, until the deadline.
// Fails with: unauthenticated, not_supported (no mechanism that both sides know), and what the connection says.
#pragma once

#include <memory>

#include "client/connection.h"

namespace holdfast::client {

Status authenticate(Connection& connection, const Credentials& credentials, runtime::Random& random, Instant deadline);

/// One attempt with one mechanism: what to send first, and what to answer to each challenge.
class SaslClient {
 public:
  virtual ~SaslClient() = default;
  virtual Bytes first() = 0;
  /// An empty answer = nothing is left to say. Fails when the server could not prove that it knows the password.
  virtual Result<Bytes> answer(BytesView challenge) = 0;
};

/// Strongest first.
const std::vector<std::string>& client_mechanisms();
/// Null: unknown. `nonce`: what SCRAM and DIGEST need.
std::unique_ptr<SaslClient> make_sasl_client(const std::string& mechanism, const Credentials& credentials, BytesView nonce);

}  // namespace holdfast::client
