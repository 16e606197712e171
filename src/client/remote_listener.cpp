#include "client/remote_listener.h"

#include "base/varint.h"

namespace holdfast::client {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr Duration kPauseMin = std::chrono::milliseconds(20);  // between two attempts to register again
constexpr Duration kPauseMax = std::chrono::seconds(1);

void append_factory(Bytes& out, const std::string& name, const std::vector<Bytes>& parameters) {
  append_array(out, name);
  if (name.empty()) return;
  append_u8(out, static_cast<std::uint8_t>(parameters.size()));
  for (const Bytes& parameter : parameters) append_array(out, parameter);
}

Request add_request(const Bytes& id, const ListenerOptions& options) {
  Request request{.op = Op::add_listener};
  append_array(request.body, id);
  append_u8(request.body, options.include_current_state ? 1 : 0);
  append_factory(request.body, options.filter, options.filter_parameters);
  append_factory(request.body, options.converter, options.converter_parameters);
  append_u8(request.body, 0);  // factories see what the client would
  append_vint(request.body, options.interests);
  return request;
}

}  // namespace

RemoteListener::RemoteListener(std::shared_ptr<ClientCore> core, std::shared_ptr<CacheRoute> route, ListenerOptions options, ListenerCallbacks callbacks)
    : core_(std::move(core)),
      route_(std::move(route)),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      id_(core_->runtime().random().secret(kIdBytes)),
      loop_(core_->options().connection.loop),
      broken_(core_->runtime().scheduler().make_event()),
      ended_(core_->runtime().scheduler().make_event()),
      quiet_(core_->runtime().scheduler().make_event()) {
  quiet_->set();
}

Result<std::shared_ptr<RemoteListener>> RemoteListener::add(std::shared_ptr<ClientCore> core, std::shared_ptr<CacheRoute> route, ListenerOptions options,
                                                            ListenerCallbacks callbacks) {
  std::shared_ptr<RemoteListener> listener(new RemoteListener(std::move(core), std::move(route), std::move(options), std::move(callbacks)));
  HF_TRY(listener->register_once());
  listener->core_->runtime().scheduler().spawn(listener->loop_, [listener] { listener->keep(); });
  return listener;
}

bool RemoteListener::removed() const {
  Locked locked(lock_);
  return removed_;
}

std::string RemoteListener::server() const {
  Locked locked(lock_);
  return connection_ ? connection_->server().host : "";
}

void RemoteListener::told(Response&& event) {
  if (event.event->listener != id_) return;
  {
    Locked locked(lock_);
    if (removed_) return;  // and remove() waits for nobody who comes later
    quiet_->reset();
  }
  if (callbacks_.event) callbacks_.event(event);
  quiet_->set();
}

Status RemoteListener::register_once() {
  ConnectionEvents events;
  events.event = [weak = weak_from_this()](Response&& event) {
    if (const auto self = weak.lock()) self->told(std::move(event));
  };
  events.ended = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->broken_->set();
  };
  HF_ASSIGN(auto connection, core_->open_own(route_, loop_, std::move(events)));
  // The ends of attempts that failed, and of the connection before, say nothing of this one.
  broken_->reset();
  if (!connection->is_open()) return Error(Errc::closed, "the connection ended at once");
  {
    Locked locked(lock_);
    if (removed_) return Error(Errc::cancelled, "the listener was removed");
    connection_ = connection;
  }
  Sending sending;
  sending.cache = route_->name();
  sending.deadline = core_->deadline();
  auto response = connection->call(add_request(id_, options_), sending);
  if (!response.ok()) {
    connection->close();  // now, so that its end is not taken for that of the next one
    return response.error();
  }
  if (response->topology) core_->learn(*route_, std::move(*response->topology));
  return success();
}

void RemoteListener::keep() {
  runtime::Runtime& rt = core_->runtime();
  for (;;) {
    broken_->wait(kNever);
    if (removed() || core_->closed()) break;
    if (callbacks_.lost) callbacks_.lost();
    if (options_.include_current_state && callbacks_.gap) callbacks_.gap();
    Duration pause = kPauseMin;
    while (!removed() && !core_->closed() && !register_once().ok()) {
      rt.scheduler().sleep_until(rt.clock().now() + pause);
      pause = std::min(2 * pause, kPauseMax);
    }
    if (removed() || core_->closed()) break;
    if (!options_.include_current_state && callbacks_.gap) callbacks_.gap();
  }
  ended_->set();
}

void RemoteListener::remove() {
  std::shared_ptr<Connection> connection;
  {
    Locked locked(lock_);
    removed_ = true;
    connection = std::move(connection_);
  }
  if (connection) connection->close();
  broken_->set();
  if (core_->runtime().scheduler().current_loop() == loop_) return;
  quiet_->wait(kNever);
  ended_->wait(kNever);
}

}  // namespace holdfast::client
