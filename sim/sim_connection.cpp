#include "sim/sim_connection.h"

#include "base/assert.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

constexpr Duration kLinger = std::chrono::seconds(1);
constexpr std::size_t kReadBytesMax = std::size_t{256} << 10;  // at once

}  // namespace

SimConnection::SimConnection(Network& network, Place place, std::shared_ptr<Stream> stream, int side, std::unique_ptr<runtime::Handler> handler, const runtime::ListenOptions& options)
    : network_(network),
      place_(std::move(place)),
      stream_(std::move(stream)),
      side_(side),
      handler_(std::move(handler)),
      output_bytes_max_(options.output_bytes_max),
      input_bytes_max_(options.input_bytes_max) {}

SimConnection::~SimConnection() = default;

void SimConnection::start() {
  if (!handler_ || started_) return;
  started_ = true;
  handler_->on_open(*this);
  write_now();
  arm_read();
}

// What arrives.

void SimConnection::arrived(BytesView data) {
  received_.append(data);
  arm_read();
}

void SimConnection::arrived_end() {
  end_received_ = true;
  arm_read();
}

void SimConnection::arrived_reset() {
  received_.clear();
  place_.host.scheduler().post(place_.loop, [self = self()] { self->close(Errc::io_error, true); });
}

void SimConnection::room_grew() {
  if (pending_output() == 0 && !closing_) return;
  place_.host.scheduler().post(place_.loop, [self = self()] { self->write_now(); });
}

void SimConnection::arm_read() {
  if (!started_ || !open_ || reading_ || in_handler_ || (closing_ && !draining_)) return;
  if (received_.empty() && !end_received_) return;
  if (pending_output() > output_bytes_max_) return;
  reading_ = true;
  place_.host.scheduler().post(place_.loop, [self = self()] {
    self->reading_ = false;
    self->on_readable();
  });
}

void SimConnection::on_readable() {
  if (!open_) return;
  if (received_.empty()) {
    if (end_received_) close(Errc::ok, false);
    return;
  }
  Bytes data;
  if (received_.size() <= kReadBytesMax) {
    data.swap(received_);
  } else {
    data = received_.substr(0, kReadBytesMax);
    received_.erase(0, kReadBytesMax);
  }
  free_window(data.size());
  if (draining_) {
    arm_read();
    return;
  }
  in_handler_ = true;
  place_.host.sim_scheduler().run_fiber([self = self(), data = std::move(data)]() mutable { self->handle(std::move(data)); });
}

/// Tells the other side now and then what was read, as TCP does, not for every byte.
void SimConnection::free_window(std::size_t bytes) {
  freed_ += bytes;
  if (freed_ < network_.options().window_bytes / 4) return;
  network_.send(stream_, side_, Segment::Kind::window, {}, freed_);
  freed_ = 0;
}

void SimConnection::handle(Bytes data) {
  if (input_.empty()) {
    input_ = std::move(data);
  } else {
    input_.append(data);
  }
  const std::size_t consumed = handler_->on_data(*this, input_);
  HF_ASSERT(consumed <= input_.size());
  input_.erase(0, consumed);
  after_handler();
}

void SimConnection::after_handler() {
  in_handler_ = false;
  if (!open_) {
    handler_->on_close(*this, Errc::closed);
    return;
  }
  if (input_.size() > input_bytes_max_) {
    close(Errc::too_large, false);
    return;
  }
  write_now();
  arm_read();
}

// What leaves.

void SimConnection::flush() {
  if (flush_posted_ || in_handler_) return;
  flush_posted_ = true;
  place_.host.scheduler().post(place_.loop, [self = self()] {
    self->flush_posted_ = false;
    self->write_now();
  });
}

void SimConnection::write_now() {
  if (!open_ || !started_) return;
  const std::size_t count = std::min(pending_output(), network_.room(*stream_, side_));
  if (count > 0) {
    network_.send(stream_, side_, Segment::Kind::data, output_.substr(sent_, count), 0);
    sent_ += count;
  }
  output_shrank();
  if (pending_output() == 0 && closing_) drain();
}

void SimConnection::output_shrank() {
  // Erasing what was sent each time would make a long output quadratic.
  if (sent_ > output_.size() / 2 || pending_output() == 0) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
  wake_waiters();
  arm_read();
}

void SimConnection::wake_waiters() {
  for (runtime::Event* waiter : output_waiters_) waiter->set();
}

void SimConnection::drain() {
  if (draining_) return;
  draining_ = true;
  network_.send(stream_, side_, Segment::Kind::end, {}, 0);
  linger_ = place_.host.scheduler().at(place_.loop, place_.host.clock().now() + kLinger, [self = self()] { self->close(Errc::ok, false); });
  arm_read();
}

bool SimConnection::wait_for_output_below(std::size_t bytes_max, Instant deadline) {
  const auto keep = self();
  write_now();
  while (open_ && pending_output() > bytes_max) {
    const auto event = place_.host.scheduler().make_event();
    output_waiters_.push_back(event.get());
    struct Leave {
      std::vector<runtime::Event*>& waiters;
      runtime::Event* event;
      ~Leave() { std::erase(waiters, event); }
    } const leave{output_waiters_, event.get()};
    if (!event->wait(deadline)) return false;
  }
  return open_;
}

// The end.

void SimConnection::close_after_flush() {
  if (!open_) return;
  closing_ = true;
  if (!in_handler_) flush();
}

void SimConnection::close(Errc reason, bool broken) {
  if (!open_) return;
  open_ = false;
  linger_.reset();
  wake_waiters();
  const auto keep = self();
  if (!broken && !draining_) {
    network_.close(stream_, side_, has_unread());
  } else if (!broken) {
    network_.close(stream_, side_, false);
  }
  if (!in_handler_ && handler_ && started_) handler_->on_close(*this, reason);
}

void SimConnection::orphan() {
  open_ = false;
  linger_.reset();
  output_waiters_.clear();
  handler_.reset();
}

}  // namespace holdfast::sim
