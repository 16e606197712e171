#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/udp.hpp>

#include "runtime/asio_datagrams_impl.h"
#include "runtime/asio_event.h"
#include "runtime/asio_io_impl.h"

namespace holdfast::runtime {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;
namespace ip = boost::asio::ip;
namespace multicast = boost::asio::ip::multicast;

constexpr int kReceiveBufferBytes = 512 << 10;
constexpr int kDatagramsPerTurn = 64;  // then other work of the loop has its turn
constexpr Duration kCloseTime = std::chrono::seconds(1);

#ifndef IP_MULTICAST_ALL
constexpr int IP_MULTICAST_ALL = 49;
#endif

/// Outlives the socket while a wait is pending.
struct State {
  State(AsioLoop& l, DatagramHandler h, std::size_t bytes_max) : loop(l), handler(std::move(h)), datagram_bytes_max(bytes_max), socket(l.io().context) {}
  AsioLoop& loop;
  DatagramHandler handler;
  const std::size_t datagram_bytes_max;
  udp::socket socket;
  bool closed = false;
};

void receive(const std::shared_ptr<State>& state) {
  std::unique_ptr<ReadBuffer> buffer = state->loop.take_buffer();
  for (int i = 0; i < kDatagramsPerTurn && !state->closed; ++i) {
    udp::endpoint from;
    error_code error;
    const std::size_t size = state->socket.receive_from(boost::asio::buffer(buffer->bytes.get(), ReadBuffer::kBytes), from, 0, error);
    if (error == boost::asio::error::would_block) break;
    if (error || size > state->datagram_bytes_max) continue;  // an earlier datagram found nobody; too long
    state->handler({from.address().to_string(), from.port()}, BytesView(buffer->bytes.get(), size));
  }
  state->loop.give_buffer(std::move(buffer));
}

void wait_for_input(const std::shared_ptr<State>& state) {
  if (state->closed) return;
  state->socket.async_wait(udp::socket::wait_read, [state](const error_code& error) {
    if (error || state->closed) return;
    receive(state);
    wait_for_input(state);
  });
}

class AsioDatagramSocket final : public DatagramSocket {
 public:
  AsioDatagramSocket(std::shared_ptr<State> state, Endpoint local) : state_(std::move(state)), local_(std::move(local)) {}
  ~AsioDatagramSocket() override {
    const auto close = [state = state_] {
      state->closed = true;
      error_code ignored;
      state->socket.close(ignored);
    };
    if (AsioLoop::current() == &state_->loop) {
      close();
      return;
    }
    const std::shared_ptr<Event> closed = make_asio_event();
    state_->loop.post([close, closed] {
      close();
      closed->set();
    });
    closed->wait(asio_now() + kCloseTime);
  }

  Status send(const Endpoint& to, BytesView datagram) override {
    if (datagram.size() > state_->datagram_bytes_max) return Error(Errc::too_large, "a datagram of " + std::to_string(datagram.size()) + " bytes; " + std::to_string(state_->datagram_bytes_max) + " is the limit");
    error_code error;
    const auto address = ip::make_address(to.host, error);
    if (!error) state_->socket.send_to(boost::asio::buffer(datagram.data(), datagram.size()), {address, to.port}, 0, error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::no_buffer_space) return Error(Errc::exhausted, "the system takes no more datagrams now");
    return error ? Status(asio_failure(to, error)) : success();
  }
  Endpoint local() const override { return local_; }

 private:
  const std::shared_ptr<State> state_;
  const Endpoint local_;
};

/// What concerns groups: who hears, and which way datagrams to them go.
error_code set_group_options(udp::socket& socket, const ip::address& at, const DatagramOptions& options) {
  error_code error;
  ip::address_v4 interface;
  if (!options.interface.empty()) interface = ip::make_address_v4(options.interface, error);
  if (!error && !options.interface.empty()) socket.set_option(multicast::outbound_interface(interface), error);
  if (!error) socket.set_option(multicast::hops(options.hops), error);
  if (!error) socket.set_option(multicast::enable_loopback(options.loopback), error);
  if (error || !at.is_multicast()) return error;
  // Without this a socket also hears groups that others on this machine joined.
  const int no = 0;
  setsockopt(socket.native_handle(), IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof no);
  socket.set_option(multicast::join_group(at.to_v4(), interface), error);
  return error;
}

}  // namespace

Result<std::unique_ptr<DatagramSocket>> open_asio_datagrams(AsioLoop& loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options) {
  error_code error;
  const auto address = at.host.empty() ? ip::address(ip::address_v4::any()) : ip::make_address(at.host, error);
  if (error) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address for datagrams");
  if (address.is_v6() && address.is_multicast()) return Error(Errc::invalid_argument, "'" + at.host + "': groups are IPv4 (224.0.0.0 to 239.255.255.255)");
  auto state = std::make_shared<State>(loop, std::move(handler), options.datagram_bytes_max);
  udp::socket& socket = state->socket;
  const udp::endpoint endpoint(address, at.port);
  socket.open(endpoint.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error && options.shared) socket.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (!error) socket.set_option(boost::asio::socket_base::receive_buffer_size(kReceiveBufferBytes), error);
  if (!error) socket.bind(endpoint, error);
  if (!error && address.is_v4()) error = set_group_options(socket, address, options);
  if (error) return asio_failure(at, error);
  const auto local = socket.local_endpoint(error);
  loop.post([state] { wait_for_input(state); });
  return std::unique_ptr<DatagramSocket>(std::make_unique<AsioDatagramSocket>(std::move(state), Endpoint{local.address().to_string(), local.port()}));
}

}  // namespace holdfast::runtime
