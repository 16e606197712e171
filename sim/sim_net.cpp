// A host's door to the network: listening, connecting, names.
#include <algorithm>

#include "base/assert.h"
#include "sim/addresses.h"
#include "sim/host.h"
#include "sim/network.h"
#include "sim/sim_connection.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

class SimListener final : public runtime::Listener {
 public:
  SimListener(Network& network, std::shared_ptr<ListenerState> state) : network_(network), state_(std::move(state)) {}
  ~SimListener() override { network_.unbind(state_.get()); }
  runtime::Endpoint local() const override { return state_->at; }

 private:
  Network& network_;
  std::shared_ptr<ListenerState> state_;
};

class SimDatagramSocket final : public runtime::DatagramSocket {
 public:
  SimDatagramSocket(Network& network, std::shared_ptr<DatagramState> state) : network_(network), state_(std::move(state)) {}
  ~SimDatagramSocket() override { network_.unbind(state_.get()); }
  Status send(const runtime::Endpoint& to, BytesView datagram) override {
    if (datagram.size() > state_->options.datagram_bytes_max) return Error(Errc::too_large, "a datagram of " + std::to_string(datagram.size()) + " bytes");
    if (!is_numeric(to.host)) return Error(Errc::io_error, to.host + ": no way there");
    if (!state_->closed) network_.send_datagram(*state_, to, datagram);
    return success();
  }
  runtime::Endpoint local() const override { return state_->at; }

 private:
  Network& network_;
  const std::shared_ptr<DatagramState> state_;
};

class SimNet final : public runtime::Net {
 public:
  SimNet(Network& network, SimHost& host) : network_(network), host_(host) {}

  Result<std::unique_ptr<runtime::Listener>> listen(const runtime::Endpoint& at, runtime::HandlerFactory factory, const runtime::ListenOptions& options) override {
    if (!host_.running()) return killed();
    if (!is_any(at.host) && !is_numeric(at.host)) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address to listen on");
    auto state = std::make_shared<ListenerState>(ListenerState{&host_, at, std::move(factory), options});
    if (is_any(at.host)) state->at.host = "0.0.0.0";
    HF_TRY(network_.bind(state));
    return std::unique_ptr<runtime::Listener>(std::make_unique<SimListener>(network_, std::move(state)));
  }

  Result<runtime::ConnectionPtr> connect(runtime::LoopId loop, const runtime::Endpoint& to, std::unique_ptr<runtime::Handler> handler, Instant deadline) override {
    HF_ASSERT(loop < host_.scheduler().loops());
    const std::string where = to.host + ":" + std::to_string(to.port);
    if (!host_.running()) return killed();
    const auto attempt = std::make_shared<ConnectAttempt>();
    attempt->done = host_.scheduler().make_event();
    attempt->handler = std::move(handler);
    attempt->incarnation = host_.incarnation();
    SimHost* target = network_.find_host(to.host, host_);
    if (target != nullptr) {
      network_.send_connect({&host_, loop, target, to, attempt}, Duration(0));
    } else if (!is_numeric(to.host)) {
      return Error(Errc::not_found, where + ": there is no host of this name");
    }
    struct Abandon {
      ConnectAttempt& attempt;
      ~Abandon() { attempt.abandoned = attempt.connection == nullptr; }
    } const abandon{*attempt};
    if (!attempt->done->wait(deadline)) return Error(Errc::timeout, where + ": no answer until the deadline");
    if (attempt->connection == nullptr) return Error(attempt->error, where + ": " + std::string(errc_name(attempt->error)));
    return runtime::ConnectionPtr(attempt->connection);
  }

  Result<std::unique_ptr<runtime::DatagramSocket>> open_datagrams(runtime::LoopId loop, const runtime::Endpoint& at, runtime::DatagramHandler handler,
                                                                  const runtime::DatagramOptions& options) override {
    HF_ASSERT(loop < host_.scheduler().loops());
    if (!host_.running()) return killed();
    if (!is_any(at.host) && !is_numeric(at.host)) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address for datagrams");
    auto state = std::make_shared<DatagramState>(DatagramState{&host_, loop, at, std::move(handler), options});
    if (is_any(at.host)) state->at.host = "0.0.0.0";
    HF_TRY(network_.bind(state));
    return std::unique_ptr<runtime::DatagramSocket>(std::make_unique<SimDatagramSocket>(network_, std::move(state)));
  }

 private:
  Error killed() {
    host_.sim_scheduler().vain_call();
    return Error(Errc::stopped, "the process was killed");
  }

  Network& network_;
  SimHost& host_;
};

}  // namespace

std::unique_ptr<runtime::Net> Network::make_net(SimHost& host) { return std::make_unique<SimNet>(*this, host); }

std::uint16_t Network::next_port() {
  const std::uint16_t port = next_port_++;
  if (next_port_ == 0) next_port_ = kFirstPort;
  return port;
}

Status Network::take_port(runtime::Endpoint& at, FunctionRef<bool(std::uint16_t)> taken) {
  if (at.port != 0 && taken(at.port)) return Error(Errc::address_in_use, at.host + ":" + std::to_string(at.port) + ": address in use");
  if (at.port != 0) return success();
  do {
    at.port = next_port();
  } while (taken(at.port));
  return success();
}

