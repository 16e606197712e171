#include "client/connection.h"

#include <algorithm>

#include "client/answer.h"
#include "client/connection_impl.h"
#include "client/sasl_client.h"

namespace holdfast::client {
namespace {

constexpr std::size_t kBacklogTimes = 16;  // in_flight_max: answers that nobody waits for any more hold up no more than this
constexpr Duration kSweepMax = std::chrono::milliseconds(250);  // between two looks at deadlines

class ClientHandler final : public runtime::Handler {
 public:
  explicit ClientHandler(std::shared_ptr<ConnectionState> state) : state_(std::move(state)) {}
  std::size_t on_data(runtime::Connection& connection, BytesView input) override {
    const std::size_t used = state_->received(input);
    if (state_->malformed()) {
      state_->ended(Errc::protocol_error);
      connection.abort();
    }
    return used;
  }
  void on_close(runtime::Connection&, Errc) override { state_->ended(Errc::closed); }

 private:
  std::shared_ptr<ConnectionState> state_;
};

}  // namespace

// State.

Error ConnectionState::ended_error(Errc reason) const {
  if (reason == Errc::protocol_error) return Error(reason, "the server sent what is no Hot Rod response");
  if (reason == Errc::exhausted) return Error(reason, "more than " + std::to_string(options_.in_flight_max) + " requests are under way on one connection; this one was not sent");
  if (reason == Errc::refused) return Error(reason, "the connection is closed; the request was not sent");
  return Error(reason, "the connection ended before the answer; the operation may have taken effect");
}

void ConnectionState::send(const Request& request, const Sending& sending, Completion done) {
  RequestHead head;
  head.op = request.op;
  head.cache = sending.cache;
  head.flags = request.flags;
  head.intelligence = options_.intelligence;
  head.topology_id = sending.topology_id;
  Errc refused = Errc::ok;
  bool post = false;
  bool watch = false;
  runtime::ConnectionPtr connection;
  const Instant now = runtime_.clock().now();
  {
    Locked locked(lock_);
    if (!open_ || connection_ == nullptr) {
      refused = Errc::refused;
    } else if (in_flight_ >= options_.in_flight_max) {
      refused = Errc::exhausted;
    } else {
      head.message_id = first_id_ + pending_.size();
      head.version = version_;
      if (knows_repeats_) head.repeat = sending.repeat;
      pending_.push_back({request.op, sending.deadline, now, std::move(done)});
      ++in_flight_;
      append_head(outbox_, head);
      outbox_.append(request.body);
      post = !std::exchange(outbox_posted_, true);
      watch = !watching_ && sending.deadline != kNever;
      watching_ |= watch;
      connection = connection_;
    }
  }
  if (refused != Errc::ok) return done(ended_error(refused));
  if (watch) watch_deadlines();
  if (post) runtime_.scheduler().post(connection->loop(), [self = shared_from_this()] { self->write_outbox(); });
}

void ConnectionState::write_outbox() {
  Locked locked(lock_);
  outbox_posted_ = false;
  if (connection_ != nullptr && connection_->is_open()) {
    connection_->output().append(outbox_);
    connection_->flush();
  }
  outbox_.clear();
}

std::size_t ConnectionState::received(BytesView input) {
  std::size_t used = 0;
  const std::uint8_t spoken = version();
  while (!malformed_ && input.size() - used >= std::max<std::size_t>(wanted_, 1)) {
    Response response;
    const DecodeResult decoded = decode(input.substr(used), spoken, options_.intelligence, response);
    if (decoded.state == Decoded::incomplete) {
      wanted_ = decoded.bytes;
      break;
    }
    malformed_ = decoded.state == Decoded::malformed || !deliver(std::move(response));
    used += decoded.bytes;
    wanted_ = 0;
  }
  return used;
}

bool ConnectionState::deliver(Response response) {
  if (response.is_event()) {
    if (events_.event) events_.event(std::move(response));
    return events_.event != nullptr;
  }
  Completion done;
  Op op;
  const Instant now = runtime_.clock().now();
  {
    Locked locked(lock_);
    const std::uint64_t at = response.message_id - first_id_;
    if (response.message_id < first_id_ || at >= pending_.size() || pending_[at].answered) return false;
    op = pending_[at].op;
    done = std::move(pending_[at].done);
    if (done) --in_flight_;
    pending_[at].answered = true;
    pending_[at].done = nullptr;
    heard_ = now;
    while (!pending_.empty() && pending_.front().answered) {
      pending_.pop_front();
      ++first_id_;
    }
  }
  if (!response.is_error() && response.op != static_cast<std::uint8_t>(op) + 1) {
    if (done) done(ended_error(Errc::protocol_error));
    return false;
  }
  if (done) done(std::move(response));
  return true;
}

void ConnectionState::watch_deadlines() {
  const Instant now = runtime_.clock().now();
  Locked locked(lock_);
  Instant next = now + kSweepMax;
  for (const Pending& p : pending_) {
    if (p.done) next = std::min(next, p.deadline);
  }
  timer_ = runtime_.scheduler().at(options_.loop, next, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void ConnectionState::sweep() {
  std::vector<Completion> overdue;
  runtime::ConnectionPtr silent;
  bool more = false;
  const Instant now = runtime_.clock().now();
  {
    Locked locked(lock_);
    for (Pending& p : pending_) {
      if (!p.done) continue;
      if (p.deadline > now) {
        more = true;
        continue;
      }
      // Nothing at all came since: the server hangs, and what else is under way on this connection had better go elsewhere.
      if (heard_ < p.sent) silent = connection_;
      overdue.push_back(std::move(p.done));
      p.done = nullptr;
      --in_flight_;
    }
    if (pending_.size() > kBacklogTimes * options_.in_flight_max) silent = connection_;
    watching_ = more;
  }
  for (Completion& done : overdue) done(Error(Errc::timeout, "no answer until the deadline; the operation may still take effect"));
  if (silent) {
    silent->abort();
  } else if (more) {
    watch_deadlines();
  }
}

void ConnectionState::ended(Errc reason) {
  std::deque<Pending> pending;
  bool first;
  {
    Locked locked(lock_);
    first = std::exchange(open_, false);
    connection_ = nullptr;
    first_id_ += pending_.size();
    pending.swap(pending_);
    in_flight_ = 0;
    outbox_.clear();
  }
  for (Pending& p : pending) {
    if (p.done) p.done(ended_error(reason));
  }
  if (first && events_.ended) events_.ended();
}

void ConnectionState::opened(runtime::ConnectionPtr connection) {
  Locked locked(lock_);
  if (open_) connection_ = std::move(connection);
}

bool ConnectionState::is_open() const {
  Locked locked(lock_);
  return open_ && connection_ != nullptr;
}

void ConnectionState::close() {
  runtime::ConnectionPtr connection;
  {
    Locked locked(lock_);
    connection = connection_;
  }
  if (connection) runtime_.scheduler().post(connection->loop(), [connection] { connection->close_after_flush(); });
  ended(Errc::closed);
}

void ConnectionState::agree(std::uint8_t version, bool knows_repeats) {
  Locked locked(lock_);
  version_ = version;
  knows_repeats_ = knows_repeats;
}

bool ConnectionState::knows_repeats() const {
  Locked locked(lock_);
  return knows_repeats_;
}

std::uint8_t ConnectionState::version() const {
  Locked locked(lock_);
  return version_;
}

// Connection.

Connection::Connection(runtime::Runtime& runtime, runtime::Endpoint server, const ConnectionOptions& options, ConnectionEvents events)
    : runtime_(runtime), server_(std::move(server)), loop_(options.loop), state_(std::make_shared<ConnectionState>(runtime, options, std::move(events))) {}

Connection::~Connection() { close(); }

Result<std::shared_ptr<Connection>> Connection::open(runtime::Runtime& runtime, const runtime::Endpoint& server, const ConnectionOptions& options, Instant deadline,
                                                     ConnectionEvents events) {
  std::shared_ptr<Connection> connection(new Connection(runtime, server, options, std::move(events)));
  const auto prepare = [&]() -> Status {
    HF_ASSIGN(runtime::ConnectionPtr wire, runtime.net().connect(options.loop, server, std::make_unique<ClientHandler>(connection->state_), deadline));
    connection->state_->opened(std::move(wire));
    HF_TRY(connection->agree_on_version(deadline));
    if (options.credentials) HF_TRY(authenticate(*connection, *options.credentials, runtime.random(), deadline));
    return success();
  };
  if (const Status ready = prepare(); !ready.ok()) {
    const Error error = ready.error().in(server.host + ":" + std::to_string(server.port));
    // Nothing was asked for yet, so the failure is a certain one.
    return error.code() == Errc::timeout || error.code() == Errc::closed || error.code() == Errc::io_error ? Error(Errc::refused, error.message()) : error;
  }
  return connection;
}

Status Connection::agree_on_version(Instant deadline) {
  Sending sending;
  sending.deadline = deadline;
  HF_ASSIGN(const Response pong, call(Request{}, sending));
  if (pong.server_version < kFirstVersion) return Error(Errc::protocol_error, "the server speaks no Hot Rod version that this client knows");
  const std::uint8_t version = std::min(pong.server_version, kBestVersion);
  state_->agree(version, pong.knows_repeats && version == kBestVersion);
  return success();
}

void Connection::send(const Request& request, const Sending& sending, Completion done) { state_->send(request, sending, std::move(done)); }

Result<Response> Connection::call(const Request& request, const Sending& sending) {
  const auto answer = std::make_shared<Answer>(runtime_);
  send(request, sending, answer->completion());
  // The connection itself keeps the deadline.
  HF_ASSIGN(Response response, answer->wait(sending.deadline == kNever ? kNever : sending.deadline + 2 * kSweepMax));
  if (response.is_error()) return error_of(response);
  return response;
}

bool Connection::is_open() const { return state_->is_open(); }
void Connection::close() { state_->close(); }
std::uint8_t Connection::version() const { return state_->version(); }
bool Connection::knows_repeats() const { return state_->knows_repeats(); }

}  // namespace holdfast::client
