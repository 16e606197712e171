#include "client/server_link.h"

namespace holdfast::client {
namespace {

constexpr Duration kDownTime = std::chrono::milliseconds(300);

}  // namespace

ServerLink::ServerLink(runtime::Runtime& runtime, runtime::Endpoint server, const LinkOptions& options) : runtime_(runtime), server_(std::move(server)), options_(options) {
  const runtime::LoopId loops = runtime_.scheduler().loops();
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i) {
    slots_.push_back({.loop = static_cast<runtime::LoopId>((options_.connection.loop + i) % loops)});
  }
}

/// The connection of the loop that asks, if there is one: answers then arrive where they are wanted.
std::size_t ServerLink::pick() {
  const runtime::LoopId here = runtime_.scheduler().current_loop();
  const std::size_t first = next_++;
  for (std::size_t i = 0; here != runtime::kNoLoop && i < slots_.size(); ++i) {
    const std::size_t at = (first + i) % slots_.size();
    if (slots_[at].loop == here) return at;
  }
  return first % slots_.size();
}

void ServerLink::send_over(Connection& connection, const OperationPtr& operation, Instant deadline, Completion done) {
  Sending sending;
  if (operation->route) sending.cache = operation->route->name();
  sending.topology_id = operation->topology_id;
  sending.deadline = deadline;
  sending.repeat = operation->repeat;
  // Of servers that differ only those that know what was begun may be asked again.
  const bool told = operation->repeat.number != 0 && connection.knows_repeats();
  if (operation->maybe_applied && !operation->repeatable && !told) return done(Error(Errc::refused, "this server would carry the operation out once more"));
  connection.send(operation->request, sending, std::move(done));
}

void ServerLink::send(const OperationPtr& operation, Instant deadline, Completion done) {
  std::shared_ptr<Connection> connection;
  std::optional<std::size_t> to_open;
  runtime::LoopId loop = 0;
  bool closed = false;
  {
    Locked locked(lock_);
    const std::size_t at = pick();
    Slot& slot = slots_[at];
    closed = closed_;
    loop = slot.loop;
    if (!closed && slot.connection && slot.connection->is_open()) {
      connection = slot.connection;
    } else if (!closed) {
      if (!std::exchange(slot.opening, true)) to_open = at;
      slot.waiting.push_back({operation, deadline, std::move(done)});
    }
  }
  if (closed) return done(Error(Errc::refused, "this client was closed"));
  if (connection) return send_over(*connection, operation, deadline, std::move(done));
  if (to_open) {
    runtime_.scheduler().spawn(loop, [self = shared_from_this(), at = *to_open] { self->open(at); });
  }
}

void ServerLink::open(std::size_t at) {
  ConnectionOptions options = options_.connection;
  {
    Locked locked(lock_);
    options.loop = slots_[at].loop;
  }
  opened(at, Connection::open(runtime_, server_, options, runtime_.clock().now() + options_.connect_timeout));
}

void ServerLink::opened(std::size_t at, Result<std::shared_ptr<Connection>> made) {
  std::deque<Waiting> waiting;
  std::shared_ptr<Connection> connection;
  {
    Locked locked(lock_);
    Slot& slot = slots_[at];
    slot.opening = false;
    waiting.swap(slot.waiting);
    if (made.ok() && closed_) made = Error(Errc::refused, "this client was closed");
    if (made.ok()) {
      slot.connection = connection = *made;
      knows_repeats_ = connection->knows_repeats();
      down_until_ = Instant{};
    } else {
      down_until_ = runtime_.clock().now() + kDownTime;
    }
  }
  const Instant now = runtime_.clock().now();
  for (Waiting& w : waiting) {
    if (connection && w.deadline <= now) {
      w.done(Error(Errc::refused, "the connection was made too late; the request was not sent"));
    } else if (connection) {
      send_over(*connection, w.operation, w.deadline, std::move(w.done));
    } else {
      w.done(made.error());
    }
  }
}

bool ServerLink::down() const {
  Locked locked(lock_);
  return down_until_ > runtime_.clock().now();
}

bool ServerLink::knows_repeats() const {
  Locked locked(lock_);
  return knows_repeats_;
}

void ServerLink::suspect() {
  Locked locked(lock_);
  down_until_ = runtime_.clock().now() + kDownTime;
}

void ServerLink::close() {
  std::vector<std::shared_ptr<Connection>> connections;
  {
    Locked locked(lock_);
    closed_ = true;
    for (Slot& slot : slots_) connections.push_back(std::move(slot.connection));
  }
  for (const auto& connection : connections) {
    if (connection) connection->close();
  }
}

}  // namespace holdfast::client
