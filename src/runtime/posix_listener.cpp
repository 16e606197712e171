#include "runtime/posix_listener.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/posix_connection.h"
#include "runtime/posix_event.h"
#include "runtime/socket_address.h"

namespace holdfast::runtime {
namespace {

constexpr Duration kAcceptPause = std::chrono::milliseconds(100);  // after running out of descriptors
constexpr Duration kLogEvery = std::chrono::seconds(1);
constexpr int kAcceptsPerTurn = 64;  // then other work of the loop has its turn

using Loops = std::vector<std::unique_ptr<PosixLoop>>;

/// The part that the control loop has. Shared with its poller.
class Accepting final : public Pollable, public std::enable_shared_from_this<Accepting> {
 public:
  Accepting(const Loops& loops, int socket, HandlerFactory factory, const ListenOptions& options, Logger& log)
      : loops_(loops), socket_(socket), factory_(std::move(factory)), options_(options), log_(log) {}
  ~Accepting() override { close(); }

  PosixLoop& loop() const { return *loops_[kControlLoop]; }
  void start() {
    if (socket_ >= 0) loop().poller().add(socket_, shared_from_this());
  }
  void stop() {
    pause_.reset();
    if (socket_ >= 0) loop().poller().remove(socket_);
    close();
  }

  void on_edge(bool, bool, bool) override {}
  bool receive() override {
    for (int i = 0; i < kAcceptsPerTurn && socket_ >= 0; ++i) {
      const int accepted = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        adopt(accepted);
      } else if (errno == EAGAIN) {
        return false;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        pause(errno);
        return false;
      }
    }
    if (socket_ >= 0) loop().poller().again(shared_from_this());
    return false;
  }

 private:
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  void adopt(int accepted) {
    PosixLoop& loop = *loops_[next_++ % loops_.size()];
    auto connection = std::make_shared<PosixConnection>(loop, accepted, factory_(), options_);
    loop.post([connection = std::move(connection)] { connection->start(); });
  }

  void pause(int error) {
    const Instant now = posix_now();
    if (now - logged_ > kLogEvery) {
      logged_ = now;
      log_.warn("net", "a connection could not be accepted: " + std::generic_category().message(error) + "; trying again. If descriptors ran out, raise the limit (ulimit -n)");
    }
    pause_ = loop().at(now + kAcceptPause, [self = shared_from_this()] { self->loop().poller().again(self); });
  }

  const Loops& loops_;
  int socket_;  // -1 = closed
  const HandlerFactory factory_;
  const ListenOptions options_;
  Logger& log_;
  std::size_t next_ = 0;
  Instant logged_{};
  std::unique_ptr<Timer> pause_;
};

class PosixListener final : public Listener {
 public:
  PosixListener(std::shared_ptr<Accepting> accepting, Endpoint local) : accepting_(std::move(accepting)), local_(std::move(local)) {}
  ~PosixListener() override {
    end_on(accepting_->loop(), [accepting = accepting_] { accepting->stop(); });
  }
  Endpoint local() const override { return local_; }

 private:
  const std::shared_ptr<Accepting> accepting_;
  const Endpoint local_;
};

/// An errno; 0 = it listens.
int bind_and_listen(int socket, const SocketAddress& address, int backlog) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return ::bind(socket, address.data(), address.size()) == 0 && ::listen(socket, backlog) == 0 ? 0 : errno;
}

}  // namespace

Result<std::unique_ptr<Listener>> open_listener(const Loops& loops, const Endpoint& at, HandlerFactory factory, const ListenOptions& options, Logger& log) {
  const auto address = SocketAddress::numeric(at);
  if (!address.ok()) return Error(Errc::invalid_argument, "'" + at.host + "' is no numeric address to listen on");
  const int socket = ::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return socket_failure(at, errno);
  auto accepting = std::make_shared<Accepting>(loops, socket, std::move(factory), options, log);
  if (const int error = bind_and_listen(socket, *address, options.backlog); error != 0) return socket_failure(at, error);
  Endpoint local = local_endpoint(socket);
  accepting->loop().post([accepting] { accepting->start(); });
  return std::unique_ptr<Listener>(std::make_unique<PosixListener>(std::move(accepting), std::move(local)));
}

}  // namespace holdfast::runtime
