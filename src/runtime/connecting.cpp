#include "runtime/connecting.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/posix_connection.h"
#include "runtime/posix_event.h"

namespace holdfast::runtime {

Connecting::Connecting(PosixLoop& loop, Endpoint to, std::unique_ptr<Handler> handler)
    : loop_(loop), to_(std::move(to)), handler_(std::move(handler)), done_(make_posix_event()), result_(socket_failure(to_, ETIMEDOUT)) {}

Connecting::~Connecting() {
  if (socket_ >= 0) ::close(socket_);
}

void Connecting::start(std::vector<SocketAddress> addresses) {
  loop_.post([self = shared_from_this(), addresses = std::move(addresses)]() mutable {
    std::reverse(addresses.begin(), addresses.end());
    self->addresses_ = std::move(addresses);
    self->next();
  });
}

void Connecting::resolve() {
  auto found = SocketAddress::resolve(to_);
  if (found.ok()) return start(std::move(*found));
  loop_.post([self = shared_from_this(), error = found.error()] { self->fail(error); });
}

Result<ConnectionPtr> Connecting::wait(Instant deadline) {
  if (done_->wait(deadline)) return std::move(result_);
  loop_.post([self = shared_from_this()] {
    self->given_up_ = true;
    self->close();
    if (self->result_.ok()) (*self->result_)->abort();  // too late
  });
  return socket_failure(to_, ETIMEDOUT);
}

void Connecting::next() {
  if (given_up_ || addresses_.empty()) return;
  const SocketAddress address = addresses_.back();
  addresses_.pop_back();
  socket_ = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(socket_failure(to_, errno));
  if (::connect(socket_, address.data(), address.size()) == 0) return connected();
  if (errno != EINPROGRESS) return fail(socket_failure(to_, errno));
  loop_.poller().add(socket_, shared_from_this());
}

void Connecting::on_edge(bool, bool writable, bool ended) {
  if (socket_ < 0 || (!writable && !ended)) return;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  loop_.poller().remove(socket_);
  if (error != 0) return fail(socket_failure(to_, error));
  connected();
}

void Connecting::connected() {
  const auto connection = std::make_shared<PosixConnection>(loop_, std::exchange(socket_, -1), std::move(handler_), ListenOptions{});
  result_ = ConnectionPtr(connection);
  connection->start();
  done_->set();
}

void Connecting::fail(Error error) {
  close();
  result_ = std::move(error);
  if (given_up_) return;
  if (addresses_.empty()) return done_->set();
  next();
}

void Connecting::close() {
  if (socket_ < 0) return;
  loop_.poller().remove(socket_);
  ::close(std::exchange(socket_, -1));
}

}  // namespace holdfast::runtime
