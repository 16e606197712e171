#include "client/connection.h"

#include "client/connection_impl.h"
#include "client/sasl_client.h"

namespace holdfast::client {
namespace {

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

Error ended_error(Errc reason) {
  if (reason == Errc::protocol_error) return Error(reason, "the server sent what is no Hot Rod response");
  if (reason == Errc::exhausted) return Error(reason, "too many requests are under way on one connection; it was not sent");
  return Error(reason, "the connection ended before the answer; the operation may have taken effect");
}

}  // namespace

// Calls.

CallPtr Call::failed(runtime::Runtime& runtime, Op op, Error error) {
  auto call = std::make_shared<Call>(runtime, op);
  call->finish(std::move(error));
  return call;
}

Result<Response> Call::wait(Instant deadline) {
  if (!done_->wait(deadline)) return Error(Errc::timeout, "no answer until the deadline; the operation may still take effect");
  Locked locked(lock_);
  HF_ASSERT(result_.has_value());
  Result<Response> result = std::move(*result_);
  result_ = Error(Errc::cancelled, "the answer was taken already");
  return result;
}

void Call::finish(Result<Response> result) {
  {
    Locked locked(lock_);
    if (result_.has_value()) return;
    result_ = std::move(result);
  }
  done_->set();
}

// State.

CallPtr ConnectionState::send(Op op, BytesView cache, std::uint32_t flags, BytesView body) {
  auto call = std::make_shared<Call>(runtime_, op);
  RequestHead head;
  head.op = op;
  head.cache = cache;
  head.flags = flags;
  head.intelligence = options_.intelligence;
  runtime::ConnectionPtr connection;
  Errc refused = Errc::ok;
  Bytes message;
  {
    Locked locked(lock_);
    if (!open_ || connection_ == nullptr) {
      refused = Errc::closed;
    } else if (calls_.size() >= options_.in_flight_max) {
      refused = Errc::exhausted;
    } else {
      head.message_id = next_id_++;
      head.version = version_;
      connection = connection_;
      calls_.emplace(head.message_id, call);
    }
  }
  if (refused != Errc::ok) {
    call->finish(ended_error(refused));
    return call;
  }
  append_head(message, head);
  message.append(body);
  // Also from the loop itself: order is the order of posting.
  runtime_.scheduler().post(connection->loop(), [connection, bytes = std::move(message)] {
    if (!connection->is_open()) return;
    connection->output().append(bytes);
    connection->flush();
  });
  return call;
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
  CallPtr call;
  {
    Locked locked(lock_);
    const auto at = calls_.find(response.message_id);
    if (at == calls_.end()) return false;
    call = std::move(at->second);
    calls_.erase(at);
  }
  if (!response.is_error() && response.op != static_cast<std::uint8_t>(call->op()) + 1) {
    call->finish(ended_error(Errc::protocol_error));
    return false;
  }
  call->finish(response.is_error() ? Result<Response>(error_of(response)) : Result<Response>(std::move(response)));
  return true;
}

void ConnectionState::ended(Errc reason) {
  std::map<std::uint64_t, CallPtr> calls;
  {
    Locked locked(lock_);
    open_ = false;
    connection_ = nullptr;
    calls.swap(calls_);
  }
  for (auto& [id, call] : calls) call->finish(ended_error(reason));
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

void ConnectionState::set_version(std::uint8_t version) {
  Locked locked(lock_);
  version_ = version;
}

std::uint8_t ConnectionState::version() const {
  Locked locked(lock_);
  return version_;
}

// Connection.

Connection::Connection(runtime::Runtime& runtime, runtime::Endpoint server, const ConnectionOptions& options)
    : server_(std::move(server)), state_(std::make_shared<ConnectionState>(runtime, options)) {}

Connection::~Connection() { close(); }

Result<std::shared_ptr<Connection>> Connection::open(runtime::Runtime& runtime, const runtime::Endpoint& server, const ConnectionOptions& options, Instant deadline) {
  std::shared_ptr<Connection> connection(new Connection(runtime, server, options));
  HF_ASSIGN(runtime::ConnectionPtr wire, runtime.net().connect(options.loop, server, std::make_unique<ClientHandler>(connection->state_), deadline));
  connection->state_->opened(std::move(wire));
  HF_TRY(connection->agree_on_version(deadline));
  if (options.credentials) HF_TRY(authenticate(*connection, *options.credentials, runtime.random(), deadline));
  return connection;
}

Status Connection::agree_on_version(Instant deadline) {
  HF_ASSIGN(const Response pong, send(Op::ping, "", 0, "")->wait(deadline));
  if (pong.server_version < kFirstVersion) return Error(Errc::protocol_error, "the server speaks no Hot Rod version that this client knows");
  state_->set_version(std::min(pong.server_version, kBestVersion));
  return success();
}

CallPtr Connection::send(Op op, BytesView cache, std::uint32_t flags, BytesView body) { return state_->send(op, cache, flags, body); }
bool Connection::is_open() const { return state_->is_open(); }
void Connection::close() { state_->close(); }
std::uint8_t Connection::version() const { return state_->version(); }

Error error_of(const Response& response) {
  const std::string text = response.value.value_or(Bytes());
  const auto says = [&](const char* word) { return text.find(word) != std::string::npos; };
  switch (response.status) {
    case ResponseStatus::timed_out: return Error(Errc::timeout, text);
    case ResponseStatus::node_suspected: return Error(Errc::node_suspected, text);
    case ResponseStatus::illegal_lifecycle: return Error(Errc::stopped, text);
    case ResponseStatus::parse_error: return Error(says("CacheNotFoundException") ? Errc::cache_not_found : Errc::invalid_argument, text);
    case ResponseStatus::unknown_operation: return Error(Errc::not_supported, text);
    case ResponseStatus::server_error:
      if (says("ISPN006017") || says("ISPN006024") || says("ISPN006025")) return Error(Errc::unauthenticated, text);
      if (says("ISPN000287") || says("SecurityException")) return Error(Errc::permission_denied, text);
      if (says("ISPN000507")) return Error(Errc::already_exists, text);
      return Error(Errc::internal, text);
    default: return Error(Errc::protocol_error, text);
  }
}

}  // namespace holdfast::client
