#include "runtime/asio_net.h"

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/asio_connection_impl.h"
#include "runtime/asio_datagrams_impl.h"
#include "runtime/asio_event.h"

namespace holdfast::runtime {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Loops = std::vector<std::unique_ptr<AsioLoop>>;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);   // after running out of descriptors
constexpr Duration kLogEvery = std::chrono::seconds(1);

Errc errc_of(const error_code& error) {
  using boost::asio::error::basic_errors;
  if (error == basic_errors::address_in_use) return Errc::address_in_use;
  if (error == basic_errors::access_denied) return Errc::access_denied;
  if (error == basic_errors::connection_refused) return Errc::refused;
  if (error == basic_errors::timed_out || error == basic_errors::operation_aborted) return Errc::timeout;
  if (error == basic_errors::no_descriptors || error == boost::system::errc::too_many_files_open_in_system) return Errc::exhausted;
  if (error.category() == boost::asio::error::get_netdb_category()) return Errc::not_found;
  return Errc::io_error;
}

class AsioListener final : public Listener {
 public:
  /// Outlives the listener while an accept is pending.
  struct State {
    State(Loops& all, HandlerFactory make, const ListenOptions& o, Logger& l)
        : loops(all), factory(std::move(make)), options(o), log(l), acceptor(all[kControlLoop]->io().context), pause(all[kControlLoop]->io().context) {}
    Loops& loops;
    HandlerFactory factory;
    ListenOptions options;
    Logger& log;
    tcp::acceptor acceptor;
    boost::asio::steady_timer pause;
    std::size_t next = 0;
    bool closed = false;
    Instant logged{};
  };

  AsioListener(std::shared_ptr<State> state, Endpoint local) : state_(std::move(state)), local_(std::move(local)) {}
  ~AsioListener() override {
    // The acceptor belongs to the control loop; closing it elsewhere would race with a pending accept.
    const auto close = [state = state_] {
      state->closed = true;
      error_code ignored;
      state->acceptor.close(ignored);
      state->pause.cancel();
    };
    AsioLoop& loop = *state_->loops[kControlLoop];
    if (AsioLoop::current() == &loop) {
      close();
      return;
    }
    const std::shared_ptr<Event> closed = make_asio_event();
    loop.post([close, closed] {
      close();
      closed->set();
    });
    closed->wait(asio_now() + kLogEvery);
  }
  Endpoint local() const override { return local_; }

  static void accept(const std::shared_ptr<State>& state) {
    if (state->closed) return;
    AsioLoop& loop = *state->loops[state->next++ % state->loops.size()];
    state->acceptor.async_accept(loop.io().context, [state, &loop](const error_code& error, tcp::socket socket) {
      if (state->closed) return;
      if (error) {
        failed(state, error);
        return;
      }
      adopt(*state, loop, std::move(socket));
      accept(state);
    });
  }

 private:
  static void adopt(State& state, AsioLoop& loop, tcp::socket socket) {
    auto connection = std::make_shared<AsioConnection>(loop, std::move(socket), state.factory(), state.options);
    loop.post([connection] { connection->start(); });
  }

  static void failed(const std::shared_ptr<State>& state, const error_code& error) {
    const Instant now = asio_now();
    if (now - state->logged > kLogEvery) {
      state->logged = now;
      state->log.warn("net", "a connection could not be accepted: " + error.message() + "; trying again. If descriptors ran out, raise the limit (ulimit -n)");
    }
    state->pause.expires_after(kAcceptPause);
    state->pause.async_wait([state](const error_code& stopped) {
      if (!stopped) accept(state);
    });
  }

  std::shared_ptr<State> state_;
  Endpoint local_;
};

/// One attempt to connect; shared with the pending operations.
struct Attempt {
  explicit Attempt(AsioLoop& l) : loop(l), resolver(l.io().context), socket(l.io().context), done(make_asio_event()) {}
  AsioLoop& loop;
  tcp::resolver resolver;
  tcp::socket socket;
  std::unique_ptr<Event> done;
  error_code error = boost::asio::error::timed_out;
  ConnectionPtr connection;
  std::unique_ptr<Handler> handler;
};

void start_attempt(const std::shared_ptr<Attempt>& attempt, const Endpoint& to) {
  attempt->resolver.async_resolve(to.host, std::to_string(to.port), [attempt](const error_code& error, tcp::resolver::results_type found) {
    if (error) {
      attempt->error = error;
      attempt->done->set();
      return;
    }
    boost::asio::async_connect(attempt->socket, found, [attempt](const error_code& failed, const tcp::endpoint&) {
      attempt->error = failed;
      if (!failed) {
        auto connection = std::make_shared<AsioConnection>(attempt->loop, std::move(attempt->socket), std::move(attempt->handler), ListenOptions{});
        attempt->connection = connection;
        connection->start();
      }
      attempt->done->set();
    });
  });
}

class AsioNet final : public Net {
 public:
  AsioNet(LoopsFunction loops, Logger& log) : loops_(std::move(loops)), log_(log) {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, HandlerFactory factory, const ListenOptions& options) override {
    error_code error;
    const auto address = at.host.empty() ? boost::asio::ip::address(boost::asio::ip::address_v4::any()) : boost::asio::ip::make_address(at.host, error);
    if (error) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address to listen on");
    auto state = std::make_shared<AsioListener::State>(loops_(), std::move(factory), options, log_);
    const tcp::endpoint endpoint(address, at.port);
    state->acceptor.open(endpoint.protocol(), error);
    if (!error) state->acceptor.set_option(boost::asio::socket_base::reuse_address(true), error);
    if (!error) state->acceptor.bind(endpoint, error);
    if (!error) state->acceptor.listen(options.backlog, error);
    if (error) return asio_failure(at, error);
    const auto local = state->acceptor.local_endpoint(error);
    state->loops[kControlLoop]->post([state] { AsioListener::accept(state); });
    return std::unique_ptr<Listener>(std::make_unique<AsioListener>(state, Endpoint{local.address().to_string(), local.port()}));
  }

  Result<ConnectionPtr> connect(LoopId loop, const Endpoint& to, std::unique_ptr<Handler> handler, Instant deadline) override {
    Loops& loops = loops_();
    HF_ASSERT(loop < loops.size());
    auto attempt = std::make_shared<Attempt>(*loops[loop]);
    attempt->handler = std::move(handler);
    loops[loop]->post([attempt, to] { start_attempt(attempt, to); });
    if (!attempt->done->wait(deadline)) {
      loops[loop]->post([attempt] {
        error_code ignored;
        attempt->resolver.cancel();
        attempt->socket.close(ignored);
      });
      return asio_failure(to, boost::asio::error::timed_out);
    }
    if (attempt->error) return asio_failure(to, attempt->error);
    return attempt->connection;
  }

  Result<std::unique_ptr<DatagramSocket>> open_datagrams(LoopId loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options) override {
    Loops& loops = loops_();
    HF_ASSERT(loop < loops.size());
    return open_asio_datagrams(*loops[loop], at, std::move(handler), options);
  }

 private:
  LoopsFunction loops_;
  Logger& log_;
};

}  // namespace

Error asio_failure(const Endpoint& at, const error_code& error) {
  return Error(errc_of(error), at.host + ":" + std::to_string(at.port) + ": " + error.message());
}

std::unique_ptr<Net> make_asio_net(LoopsFunction loops, Logger& log) { return std::make_unique<AsioNet>(std::move(loops), log); }

}  // namespace holdfast::runtime
