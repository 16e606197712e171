#include <sys/socket.h>

#include <cerrno>

#include "runtime/asio_connection_impl.h"
#include "runtime/asio_event.h"

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

Endpoint endpoint_of(const boost::asio::ip::tcp::endpoint& e) { return {e.address().to_string(), e.port()}; }

}  // namespace

AsioConnection::AsioConnection(AsioLoop& loop, boost::asio::ip::tcp::socket socket, std::unique_ptr<Handler> handler, const ListenOptions& options)
    : loop_(loop), socket_(std::move(socket)), handler_(std::move(handler)), output_bytes_max_(options.output_bytes_max), input_bytes_max_(options.input_bytes_max) {
  boost::system::error_code ignored;
  local_ = endpoint_of(socket_.local_endpoint(ignored));
  peer_ = endpoint_of(socket_.remote_endpoint(ignored));
  socket_.non_blocking(true, ignored);
  socket_.set_option(boost::asio::ip::tcp::no_delay(options.tcp_no_delay), ignored);
  socket_.set_option(boost::asio::socket_base::keep_alive(options.tcp_keep_alive), ignored);
}

void AsioConnection::start() {
  handler_->on_open(*this);
  write_now();
  arm_read();
}

void AsioConnection::arm_read() {
  if (!open_ || (closing_ && !draining_) || reading_ || in_handler_ || pending_output() > output_bytes_max_) return;
  reading_ = true;
  socket_.async_wait(boost::asio::socket_base::wait_read, [self = self()](const boost::system::error_code& error) {
    self->reading_ = false;
    if (!error) self->on_readable();
  });
}

void AsioConnection::on_readable() {
  if (!open_) return;
  auto buffer = loop_.take_buffer();
  const ssize_t size = ::recv(socket_.native_handle(), buffer->bytes.get(), ReadBuffer::kBytes, 0);
  if (size > 0 && draining_) {
    loop_.give_buffer(std::move(buffer));
    arm_read();
    return;
  }
  if (size > 0) {
    in_handler_ = true;
    loop_.fibers().run([self = self(), buffer = std::move(buffer), size]() mutable { self->handle(std::move(buffer), static_cast<std::size_t>(size)); });
    return;
  }
  loop_.give_buffer(std::move(buffer));
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    arm_read();
  } else {
    close(size == 0 ? Errc::ok : Errc::io_error);
  }
}

void AsioConnection::handle(std::unique_ptr<ReadBuffer> buffer, std::size_t size) {
  const BytesView received(buffer->bytes.get(), size);
  if (input_.empty()) {
    const std::size_t consumed = handler_->on_data(*this, received);
    HF_ASSERT(consumed <= size);
    input_.assign(received.substr(consumed));
  } else {
    input_.append(received);
    const std::size_t consumed = handler_->on_data(*this, input_);
    HF_ASSERT(consumed <= input_.size());
    input_.erase(0, consumed);
  }
  if (input_.empty()) recycle(input_);
  loop_.give_buffer(std::move(buffer));
  after_handler();
}

void AsioConnection::after_handler() {
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

void AsioConnection::flush() {
  if (flush_posted_ || in_handler_) return;
  flush_posted_ = true;
  loop_.post([self = self()] {
    self->flush_posted_ = false;
    self->write_now();
  });
}

void AsioConnection::write_now() {
  if (!open_ || writing_) return;
  while (pending_output() > 0) {
    const ssize_t n = ::send(socket_.native_handle(), output_.data() + sent_, pending_output(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      arm_write();
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
void AsioConnection::drain() {
  if (draining_) return;
  draining_ = true;
  boost::system::error_code ignored;
  socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  linger_ = loop_.at(asio_now() + kLinger, [self = self()] { self->close(Errc::ok); });
  arm_read();
}

void AsioConnection::arm_write() {
  // What the system took already need not be kept while the peer is slow.
  output_.erase(0, sent_);
  sent_ = 0;
  writing_ = true;
  socket_.async_wait(boost::asio::socket_base::wait_write, [self = self()](const boost::system::error_code& error) {
    self->writing_ = false;
    if (!error) self->write_now();
  });
  output_shrank();
}

void AsioConnection::output_shrank() {
  if (pending_output() == 0) {
    recycle(output_);
    sent_ = 0;
  }
  for (Event* waiter : output_waiters_) waiter->set();
  arm_read();
}

bool AsioConnection::wait_for_output_below(std::size_t bytes_max, Instant deadline) {
  const auto keep = self();
  write_now();
  while (open_ && pending_output() > bytes_max) {
    const auto event = make_asio_event();
    output_waiters_.push_back(event.get());
    const bool woken = event->wait(deadline);
    std::erase(output_waiters_, event.get());
    if (!woken) return false;
  }
  return open_;
}

void AsioConnection::close_after_flush() {
  if (!open_) return;
  closing_ = true;
  if (!in_handler_) flush();
}

void AsioConnection::abort() { close(Errc::cancelled); }

void AsioConnection::close(Errc reason) {
  if (!open_) return;
  open_ = false;
  linger_.reset();
  boost::system::error_code ignored;
  socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  socket_.close(ignored);
  for (Event* waiter : output_waiters_) waiter->set();
  if (!in_handler_) handler_->on_close(*this, reason);
}

}  // namespace holdfast::runtime
