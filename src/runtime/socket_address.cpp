#include "runtime/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace holdfast::runtime {
namespace {

constexpr std::size_t kNumericMax = 80;  // an IPv6 address with its zone

Errc errc_of(int error) {
  switch (error) {
    case EADDRINUSE: return Errc::address_in_use;
    case EACCES:
    case EPERM: return Errc::access_denied;
    case ECONNREFUSED: return Errc::refused;
    case ETIMEDOUT: return Errc::timeout;
    case EMFILE:
    case ENFILE: return Errc::exhausted;
    default: return Errc::io_error;
  }
}

Result<std::vector<SocketAddress>> look_up(const Endpoint& at, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &found); failed != 0) {
    return Error(Errc::not_found, at.host + ":" + std::to_string(at.port) + ": " + ::gai_strerror(failed));
  }
  std::vector<SocketAddress> all;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    SocketAddress address;
    socklen_t* size = address.room();
    if (each->ai_addrlen > *size) continue;
    std::memcpy(address.data(), each->ai_addr, each->ai_addrlen);
    *size = each->ai_addrlen;
    all.push_back(address);
  }
  ::freeaddrinfo(found);
  return all;
}

}  // namespace

Result<SocketAddress> SocketAddress::numeric(const Endpoint& at) {
  const auto found = look_up({at.host.empty() ? "0.0.0.0" : at.host, at.port}, AI_NUMERICHOST);
  if (!found.ok() || found->empty()) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address");
  return found->front();
}

Result<std::vector<SocketAddress>> SocketAddress::resolve(const Endpoint& at) { return look_up(at, AI_ADDRCONFIG); }

bool SocketAddress::is_multicast() const {
  if (family() == AF_INET) return IN_MULTICAST(ntohl(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr.s_addr));
  return family() == AF_INET6 && IN6_IS_ADDR_MULTICAST(&reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr);
}

Endpoint SocketAddress::endpoint() const {
  char host[kNumericMax] = "";
  char port[8] = "0";
  if (::getnameinfo(data(), size_, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) return {};
  return {host, static_cast<std::uint16_t>(std::stoi(port))};
}

Endpoint local_endpoint(int socket) {
  SocketAddress address;
  return ::getsockname(socket, address.data(), address.room()) == 0 ? address.endpoint() : Endpoint();
}

Endpoint peer_endpoint(int socket) {
  SocketAddress address;
  return ::getpeername(socket, address.data(), address.room()) == 0 ? address.endpoint() : Endpoint();
}

Error socket_failure(const Endpoint& at, int error) {
  return Error(errc_of(error), at.host + ":" + std::to_string(at.port) + ": " + std::generic_category().message(error));
}

}  // namespace holdfast::runtime