Status Network::bind(const std::shared_ptr<ListenerState>& listener) {
  runtime::Endpoint& at = listener->at;
  const std::string where = at.host + ":" + std::to_string(at.port);
  if (!is_any(at.host) && !is_loopback(at.host) && at.host != listener->host->address()) return Error(Errc::io_error, where + ": this host has no such address");
  const auto taken = [&](std::uint16_t port) {
    return std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& other) {
      return other->host == listener->host && other->at.port == port && (other->at.host == at.host || is_any(other->at.host) || is_any(at.host));
    });
  };
  if (Status took = take_port(at, taken); !took.ok()) return took;
  listeners_.push_back(listener);
  return success();
}

void Network::unbind(const ListenerState* listener) {
  std::erase_if(listeners_, [listener](const auto& other) {
    if (other.get() != listener) return false;
    other->closed = true;
    return true;
  });
}

SimHost* Network::find_host(const std::string& address_or_name, SimHost& from) const {
  if (is_loopback(address_or_name) || is_any(address_or_name)) return &from;
  for (const auto& host : simulation_.hosts()) {
    if (host->address() == address_or_name || host->name() == address_or_name) return host.get();
  }
  return nullptr;
}

std::shared_ptr<ListenerState> Network::find_listener(const SimHost& host, const runtime::Endpoint& at) const {
  const std::string address = at.host == "localhost" ? "127.0.0.1" : at.host == host.name() ? host.address() : at.host;
  for (const auto& listener : listeners_) {
    if (listener->host == &host && listener->at.port == at.port && (is_any(listener->at.host) || listener->at.host == address)) return listener;
  }
  return nullptr;
}

// How a connection comes to be: the call travels, the answer travels; what is lost is sent again until the caller gives up.

void Network::send_connect(const Call& call, Duration after) {
  const Duration at = simulation_.now() + after + delay(*call.from, *call.to, 0);
  simulation_.queue().schedule(at, [this, call] { arrive_connect(call); });
}

namespace {

bool still_wanted(const Network::Call& call) {
  return !call.attempt->abandoned && call.from->running() && call.from->incarnation() == call.attempt->incarnation;
}

}  // namespace

void Network::arrive_connect(const Call& call) {
  if (!still_wanted(call)) return;
  simulation_.note(Step::connect, call.from->index(), call.to->index());
  if (!reachable(*call.from, *call.to) || !reachable(*call.to, *call.from)) {
    send_connect(call, options_.connect_again);
    return;
  }
  const auto listener = find_listener(*call.to, call.at);
  if (listener == nullptr) {
    refuse(call);
  } else {
    accept(call, listener);
  }
}

void Network::refuse(const Call& call) {
  simulation_.note(Step::refuse, call.from->index(), call.to->index());
  simulation_.queue().schedule(simulation_.now() + delay(*call.to, *call.from, 0), [call] {
    if (!still_wanted(call)) return;
    call.attempt->error = Errc::refused;
    call.attempt->done->set();
  });
}

void Network::accept(const Call& call, const std::shared_ptr<ListenerState>& listener) {
  auto stream = std::make_shared<Stream>();
  stream->id = next_stream_++;
  simulation_.note(Step::accept, stream->id, call.to->index());
  const bool local = call.from == call.to;
  const runtime::Endpoint client{local ? "127.0.0.1" : call.from->address(), next_port()};
  const runtime::Endpoint server{is_any(listener->at.host) ? (local ? "127.0.0.1" : call.to->address()) : listener->at.host, listener->at.port};
  const auto make = [&](int side, SimConnection::Place place, std::unique_ptr<runtime::Handler> handler, const runtime::ListenOptions& options) {
    auto end = std::make_shared<SimConnection>(*this, std::move(place), stream, side, std::move(handler), options);
    stream->side[side].host = &end->host();
    stream->side[side].end = end;
    ends_[{stream->id, side}] = end;
    return end;
  };
  const runtime::LoopId loop = listener->next_loop++ % call.to->scheduler().loops();
  const auto ours = make(0, {*call.from, call.loop, client, server}, std::move(call.attempt->handler), {});
  const auto theirs = make(1, {*call.to, loop, server, client}, nullptr, listener->options);
  streams_[stream->id] = stream;
  call.to->scheduler().post(loop, [listener, theirs] {
    if (listener->closed) {
      theirs->abort();
      return;
    }
    theirs->set_handler(listener->factory());
    theirs->start();
  });
  const Duration answer = delay(*call.to, *call.from, 0);
  stream->side[1].last_due = simulation_.now() + answer;
  answer_connect(call, ours, answer);
}

void Network::answer_connect(const Call& call, const std::shared_ptr<SimConnection>& connection, Duration after) {
  simulation_.queue().schedule(simulation_.now() + after, [this, call, connection] {
    if (!still_wanted(call)) {
      connection->abort();
      return;
    }
    if (!reachable(*call.to, *call.from)) {
      answer_connect(call, connection, options_.connect_again);
      return;
    }
    call.from->scheduler().post(call.loop, [call, connection] {
      if (call.attempt->abandoned || !connection->is_open()) {
        connection->abort();
        call.attempt->done->set();
        return;
      }
      connection->start();
      call.attempt->connection = connection;
      call.attempt->done->set();
    });
  });
}

}  // namespace holdfast::sim
