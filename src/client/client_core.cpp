#include "client/client_core.h"

#include <algorithm>

#include "client/answer.h"

namespace holdfast::client {
namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds(5);  // after all servers failed
constexpr Duration kPauseMax = std::chrono::milliseconds(200);

Error no_servers() { return Error(Errc::invalid_argument, "no server is named: give at least one, as in hotrod://127.0.0.1:11222"); }
Error client_closed() { return Error(Errc::closed, "this RemoteCacheManager was closed"); }

bool contains(const std::vector<const ServerLink*>& links, const ServerLink* link) { return std::find(links.begin(), links.end(), link) != links.end(); }

}  // namespace

ClientCore::ClientCore(runtime::Runtime& runtime, ClientOptions options)
    : runtime_(runtime), options_(std::move(options)), id_(runtime.random().secret(kRepeatClientBytes)), turn_(options_.servers.empty() ? 0 : runtime.random().next() % options_.servers.size()), room_(runtime.scheduler().make_event()) {}

std::shared_ptr<CacheRoute> ClientCore::route(const std::string& cache) {
  Locked locked(lock_);
  auto& known = routes_[cache];
  if (!known) known = std::make_shared<CacheRoute>(cache);
  return known;
}

std::shared_ptr<ServerLink> ClientCore::link(const runtime::Endpoint& server) {
  Locked locked(lock_);
  auto& known = links_[{server.host, server.port}];
  if (!known) {
    LinkOptions options{options_.connection, options_.connections_per_server, options_.connect_timeout};
    known = std::make_shared<ServerLink>(runtime_, server, options);
    if (closed_) known->close();
  }
  return known;
}

// Starting.

/// A thread that may wait is held back; what runs on a loop may hold up the very answers that make room.
Status ClientCore::make_room() {
  const Instant until = deadline();
  for (;;) {
    {
      Locked locked(lock_);
      if (closed_) return client_closed();
      if (in_flight_ < options_.in_flight_max) {
        ++in_flight_;
        return success();
      }
      if (runtime_.scheduler().current_loop() != runtime::kNoLoop) break;
      ++waiters_;
      room_->reset();
    }
    const bool woken = room_->wait(until);
    Locked locked(lock_);
    --waiters_;
    if (!woken) break;
  }
  return Error(Errc::exhausted, std::to_string(options_.in_flight_max) + " operations are under way, as many as in_flight_max allows; this one was not sent");
}

void ClientCore::start(Request request, std::shared_ptr<CacheRoute> route, Completion done) {
  if (options_.servers.empty()) return done(no_servers());
  if (const Status room = make_room(); !room.ok()) return done(room.error());
  const auto operation = std::make_shared<Operation>();
  operation->repeatable = may_repeat(options_.retry, request);
  if (options_.retry != Retry::reads && is_keyed_write(request.op)) operation->repeat = {id_, writes_.begin(), 0};
  operation->request = std::move(request);
  operation->route = std::move(route);
  operation->deadline = deadline();
  operation->done = std::move(done);
  attempt(operation);
}

Result<Response> ClientCore::call(Request request, std::shared_ptr<CacheRoute> route) {
  const auto answer = std::make_shared<Answer>(runtime_);
  start(std::move(request), std::move(route), answer->completion());
  return answer->wait(kNever);
}

void ClientCore::finish(const OperationPtr& operation, Result<Response> result) {
  if (operation->repeat.number != 0) writes_.end(operation->repeat.number);
  {
    Locked locked(lock_);
    --in_flight_;
    if (waiters_ > 0 || closed_) room_->set();
  }
  if (!result.ok() && operation->maybe_applied && !took_effect_unknown(result.error())) {
    result = Error(Errc::closed, "an earlier attempt ended before its answer and may have taken effect; then: " + result.error().message());
  }
  Completion done = std::move(operation->done);
  done(std::move(result));
}

// Routing.

