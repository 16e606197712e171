#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/posix_connection.h"
#include "runtime/posix_event.h"
#include "runtime/socket_address.h"

namespace holdfast::runtime {
namespace {

constexpr Duration kLinger = std::chrono::seconds(1);
constexpr std::size_t kKeptBytesMax = 4096;  // of an idle connection's buffers

/// Empties a buffer; one that grew large gives its memory back.
void recycle(Bytes& bytes) {
  if (bytes.capacity() > kKeptBytesMax) {
    Bytes().swap(bytes);
  } else {
    bytes.clear();
  }
}

}  // namespace

PosixConnection::PosixConnection(PosixLoop& loop, int socket, std::unique_ptr<Handler> handler, const ListenOptions& options)
    : loop_(loop), socket_(socket), handler_(std::move(handler)), output_bytes_max_(options.output_bytes_max), input_bytes_max_(options.input_bytes_max),
      local_(local_endpoint(socket)), peer_(peer_endpoint(socket)) {
  const int no_delay = options.tcp_no_delay ? 1 : 0, keep_alive = options.tcp_keep_alive ? 1 : 0;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  ::setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &keep_alive, sizeof keep_alive);
}

PosixConnection::~PosixConnection() {
  if (socket_ >= 0) ::close(socket_);
}

void PosixConnection::start() {
  handler_->on_open(*this);
  if (open_) loop_.poller().add(socket_, self());
  write_now();
  arm_read();
}

void PosixConnection::arm_read() {
  if (!open_ || (closing_ && !draining_) || reading_ || in_handler_ || pending_output() > output_bytes_max_) return;
  reading_ = true;
  if (!readable_) return;  // an edge will come
  loop_.poller().again(self());
}

void PosixConnection::on_edge(bool readable, bool writable, bool ended) {
  readable_ |= readable;
  ended_ |= ended;
  if (!writable || !writing_) return;
  writing_ = false;
  write_now();
}

bool PosixConnection::receive() {
  if (!open_ || !reading_ || !readable_) return false;
  reading_ = false;
  auto buffer = loop_.take_buffer();
  const ssize_t size = ::recv(socket_, buffer->bytes.get(), ReadBuffer::kBytes, 0);
  const bool nothing_yet = size < 0 && (errno == EAGAIN || errno == EINTR);
  // Less than there was room for is all there was; the next byte comes with an edge of its own.
  readable_ = size == static_cast<ssize_t>(ReadBuffer::kBytes) || (ended_ && size > 0) || (size < 0 && errno == EINTR);
  if (size > 0 && !draining_) {
    buffer_ = std::move(buffer);
    received_ = static_cast<std::size_t>(size);
    in_handler_ = true;
    return true;
  }
  loop_.give_buffer(std::move(buffer));
  if (size > 0 || nothing_yet) {
    arm_read();
  } else {
    close(size == 0 ? Errc::ok : Errc::io_error);
  }
  return false;
}

void PosixConnection::prepare(int round) {
  if (open_ && input_.empty()) handler_->prepare(BytesView(buffer_->bytes.get(), received_), round);
}

void PosixConnection::run() {
  loop_.fibers().run([self = self()] {
    if (self->open_) self->handle();
    self->loop_.give_buffer(std::move(self->buffer_));
    self->after_handler();
  });
}

void PosixConnection::handle() {
  const BytesView received(buffer_->bytes.get(), received_);
  if (input_.empty()) {
    const std::size_t consumed = handler_->on_data(*this, received);
    HF_ASSERT(consumed <= received.size());
    input_.assign(received.substr(consumed));
  } else {
    input_.append(received);
    const std::size_t consumed = handler_->on_data(*this, input_);
    HF_ASSERT(consumed <= input_.size());
    input_.erase(0, consumed);
  }
  if (input_.empty()) recycle(input_);
}

void PosixConnection::after_handler() {
  in_handler_ = false;
  if (!open_) {
    handler_->on_close(*this, Errc::closed);
    return;
  }
  if (input_.size() > input_bytes_max_) {
    close(Errc::too_large);
    return;
  }
  write_now();
  arm_read();
}

void PosixConnection::flush() {
  if (flush_posted_ || in_handler_) return;
  flush_posted_ = true;
  loop_.post([self = self()] {
    self->flush_posted_ = false;
    self->write_now();
  });
}

void PosixConnection::write_now() {
  if (!open_ || writing_) return;
  while (pending_output() > 0) {
    const ssize_t n = ::send(socket_, output_.data() + sent_, pending_output(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      wait_to_write();
      return;
    }
    if (n < 0) {
      close(Errc::io_error);
      return;
    }
    sent_ += static_cast<std::size_t>(n);
  }
  output_shrank();
  if (closing_) drain();
}

// Closing with unread input would reset the connection and take the last answer with it: stop sending, swallow what
// still comes, close when the peer does or after a moment.
void PosixConnection::drain() {
  if (draining_) return;
  draining_ = true;
  ::shutdown(socket_, SHUT_WR);
  linger_ = loop_.at(posix_now() + kLinger, [self = self()] { self->close(Errc::ok); });
  arm_read();
}

void PosixConnection::wait_to_write() {
  // What the system took already need not be kept while the peer is slow.
  output_.erase(0, sent_);
  sent_ = 0;
  writing_ = true;  // an edge will come
  output_shrank();
}

void PosixConnection::output_shrank() {
  if (pending_output() == 0) {
    recycle(output_);
    sent_ = 0;
  }
  for (Event* waiter : output_waiters_) waiter->set();
  arm_read();
}

bool PosixConnection::wait_for_output_below(std::size_t bytes_max, Instant deadline) {
  const auto keep = self();
  write_now();
  while (open_ && pending_output() > bytes_max) {
    const auto event = make_posix_event();
    output_waiters_.push_back(event.get());
    const bool woken = event->wait(deadline);
    std::erase(output_waiters_, event.get());
    if (!woken) return false;
  }
  return open_;
}

void PosixConnection::close_after_flush() {
  if (!open_) return;
  closing_ = true;
  if (!in_handler_) flush();
}

void PosixConnection::abort() { close(Errc::cancelled); }

void PosixConnection::close(Errc reason) {
  if (!open_) return;
  open_ = false;
  linger_.reset();
  const auto keep = self();  // the poller's reference may be the last
  loop_.poller().remove(socket_);
  ::shutdown(socket_, SHUT_WR);
  ::close(socket_);
  socket_ = -1;
  for (Event* waiter : output_waiters_) waiter->set();
  if (!in_handler_) handler_->on_close(*this, reason);
}

}  // namespace holdfast::runtime
