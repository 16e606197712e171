#include "endpoint/hotrod/errors.h"

namespace holdfast::hotrod {
namespace {

std::string_view class_of(Errc code) {
  switch (code) {
    case Errc::cache_not_found: return "org.infinispan.server.hotrod.CacheNotFoundException";
    case Errc::permission_denied:
    case Errc::unauthenticated: return "java.lang.SecurityException";
    case Errc::invalid_argument: return "java.lang.IllegalArgumentException";
    case Errc::not_supported: return "java.lang.UnsupportedOperationException";
    case Errc::invalid_configuration:
    case Errc::already_exists: return "org.infinispan.commons.CacheConfigurationException";
    case Errc::timeout: return "org.infinispan.commons.TimeoutException";
    case Errc::stopped: return "org.infinispan.commons.IllegalLifecycleStateException";
    case Errc::unavailable: return "org.infinispan.partitionhandling.AvailabilityException";
    case Errc::node_suspected: return "org.infinispan.remoting.transport.jgroups.SuspectException";
    case Errc::protocol_error: return "org.infinispan.server.hotrod.RequestParsingException";
    case Errc::corrupt: return "org.infinispan.commons.dataconversion.EncodingException";
    default: return "org.infinispan.commons.CacheException";
  }
}

}  // namespace

ResponseStatus status_of(Errc code) {
  switch (code) {
    case Errc::cache_not_found:
    case Errc::protocol_error: return ResponseStatus::parse_error;
    case Errc::timeout: return ResponseStatus::timed_out;
    case Errc::node_suspected: return ResponseStatus::node_suspected;
    case Errc::stopped: return ResponseStatus::illegal_lifecycle;
    default: return ResponseStatus::server_error;
  }
}

std::string text_of(const Error& error) { return std::string(class_of(error.code())) + ": " + error.message(); }

}  // namespace holdfast::hotrod
