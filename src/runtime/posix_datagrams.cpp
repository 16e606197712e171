#include "runtime/posix_datagrams.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "runtime/posix_event.h"
#include "runtime/socket_address.h"

namespace holdfast::runtime {
namespace {

constexpr int kReceiveBufferBytes = 512 << 10;
constexpr int kDatagramsPerTurn = 64;  // then other work of the loop has its turn

#ifndef IP_MULTICAST_ALL
constexpr int IP_MULTICAST_ALL = 49;
#endif

/// The part that the loop has. Shared with its poller.
class Datagrams final : public Pollable, public std::enable_shared_from_this<Datagrams> {
 public:
  Datagrams(PosixLoop& loop, int socket, DatagramHandler handler, std::size_t bytes_max)
      : loop_(loop), socket_(socket), handler_(std::move(handler)), bytes_max_(bytes_max) {}
  ~Datagrams() override { close(); }

  PosixLoop& loop() const { return loop_; }
  void start() {
    if (socket_ >= 0) loop_.poller().add(socket_, shared_from_this());
  }
  void stop() {
    if (socket_ >= 0) loop_.poller().remove(socket_);
    close();
  }

  void on_edge(bool, bool, bool) override {}
  bool receive() override {
    std::unique_ptr<ReadBuffer> buffer = loop_.take_buffer();
    bool more = true;
    for (int i = 0; i < kDatagramsPerTurn && more; ++i) more = receive_one(*buffer);
    loop_.give_buffer(std::move(buffer));
    if (more) loop_.poller().again(shared_from_this());
    return false;
  }

  Status send(const Endpoint& to, BytesView datagram) {
    if (datagram.size() > bytes_max_) return Error(Errc::too_large, "a datagram of " + std::to_string(datagram.size()) + " bytes; " + std::to_string(bytes_max_) + " is the limit");
    const auto address = SocketAddress::numeric(to);
    if (!address.ok()) return Error(Errc::io_error, to.host + ": no way there");
    if (::sendto(socket_, datagram.data(), datagram.size(), MSG_NOSIGNAL, address->data(), address->size()) >= 0) return success();
    if (errno == EAGAIN || errno == ENOBUFS) return Error(Errc::exhausted, "the system takes no more datagrams now");
    return socket_failure(to, errno);
  }

 private:
  bool receive_one(ReadBuffer& buffer) {
    if (socket_ < 0) return false;
    SocketAddress from;
    const ssize_t size = ::recvfrom(socket_, buffer.bytes.get(), ReadBuffer::kBytes, 0, from.data(), from.room());
    if (size < 0) return errno != EAGAIN;  // or an earlier datagram found nobody
    if (static_cast<std::size_t>(size) <= bytes_max_) handler_(from.endpoint(), BytesView(buffer.bytes.get(), static_cast<std::size_t>(size)));
    return true;
  }

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  PosixLoop& loop_;
  int socket_;  // -1 = closed
  const DatagramHandler handler_;
  const std::size_t bytes_max_;
};

class PosixDatagramSocket final : public DatagramSocket {
 public:
  PosixDatagramSocket(std::shared_ptr<Datagrams> datagrams, Endpoint local) : datagrams_(std::move(datagrams)), local_(std::move(local)) {}
  ~PosixDatagramSocket() override {
    end_on(datagrams_->loop(), [datagrams = datagrams_] { datagrams->stop(); });
  }

  Status send(const Endpoint& to, BytesView datagram) override { return datagrams_->send(to, datagram); }
  Endpoint local() const override { return local_; }

 private:
  const std::shared_ptr<Datagrams> datagrams_;
  const Endpoint local_;
};

template <class Value>
bool set_option(int socket, int level, int name, const Value& value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

in_addr ipv4_of(const SocketAddress& address) { return reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr; }

/// What concerns groups: who hears, and which way datagrams to them go. `interface` of family 0: the system's choice.
bool set_group_options(int socket, const SocketAddress& at, const SocketAddress& interface, const DatagramOptions& options) {
  const bool named = interface.family() == AF_INET;
  if (named && !set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, ipv4_of(interface))) return false;
  if (!set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, options.hops)) return false;
  if (!set_option(socket, IPPROTO_IP, IP_MULTICAST_LOOP, options.loopback ? 1 : 0)) return false;
  if (!at.is_multicast()) return true;
  // Without this a socket also hears groups that others on this machine joined.
  set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  const ip_mreq membership{ipv4_of(at), named ? ipv4_of(interface) : in_addr{INADDR_ANY}};
  return set_option(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership);
}

bool prepare(int socket, const SocketAddress& at, const SocketAddress& interface, const DatagramOptions& options) {
  if (options.shared && !set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1)) return false;
  if (!set_option(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes)) return false;
  if (::bind(socket, at.data(), at.size()) != 0) return false;
  return at.family() != AF_INET || set_group_options(socket, at, interface, options);
}

}  // namespace

Result<std::unique_ptr<DatagramSocket>> open_posix_datagrams(PosixLoop& loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options) {
  const auto address = SocketAddress::numeric(at);
  if (!address.ok()) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address for datagrams");
  if (address->family() == AF_INET6 && address->is_multicast()) return Error(Errc::invalid_argument, "'" + at.host + "': groups are IPv4 (224.0.0.0 to 239.255.255.255)");
  SocketAddress interface;
  if (!options.interface.empty()) {
    HF_ASSIGN(interface, SocketAddress::numeric({options.interface, 0}));
  }
  const int socket = ::socket(address->family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return socket_failure(at, errno);
  auto datagrams = std::make_shared<Datagrams>(loop, socket, std::move(handler), options.datagram_bytes_max);
  if (!prepare(socket, *address, interface, options)) return socket_failure(at, errno);
  Endpoint local = local_endpoint(socket);
  loop.post([datagrams] { datagrams->start(); });
  return std::unique_ptr<DatagramSocket>(std::make_unique<PosixDatagramSocket>(std::move(datagrams), std::move(local)));
}

}  // namespace holdfast::runtime
