#include "client/request.h"

namespace holdfast::client {

bool is_read(Op op) {
  switch (op) {
    case Op::get: case Op::get_with_metadata: case Op::contains_key: case Op::get_all: case Op::size: case Op::stats: case Op::ping: return true;
    default: return false;
  }
}

bool is_keyed_write(Op op) {
  switch (op) {
    case Op::put: case Op::put_if_absent: case Op::replace: case Op::replace_if_unmodified: case Op::remove: case Op::remove_if_unmodified: return true;
    default: return false;
  }
}

bool may_repeat(Retry retry, const Request& request) {
  if (is_read(request.op)) return true;
  switch (request.op) {
    case Op::put: case Op::remove:
      return retry == Retry::all || (retry == Retry::idempotent && (request.flags & kForceReturnValue) == 0);
    case Op::put_all: case Op::clear: return retry != Retry::reads;
    default: return retry == Retry::all;
  }
}

bool took_effect_unknown(Errc code) {
  switch (code) {
    case Errc::timeout: case Errc::closed: case Errc::protocol_error: case Errc::internal: case Errc::node_suspected: case Errc::stopped: return true;
    default: return false;
  }
}

Verdict judge(const Error& error, bool repeatable) {
  switch (error.code()) {
    // Nothing was sent, or not executed.
    case Errc::refused: case Errc::not_found: return Verdict::try_elsewhere;
    // Sent, and then the connection or the server went.
    case Errc::closed: case Errc::node_suspected: case Errc::stopped: return repeatable ? Verdict::try_elsewhere : Verdict::give_up;
    default: return Verdict::give_up;
  }
}

Error error_of(const Response& response) {
  const std::string text = response.value.value_or(Bytes());
  const auto says = [&](const char* word) { return text.find(word) != std::string::npos; };
  switch (response.status) {
    case ResponseStatus::timed_out: return Error(Errc::timeout, text);
    case ResponseStatus::node_suspected: return Error(Errc::node_suspected, text);
    case ResponseStatus::illegal_lifecycle: return Error(Errc::stopped, text);
    case ResponseStatus::parse_error: return Error(says("CacheNotFoundException") ? Errc::cache_not_found : Errc::invalid_argument, text);
    case ResponseStatus::unknown_operation: return Error(Errc::not_supported, text);
    case ResponseStatus::server_error:
      if (says("ISPN006017") || says("ISPN006024") || says("ISPN006025")) return Error(Errc::unauthenticated, text);
      if (says("ISPN000287") || says("SecurityException")) return Error(Errc::permission_denied, text);
      if (says("ISPN000507")) return Error(Errc::already_exists, text);
      if (says("AvailabilityException")) return Error(Errc::unavailable, text);
      return Error(Errc::internal, text);
    default: return Error(Errc::protocol_error, text);
  }
}

}  // namespace holdfast::client
