#include "server/single_port.h"

namespace holdfast::server {
namespace {

constexpr Duration kCutOff = std::chrono::seconds(1);

}  // namespace

class SinglePortHandler final : public runtime::Handler {
 public:
  SinglePortHandler(EndpointList endpoints, std::shared_ptr<OpenConnections> open, Logger& log)
      : endpoints_(std::move(endpoints)), open_(std::move(open)), log_(log) {}

  void on_open(runtime::Connection& connection) override {
    connection_ = &connection;
    open_->add(*this);
    if (endpoints_->size() == 1) settle(endpoints_->front());
    if (open_->stopping()) connection.close_after_flush();
  }

  void prepare(BytesView input, int round) override {
    if (protocol_) protocol_->prepare(input, round);
  }

  std::size_t on_data(runtime::Connection& connection, BytesView input) override {
    if (!protocol_ && !detect(input)) return connection.is_open() ? 0 : input.size();
    busy_ = true;
    const std::size_t consumed = protocol_->on_data(connection, input);
    busy_ = false;
    if (open_->stopping()) connection.close_after_flush();
    return consumed;
  }

  void on_close(runtime::Connection& connection, Errc reason) override {
    open_->remove(*this);
    if (protocol_) protocol_->on_close(connection, reason);
    connection_ = nullptr;
  }

 private:
  friend class OpenConnections;

  void settle(const NamedEndpoint& endpoint) {
    protocol_ = endpoint.endpoint->make_handler();
    protocol_->on_open(*connection_);
  }

  /// False: not known yet, or not known at all, and then the connection is closed.
  bool detect(BytesView input) {
    const BytesView first = input.substr(0, kDetectionBytesMax);
    bool undecided = false;
    for (const NamedEndpoint& candidate : *endpoints_) {
      const Detection detection = candidate.endpoint->detect(first);
      if (detection == Detection::yes) {
        settle(candidate);
        return true;
      }
      undecided = undecided || detection == Detection::need_more;
    }
    if (undecided && input.size() < kDetectionBytesMax) return false;
    log_.debug("server", "a connection from " + connection_->peer().host + " speaks no protocol that is served here; closed");
    connection_->abort();
    return false;
  }

  /// Called on the loop.
  void close(bool at_once) {
    if (busy_ && !at_once) return;  // closes when its request is answered
    if (at_once || connection_->pending_output() == 0) {
      connection_->abort();
    } else {
      connection_->close_after_flush();
    }
  }

  EndpointList endpoints_;
  std::shared_ptr<OpenConnections> open_;
  Logger& log_;
  std::unique_ptr<runtime::Handler> protocol_;
  runtime::Connection* connection_ = nullptr;  // while open
  std::uint32_t index_ = 0;                    // in its loop's list
  bool busy_ = false;
};

// ---- OpenConnections

OpenConnections::OpenConnections(runtime::Runtime& runtime)
    : runtime_(runtime), by_loop_(runtime.scheduler().loops()), all_closed_(runtime.scheduler().make_event()) {}

void OpenConnections::add(SinglePortHandler& handler) {
  auto& list = by_loop_[handler.connection_->loop()];
  handler.index_ = static_cast<std::uint32_t>(list.size());
  list.push_back(&handler);
  count_.fetch_add(1, std::memory_order_relaxed);
}

void OpenConnections::remove(SinglePortHandler& handler) {
  auto& list = by_loop_[handler.connection_->loop()];
  list.back()->index_ = handler.index_;
  list[handler.index_] = list.back();
  list.pop_back();
  if (count_.fetch_sub(1) == 1 && stopping_.load()) all_closed_->set();
}

void OpenConnections::close_all(How how) {
  for (runtime::LoopId loop = 0; loop < by_loop_.size(); ++loop) {
    runtime_.scheduler().post(loop, [self = shared_from_this(), loop, how] {
      // Closing takes a handler off the list.
      const std::vector<SinglePortHandler*> handlers = self->by_loop_[loop];
      for (SinglePortHandler* handler : handlers) handler->close(how == How::at_once);
    });
  }
}

void OpenConnections::finish(Instant deadline) {
  stopping_ = true;
  close_all(How::when_idle);
  if (count() == 0 || all_closed_->wait(deadline)) return;
  close_all(How::at_once);
  // A request that was cut off sees its connection closed and ends; it must not meet a server that is gone.
  all_closed_->wait(deadline + kCutOff);
}

runtime::HandlerFactory single_port(EndpointList endpoints, std::shared_ptr<OpenConnections> open, Logger& log) {
  return [endpoints = std::move(endpoints), open = std::move(open), &log] {
    return std::make_unique<SinglePortHandler>(endpoints, open, log);
  };
}

}  // namespace holdfast::server
