// HTTP authentication: Basic and Digest (MD5, SHA-256; qop=auth) against the endpoint's realm.
//
// Owner: the endpoint.  Threads: any.  Waits: never; the session delays a refusal.
// Fails with: unauthenticated.
#pragma once

#include <string>

#include "endpoint/rest/http_message.h"
#include "endpoint/rest/nonces.h"
#include "server/endpoint.h"

namespace holdfast::rest {

class Authentication {
 public:
  explicit Authentication(const server::EndpointContext& context);
  /// False: everybody is anonymous.
  bool required() const { return realm_ != nullptr; }
  bool basic() const { return basic_; }
  bool digest() const { return digest_; }

  struct Verdict {
    Result<security::Subject> subject;
    bool stale = false;    // the proof was right, its nonce is too old: no refusal
    bool tried = false;    // there were credentials
  };
  Verdict check(const Request& request);
  /// The WWW-Authenticate lines, Digest with MD5 first: some clients look at the first one only.
  void append_challenges(Bytes& out, bool stale);

 private:
  Verdict check_basic(BytesView credentials);
  Verdict check_digest(const Request& request, BytesView directives);
  Verdict refused();

  security::Realm* const realm_;
  bool basic_ = false;
  bool digest_ = false;
  Nonces nonces_;
};

}  // namespace holdfast::rest
