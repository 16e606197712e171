// The REST endpoint: HTTP/1.1 on the server's port.
//
// Owner: the Server.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <memory>

#include "server/endpoint.h"

namespace holdfast::rest {

std::unique_ptr<server::Endpoint> make_rest_endpoint(const server::EndpointContext& context);

}  // namespace holdfast::rest
