#include "endpoint/rest/problem.h"

#include <nlohmann/json.hpp>

#include "endpoint/rest/http_message.h"

namespace holdfast::rest {

int status_of(Errc code) {
  switch (code) {
    case Errc::ok: return 200;
    case Errc::invalid_argument:
    case Errc::invalid_configuration:
    case Errc::already_exists:
    case Errc::not_supported:
    case Errc::protocol_error: return 400;
    case Errc::unauthenticated: return 401;
    case Errc::permission_denied: return 403;
    case Errc::not_found:
    case Errc::cache_not_found: return 404;
    case Errc::too_large: return 413;
    case Errc::timeout: return 504;
    case Errc::cancelled:
    case Errc::stopped:
    case Errc::closed:
    case Errc::refused:
    case Errc::exhausted:
    case Errc::unavailable:
    case Errc::stale_topology:
    case Errc::node_suspected: return 503;
    default: return 500;
  }
}

std::string problem_document(int status, std::string_view detail) {
  const nlohmann::ordered_json document = {{"type", "about:blank"}, {"title", std::string(reason(status))}, {"status", status}, {"detail", std::string(detail)}};
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace holdfast::rest
