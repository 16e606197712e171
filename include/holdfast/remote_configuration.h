// RemoteConfiguration: what a client needs to know to reach a grid.
//
// Owner: values.  Threads: as values.  Waits: never.
// Fails with: CacheException (invalid_configuration; names the part of the URI or the property and says what is allowed;
// not_supported: TLS).
#pragma once

#include <holdfast/log.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

inline constexpr std::uint16_t kHotRodPort = 11222;

struct ServerAddress {
  std::string host;
  std::uint16_t port = kHotRodPort;
};

/// Which operations are sent a second time when a connection ended before the answer, so that nobody knows whether the
/// first attempt took effect. What certainly had no effect is always sent again. A write of one key to a clustered cache of our
/// servers is exact however often it is sent; with any policy but `reads` it is sent again.
enum class RetryPolicy : std::uint8_t {
  reads,              // only what changes nothing: a write happens at most once
  idempotent_writes,  // also put, remove, put_all and clear, unless the previous value is asked for: at least once
  all,                // everything: a condition may then fail, and a previous value be our own, because the first attempt did it
};

struct RemoteConfiguration {
  /// Some of the grid's servers; the others are learned from them.
  std::vector<ServerAddress> servers;
  /// "" = none are sent.
  std::string user;
  std::string password;
  /// "PLAIN", "DIGEST-MD5", "SCRAM-SHA-512", ...; "" = the strongest that the server offers.
  std::string mechanism;
  /// Off: the named servers are asked in turn, whatever the grid's topology.
  bool topology_aware = true;
  std::size_t connections_per_server = 1;            // each carries any number of requests at a time
  std::size_t threads = 1;                           // that read answers and call listeners and then()
  std::size_t in_flight_max = 16384;                 // operations under way; callers wait for room
  std::chrono::milliseconds connect_timeout{3000};   // of one server
  std::chrono::milliseconds attempt_timeout{4000};   // then another server is asked, if the operation may be repeated
  std::chrono::milliseconds operation_timeout{15000};  // of all attempts together
  RetryPolicy retry = RetryPolicy::idempotent_writes;
  /// put() and remove() give the previous value; off, they give nothing, which is cheaper and may be repeated.
  bool return_previous = false;
  /// Receives the log, on any thread; must not wait. Empty = no log.
  std::function<void(LogLevel level, std::string_view category, std::string_view message)> log;

  /// hotrod://[user[:password]@]host[:port][,host[:port]...][?name=value[&...]]; the names are those of the properties.
  static RemoteConfiguration from_uri(std::string_view uri);
  /// The original's names ("infinispan.client.hotrod.server_list", ...; the manual has the list). Others are left alone
  /// unless they begin like these.
  static RemoteConfiguration from_properties(const std::map<std::string, std::string>& properties);
};

}  // namespace holdfast
