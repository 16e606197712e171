#include "client/remote_world.h"

#include <holdfast/remote_cache.h>

#include "runtime/posix_runtime.h"

namespace holdfast {

bool may_have_taken_effect(const CacheException& failure) noexcept { return client::took_effect_unknown(failure.code()); }

namespace detail {
namespace {

std::unique_ptr<runtime::Runtime> make_runtime(const RemoteConfiguration& configuration) {
  runtime::PosixRuntimeOptions options;
  options.loops = static_cast<runtime::LoopId>(std::max<std::size_t>(configuration.threads, 1));
  // Listeners of a program run on fibers, so their stacks are large (virtual bytes).
  options.fiber_stack_bytes = 1 << 20;
  auto runtime = runtime::make_posix_runtime(options);
  if (configuration.log) {
    runtime->log().set_sink([log = configuration.log](const LogRecord& r) { log(r.level, r.category, r.message); }, LogLevel::info);
  }
  return runtime;
}

client::Retry retry_of(RetryPolicy policy) {
  switch (policy) {
    case RetryPolicy::reads: return client::Retry::reads;
    case RetryPolicy::all: return client::Retry::all;
    case RetryPolicy::idempotent_writes: break;
  }
  return client::Retry::idempotent;
}

}  // namespace

void raise_remote(const Error& error) { throw CacheException(error.code(), error.message()); }
std::exception_ptr exception_of(const Error& error) { return std::make_exception_ptr(CacheException(error.code(), error.message())); }

client::ClientOptions client_options(const RemoteConfiguration& c) {
  client::ClientOptions options;
  for (const ServerAddress& server : c.servers) options.servers.push_back({server.host, server.port});
  if (!c.user.empty()) options.connection.credentials = client::Credentials{c.user, c.password, c.mechanism};
  options.connection.intelligence = c.topology_aware ? client::Intelligence::hash_aware : client::Intelligence::basic;
  options.connection.in_flight_max = c.in_flight_max;
  options.connections_per_server = c.connections_per_server;
  options.connect_timeout = c.connect_timeout;
  options.attempt_timeout = c.attempt_timeout;
  options.operation_timeout = c.operation_timeout;
  options.in_flight_max = c.in_flight_max;
  options.retry = retry_of(c.retry);
  return options;
}

RemoteWorld::RemoteWorld(const RemoteConfiguration& configuration)
    : configuration_(configuration), own_runtime_(make_runtime(configuration)), runtime_(own_runtime_.get()), core_(std::make_shared<client::ClientCore>(*runtime_, client_options(configuration))) {}

RemoteWorld::RemoteWorld(const RemoteConfiguration& configuration, runtime::Runtime& runtime)
    : configuration_(configuration), runtime_(&runtime), core_(std::make_shared<client::ClientCore>(runtime, client_options(configuration))) {}

RemoteWorld::~RemoteWorld() {
  core_->close();
  core_.reset();
  // The last handle may have been let go by a continuation, on our own loop.
  if (own_runtime_) runtime::destroy(std::move(own_runtime_));
}

void RemoteWorld::own(const std::shared_ptr<client::RemoteListener>& listener) {
  Locked locked(lock_);
  std::erase_if(listeners_, [](const auto& known) { return known.expired(); });
  listeners_.push_back(listener);
}

void RemoteWorld::stop() {
  core_->close();
  std::vector<std::weak_ptr<client::RemoteListener>> listeners;
  {
    Locked locked(lock_);
    listeners.swap(listeners_);
  }
  for (const auto& known : listeners) {
    if (const auto listener = known.lock()) listener->remove();
  }
  core_->wait_until_idle();
}

}  // namespace detail
}  // namespace holdfast