/// In order of preference.
std::vector<std::shared_ptr<ServerLink>> ClientCore::candidates(const Operation* operation, const Table* table) {
  std::vector<std::shared_ptr<ServerLink>> found;
  std::size_t turn;
  {
    Locked locked(lock_);
    turn = turn_++;
  }
  if (table != nullptr) {
    if (const auto* owners = operation != nullptr ? owners_of(operation->request, *table) : nullptr) {
      for (const std::uint32_t owner : *owners) found.push_back(table->servers[owner]);
    }
    for (std::size_t i = 0; i < table->servers.size(); ++i) found.push_back(table->servers[(turn + i) % table->servers.size()]);
  }
  // After a whole round in vain the named servers are asked too: the topology may be of another life of the cluster.
  if (table == nullptr || (operation != nullptr && operation->rounds > 0)) {
    for (std::size_t i = 0; i < options_.servers.size(); ++i) found.push_back(link(options_.servers[(turn + i) % options_.servers.size()]));
  }
  return found;
}

/// Null: all were tried.
std::shared_ptr<ServerLink> ClientCore::choose(const Operation& operation, const Table* table) {
  // The common case needs no list.
  if (table != nullptr && operation.tried.empty()) {
    const auto* owners = owners_of(operation.request, *table);
    if (owners != nullptr && !owners->empty() && !table->servers[owners->front()]->down()) return table->servers[owners->front()];
  }
  std::shared_ptr<ServerLink> second_best;
  for (auto& candidate : candidates(&operation, table)) {
    if (contains(operation.tried, candidate.get())) continue;
    if (!candidate->down()) return candidate;
    if (!second_best) second_best = candidate;
  }
  return second_best;
}

void ClientCore::attempt(const OperationPtr& operation) {
  operation->timer = nullptr;
  const Instant now = runtime_.clock().now();
  if (closed()) return finish(operation, client_closed());
  if (now >= operation->deadline) {
    return finish(operation, operation->maybe_applied ? Error(Errc::timeout, "no answer until the deadline; the operation may still take effect")
                                                      : Error(Errc::refused, "no server could be reached until the deadline; nothing was done"));
  }
  const std::shared_ptr<const Table> table = operation->route ? operation->route->table() : nullptr;
  operation->topology_id = table ? table->id : ~0U;
  const auto chosen = choose(*operation, table.get());
  if (!chosen) return next_round(operation);
  if (operation->repeat.number != 0) operation->repeat.done_mark = writes_.done_mark();
  const Instant until = repeatable(*operation, *chosen) ? std::min(operation->deadline, now + options_.attempt_timeout) : operation->deadline;
  chosen->send(operation, until, [self = shared_from_this(), operation, chosen](Result<Response> result) { self->attempted(operation, chosen, std::move(result)); });
}

void ClientCore::attempted(const OperationPtr& operation, const std::shared_ptr<ServerLink>& link, Result<Response> result) {
  if (!result.ok()) return failed(operation, link.get(), result.error());
  if (!operation->route || !operation->route->table()) note_reached();
  if (result->topology && operation->route) learn(*operation->route, std::move(*result->topology));
  if (result->is_error()) return failed(operation, link.get(), error_of(*result));
  finish(operation, std::move(result));
}

void ClientCore::note_reached() {
  Locked locked(lock_);
  reached_ = true;
}

/// Servers of a cluster that know repeats carry any write of one key out once.
bool ClientCore::repeatable(const Operation& operation, const ServerLink& at) const {
  return operation.repeatable || (operation.repeat.number != 0 && operation.topology_id != ~0U && at.knows_repeats());
}

void ClientCore::failed(const OperationPtr& operation, ServerLink* link, Error error) {
  const Instant now = runtime_.clock().now();
  // An attempt's time is over, not yet the operation's.
  const bool may_repeat = repeatable(*operation, *link);
  const bool unanswered = error.code() == Errc::timeout && now < operation->deadline && may_repeat;
  const Verdict verdict = unanswered ? Verdict::try_elsewhere : judge(error, may_repeat);
  if (verdict == Verdict::give_up) return finish(operation, std::move(error));
  if (took_effect_unknown(error)) {
    note_reached();
    operation->maybe_applied |= !is_read(operation->request.op);
  }
  if (error.code() != Errc::node_suspected) link->suspect();
  operation->tried.push_back(link);
  operation->failure = std::move(error);
  attempt(operation);
}

