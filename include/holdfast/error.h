// What can go wrong: the code of every failure, and the exception that carries it out of the public API.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <stdexcept>
#include <string>

namespace holdfast {

/// Every kind of failure there is. Endpoints map these to the codes of their protocol; texts are for people.
enum class Errc : unsigned char {
  ok = 0,
  invalid_argument,        // the caller's value is wrong
  invalid_configuration,   // a setting is wrong; the message names it and where it stands
  not_found,               // no such file, cache, template, ...
  cache_not_found,         // the named cache is not configured
  already_exists,          // the name is taken
  not_supported,           // known, but not built or not possible for this cache
  unauthenticated,         // credentials are missing or wrong
  permission_denied,       // authenticated, but not allowed
  timeout,                 // the deadline passed; the operation may still take effect
  cancelled,               // given up by the caller or by a stop
  stopped,                 // the cache, manager or server is not running (any more)
  closed,                  // the connection is closed
  refused,                 // the peer does not accept connections
  too_large,               // a size limit was passed
  exhausted,               // out of descriptors, memory, queue space
  out_of_space,            // no room on the disk
  access_denied,           // the operating system refuses access to a file
  address_in_use,          // the port is taken
  corrupt,                 // stored or received bytes are not what they claim to be
  protocol_error,          // a peer broke the protocol
  unavailable,             // a partition or a store does not answer now
  stale_topology,          // retry with a newer topology
  node_suspected,          // the addressed node left or is suspected
  io_error,                // the operating system failed otherwise
  internal,                // a defect of ours, reported instead of hidden
};

/// What the public API throws: a code to act on, and in what() a sentence that says what to do.
class CacheException : public std::runtime_error {
 public:
  CacheException(Errc code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

}  // namespace holdfast
