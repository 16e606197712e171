// How datagrams travel: each receiver loses its own, nothing is sent again, order is by chance.
#include <algorithm>

#include "sim/addresses.h"
#include "sim/host.h"
#include "sim/network.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

/// Does what goes to `to` through the sender's interface concern this socket?
bool hears(const DatagramState& socket, const DatagramState& from, const runtime::Endpoint& to) {
  if (socket.closed || socket.at.port != to.port) return false;
  const bool same_host = socket.host == from.host;
  if (is_group(to.host)) {
    if (socket.at.host != to.host || (same_host && !from.options.loopback && !is_loopback(from.options.interface))) return false;
    return same_host || (from.options.hops > 0 && !is_loopback(from.options.interface) && !is_loopback(socket.options.interface));
  }
  if (is_loopback(to.host)) return same_host && (is_any(socket.at.host) || socket.at.host == to.host);
  return socket.host->address() == to.host && (is_any(socket.at.host) || socket.at.host == to.host);
}

}  // namespace

Status Network::bind(const std::shared_ptr<DatagramState>& socket) {
  runtime::Endpoint& at = socket->at;
  const std::string where = at.host + ":" + std::to_string(at.port);
  const std::string& interface = socket->options.interface;
  const auto ours = [&](const std::string& address) { return is_any(address) || is_loopback(address) || address == socket->host->address(); };
  if (!is_group(at.host) && !ours(at.host)) return Error(Errc::io_error, where + ": this host has no such address");
  if (!interface.empty() && !ours(interface)) return Error(Errc::io_error, where + ": this host has no interface " + interface);
  const auto taken = [&](std::uint16_t port) {
    return std::any_of(datagrams_.begin(), datagrams_.end(), [&](const auto& other) {
      const bool same_address = other->at.host == at.host || is_any(other->at.host) || is_any(at.host);
      return other->host == socket->host && other->at.port == port && same_address && !(other->options.shared && socket->options.shared);
    });
  };
  if (Status took = take_port(at, taken); !took.ok()) return took;
  datagrams_.push_back(socket);
  return success();
}

void Network::unbind(const DatagramState* socket) {
  std::erase_if(datagrams_, [socket](const auto& other) {
    if (other.get() != socket) return false;
    other->closed = true;
    return true;
  });
}

void Network::send_datagram(const DatagramState& from, const runtime::Endpoint& to, BytesView datagram) {
  runtime::Endpoint sender{from.at.host, from.at.port};
  if (is_any(sender.host) || is_group(sender.host)) sender.host = is_loopback(to.host) || is_loopback(from.options.interface) ? "127.0.0.1" : from.host->address();
  const auto shared = std::make_shared<const Bytes>(datagram);
  const auto sockets = datagrams_;
  for (const auto& socket : sockets) {
    if (hears(*socket, from, to)) fly(socket, *from.host, sender, shared);
  }
}

void Network::fly(const std::shared_ptr<DatagramState>& to, const SimHost& from, const runtime::Endpoint& sender, const std::shared_ptr<const Bytes>& datagram) {
  std::uint32_t loss = 0;
  if (to->host != &from) {
    const auto at = links_.find({from.index(), to->host->index()});
    loss = options_.loss_ppm + options_.datagram_loss_ppm + (at != links_.end() ? at->second.loss_ppm : 0);
  }
  const int copies = prng_.chance_ppm(options_.datagram_twice_ppm) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (prng_.chance_ppm(loss)) continue;
    simulation_.queue().schedule(simulation_.now() + travel_time(from, *to->host), [this, to, &from, sender, datagram] { arrive_datagram(to, from, sender, datagram); });
  }
}

void Network::arrive_datagram(const std::shared_ptr<DatagramState>& to, const SimHost& from, const runtime::Endpoint& sender, const std::shared_ptr<const Bytes>& datagram) {
  if (to->closed || !reachable(from, *to->host) || to->waiting >= kDatagramsWaitingMax || datagram->size() > to->options.datagram_bytes_max) return;
  simulation_.note(Step::deliver, from.index(), to->host->index(), *datagram);
  ++to->waiting;
  to->host->scheduler().post(to->loop, [to, sender, datagram] {
    --to->waiting;
    if (!to->closed) to->handler(sender, *datagram);
  });
}

}  // namespace holdfast::sim