/// Every server has failed. They may come back, but where none was ever reached the program had better be told.
void ClientCore::next_round(const OperationPtr& operation) {
  bool reached;
  {
    Locked locked(lock_);
    reached = reached_;
  }
  if (!reached) return finish(operation, operation->failure);
  operation->tried.clear();
  // All servers of the topology are gone: from the beginning.
  if (operation->rounds++ > 0 && operation->route) operation->route->set_table(nullptr);
  const Duration pause = std::min(kPauseMax, kPauseMin * (1 << std::min<std::size_t>(operation->rounds, 6)));
  const Instant when = std::min(runtime_.clock().now() + pause, operation->deadline);
  operation->timer = runtime_.scheduler().at(options_.connection.loop, when, [self = shared_from_this(), operation] { self->attempt(operation); });
}

// Topologies.

void ClientCore::learn(CacheRoute& route, Topology&& topology) {
  if (topology.servers.empty() || options_.connection.intelligence == Intelligence::basic) return;
  if (const auto known = route.table(); known && known->id == topology.id) return;
  auto table = std::make_shared<Table>();
  table->id = topology.id;
  for (const auto& server : topology.servers) table->servers.push_back(link(server));
  table->owners = std::move(topology.owners);
  const std::shared_ptr<const Table> learned = table;
  route.set_table(learned);
  forget_unused(*learned);
}

/// A server that no cache's table names any more, and that the program did not name, is of no use.
void ClientCore::forget_unused(const Table& now) {
  std::vector<std::shared_ptr<ServerLink>> unused;
  {
    Locked locked(lock_);
    std::vector<const ServerLink*> used;
    const auto use = [&used](const Table& table) {
      for (const auto& server : table.servers) used.push_back(server.get());
    };
    use(now);
    for (const auto& [name, route] : routes_) {
      if (const auto table = route->table()) use(*table);
    }
    for (auto at = links_.begin(); at != links_.end();) {
      const auto& endpoint = at->second->server();
      const bool named = std::find(options_.servers.begin(), options_.servers.end(), endpoint) != options_.servers.end();
      if (named || contains(used, at->second.get())) {
        ++at;
      } else {
        unused.push_back(std::move(at->second));
        at = links_.erase(at);
      }
    }
  }
  // What is under way there ends by itself: the last reference goes with the last answer.
}

Result<std::shared_ptr<Connection>> ClientCore::open_own(const std::shared_ptr<CacheRoute>& route, runtime::LoopId loop, ConnectionEvents events) {
  if (options_.servers.empty()) return no_servers();
  const std::shared_ptr<const Table> table = route->table();
  auto servers = candidates(nullptr, table.get());
  if (table) {
    for (const auto& named : options_.servers) servers.push_back(link(named));
  }
  std::stable_sort(servers.begin(), servers.end(), [](const auto& a, const auto& b) { return a->down() < b->down(); });
  ConnectionOptions options = options_.connection;
  options.loop = loop;
  Error failure = no_servers();
  for (const auto& server : servers) {
    if (closed()) return client_closed();
    auto made = Connection::open(runtime_, server->server(), options, runtime_.clock().now() + options_.connect_timeout, events);
    if (made.ok()) return made;
    server->suspect();
    failure = made.error();
  }
  return failure;
}

bool ClientCore::closed() const {
  Locked locked(lock_);
  return closed_;
}

void ClientCore::close() {
  std::vector<std::shared_ptr<ServerLink>> links;
  {
    Locked locked(lock_);
    closed_ = true;
    for (const auto& [server, link] : links_) links.push_back(link);
  }
  room_->set();
  for (const auto& link : links) link->close();
}

void ClientCore::wait_until_idle() {
  for (;;) {
    {
      Locked locked(lock_);
      if (in_flight_ == 0) return;
      room_->reset();
    }
    room_->wait(kNever);
  }
}

}  // namespace holdfast::client
