// SocketAddress: an address and port as the system's calls take them, IPv4 or IPv6.
//
// Threads: any.  Waits: resolve() asks the system's resolver.  Fails with: as each line says.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/net.h"

namespace holdfast::runtime {

class SocketAddress {
 public:
  SocketAddress() = default;
  /// Of a numeric address; "" = all addresses of IPv4. Fails with invalid_argument.
  static Result<SocketAddress> numeric(const Endpoint& at);
  /// Of a numeric address or a name, in the order of preference. Blocks the thread. Fails with not_found.
  static Result<std::vector<SocketAddress>> resolve(const Endpoint& at);

  int family() const { return storage_.ss_family; }
  bool is_multicast() const;
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  /// For calls that fill it in.
  socklen_t* room() {
    size_ = sizeof storage_;
    return &size_;
  }
  Endpoint endpoint() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// Of a socket's ends; an empty endpoint when it has none.
Endpoint local_endpoint(int socket);
Endpoint peer_endpoint(int socket);

/// What `error` (an errno) at an address means, in this project's words.
Error socket_failure(const Endpoint& at, int error);

}  // namespace holdfast::runtime
