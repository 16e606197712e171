// What all sessions of one REST endpoint share.
//
// Owner: shared by the endpoint and its sessions.  Threads: any.  Waits: never.
#pragma once

#include "endpoint/rest/authentication.h"
#include "server/endpoint.h"

namespace holdfast::rest {

struct EndpointState {
  explicit EndpointState(const server::EndpointContext& c) : context(c), authentication(c) {}

  server::Dispatcher& dispatcher() const { return *context.dispatcher; }

  const server::EndpointContext context;
  Authentication authentication;
};

}  // namespace holdfast::rest
