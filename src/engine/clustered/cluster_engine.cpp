#include "engine/clustered/shared.h"

#include "base/planted.h"
namespace holdfast::engine::clustered {
namespace {

constexpr Duration kAgain = std::chrono::milliseconds(10);
constexpr Duration kCallTime = std::chrono::seconds(2);
constexpr Duration kGoTogether = std::chrono::milliseconds(200);

Error no_cache(const std::string& name) { return Error(Errc::stale_topology, "cache '" + name + "' does not run here"); }

std::optional<ReplicaHeader> header_of(BytesView body) {
  Reader in(body);
  return read_header(in);
}

}  // namespace

void ClusterEngine::Shared::register_requests() {
  const auto on = [&](Method m, auto read, auto call) {
    node.handle(m, [weak = weak_from_this(), read, call](const Address&, BytesView body) -> Result<Bytes> {
      auto request = read(body);
      if (!request) return malformed();
      const auto self = weak.lock();
      const auto cache = self ? self->find(request->cache) : nullptr;
      return cache ? call(*cache, *request) : Result<Bytes>(no_cache(request->cache));
    });
  };
  on(method::kWrite, read_write, [](ClusteredCache& c, const WriteRequest& r) { return c.on_write(r); });
  on(method::kRead, read_read, [](ClusteredCache& c, const ReadRequest& r) { return c.on_read(r); });
  on(method::kReserve, read_reserve, [](ClusteredCache& c, const ReserveRequest& r) { return c.on_reserve(r); });
  on(method::kCollect, header_of, [](ClusteredCache& c, const ReplicaHeader& h) { return c.on_collect(h); });
  on(method::kEntries, header_of, [](ClusteredCache& c, const ReplicaHeader& h) { return c.on_entries(h); });
  on(method::kSize, header_of, [](ClusteredCache& c, const ReplicaHeader&) { return c.on_size(); });
  on(method::kClear, read_clear, [](ClusteredCache& c, const ClearRequest& r) { return c.on_clear(r); });
  on(method::kStatistics, header_of, [](ClusteredCache& c, const ReplicaHeader&) { return c.on_statistics(); });
  on(method::kAttribute, read_attribute, [](ClusteredCache& c, const AttributeChange& a) -> Result<Bytes> {
    HF_TRY(c.take_attribute(a.path, a.value));
    return Bytes();
  });
  on(method::kShare, header_of, [](ClusteredCache& c, const ReplicaHeader&) { return c.on_share(); });
  on(method::kTouch, read_touch, [](ClusteredCache& c, const TouchRequest& t) { return c.on_touch(t); });
  on(method::kFetch, read_fetch, [](ClusteredCache& c, const FetchRequest& r) { return c.on_fetch(r); });
  on(method::kWatermark, read_watermarks, [](ClusteredCache& c, const Watermarks& w) -> Result<Bytes> {
    c.on_watermarks(w);
    return Bytes();
  });
  node.handle(method::kBackup, [weak = weak_from_this()](const Address& from, BytesView body) -> Result<Bytes> {
    const auto self = weak.lock();
    Reader in(body);
    const auto header = read_header(in);
    std::vector<PendingWrite> writes;
    while (header && !in.at_end()) {
      auto write = read_pending(in);
      if (!write) return malformed();
      writes.push_back(std::move(*write));
    }
    if (writes.empty()) return malformed();
    const auto cache = self ? self->find(header->cache) : nullptr;
    return cache ? cache->on_backup(from, *header, std::move(writes)) : Result<Bytes>(no_cache(header->cache));
  });
  node.handle(method::kEvent, [weak = weak_from_this()](const Address& from, BytesView body) -> Result<Bytes> {
    const auto self = weak.lock();
    const auto event = read_event(body);
    if (!event) return malformed();
    const auto cache = self ? self->find(event->cache) : nullptr;
    return cache ? cache->on_event(from, *event) : Result<Bytes>(no_cache(event->cache));
  });
  node.handle(method::kMemory, [weak = weak_from_this()](const Address&, BytesView) -> Result<Bytes> {
    const auto self = weak.lock();
    if (!self) return Error(Errc::stopped);
    Bytes out;
    append_memory(out, memory_of(self->runtime, self->node.self()));
    return out;
  });
  node.handle(method::kInterest, [weak = weak_from_this()](const Address& from, BytesView body) -> Result<Bytes> {
    const auto self = weak.lock();
    const auto interest = read_interest(body);
    if (!interest) return malformed();
    const auto cache = self ? self->find(interest->cache) : nullptr;
    if (!cache) return no_cache(interest->cache);
    cache->on_interest(from, *interest);
    return Bytes();
  });
  register_coordination();
}

/// What concerns the coordinator and the topologies, which belong to the control loop.
void ClusterEngine::Shared::register_coordination() {
  const auto on_control = [&](Method m, auto call) {
    node.handle(m, [weak = weak_from_this(), call](const Address& from, BytesView body) -> Result<Bytes> {
      const auto self = weak.lock();
      return self ? self->on_control_loop(from, body, call) : Result<Bytes>(Error(Errc::stopped));
    });
  };
  on_control(method::kInstall, [](Shared& s, const Address& from, BytesView body) { return s.install(from, body); });
  on_control(method::kStatus, [](Shared& s, const Address&, BytesView) { return s.status(); });
  on_control(method::kJoin, [](Shared& s, const Address& from, BytesView body) -> Result<Bytes> {
    Reader in(body);
    const auto join = read_join(in);
    if (!join) return malformed();
    HF_TRY(s.coordinator->join(from, *join));
    const auto cache = s.find(join->cache);
    return cache ? attributes_of(cache->changed_attributes()) : Bytes();
  });
  on_control(method::kConfirm, [](Shared& s, const Address& from, BytesView body) -> Result<Bytes> {
    Reader in(body);
    const std::string name(in.array());
    s.coordinator->confirm(from, name, in.vint());
    return Bytes();
  });
  on_control(method::kChange, [](Shared& s, const Address&, BytesView body) { return s.change_on_all(body); });
  on_control(method::kReconcile, [](Shared& s, const Address&, BytesView body) { return s.on_reconcile(body); });
  on_control(method::kApply, [](Shared& s, const Address&, BytesView body) -> Result<Bytes> {
    Reader in(body);
    const auto change = read_change(in);
    if (!change || !s.apply) return malformed();
    HF_TRY(s.apply(*change, OnConflict::refuse));
    return Bytes();
  });
  on_control(method::kEndpoint, [](Shared& s, const Address& from, BytesView body) -> Result<Bytes> {
    s.on_endpoint(from, body);
    return Bytes();
  });
  on_control(method::kRebalancing, [](Shared& s, const Address&, BytesView body) -> Result<Bytes> {
    const auto order = read_order(body);
    if (!order) return malformed();
    HF_TRY(s.coordinator->set_rebalancing(*order));
    return Bytes();
  });
  on_control(method::kSwitches, [](Shared& s, const Address& from, BytesView body) { return s.on_switches(from, body); });
  on_control(method::kAskAll, [](Shared& s, const Address&, BytesView body) { return s.on_request_to_all(body); });
  on_control(method::kLeave, [](Shared& s, const Address& from, BytesView) -> Result<Bytes> {
    if (!planted(Defect::leave_without_handover) && (!s.coordinator->active() || !s.coordinator->leave(from))) return Error(Errc::stale_topology, "not handed over yet");
    return Bytes();
  });
}

/// Runs the request on the control loop and waits for it there. What it works on is its own: whoever waits may be gone first.
Result<Bytes> ClusterEngine::Shared::on_control_loop(const Address& from, BytesView body, ControlRequest request) {
  if (runtime.scheduler().current_loop() == runtime::kControlLoop) return request(*this, from, body);
  struct Turn {
    const Address from;
    const Bytes body;
    Result<Bytes> answer;
    const std::unique_ptr<runtime::Event> done;
  };
  const std::shared_ptr<Turn> turn(new Turn{from, Bytes(body), Error(Errc::cancelled), runtime.scheduler().make_event()});
  runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), turn, request] {
    turn->answer = request(*self, turn->from, turn->body);
    turn->done->set();
  });
  turn->done->wait(kNever);
  return std::move(turn->answer);
}

Result<Bytes> ClusterEngine::Shared::install(const Address& from, BytesView body) {
  Reader in(body);
  const std::string name(in.array());
  const auto topology = CacheTopology::read(in);
  if (!topology || !topology->current) return malformed();
  const auto view = node.view();
  if (view->members.empty() || view->coordinator() != from) return Error(Errc::stale_topology, from.name + " is not the coordinator");
  const auto cache = find(name);
  if (!cache) return no_cache(name);
  cache->install(*topology);
  return Bytes();
}

Result<Bytes> ClusterEngine::Shared::on_switches(const Address& from, BytesView body) {
  Reader in(body);
  auto switches = read_switches(in);
  if (!switches) return malformed();
  const auto view = node.view();
  if (view->members.empty() || view->coordinator() != from) return Error(Errc::stale_topology, from.name + " is not the coordinator");
  coordinator->switches().set(std::move(*switches));
  return Bytes();
}

Result<Bytes> ClusterEngine::Shared::status() {
  Bytes out;
  const auto running = all();
  append_vint(out, static_cast<std::uint32_t>(running.size()));
  for (const auto& [name, cache] : running) {
    append_join(out, join_of(cache->local()));
    const InstalledPtr installed = cache->installed();
    (installed ? installed->topology : CacheTopology()).append(out);
  }
  append_switches(out, coordinator->switches().get());
  return out;
}

void ClusterEngine::Shared::on_view(const View& before, const View& now) {
  // A new life, or the smaller side of a merge: what is here is not the truth any more. Entries that were written on
  // this side only are put back once the cache has its place in the united cluster.
  const bool other_line = before.members.empty() || !before.has(now.coordinator());
  if (other_line) coordinator->resign();
  std::vector<Away> away;
  for (const auto& [name, cache] : all()) {
    if (other_line) away.push_back({cache, cache->reset()});
    else cache->forget_originators(now);
  }
  if (now.coordinator() == node.self()) coordinator->on_view(before, now);
  else coordinator->resign();
  // A coordinator that went may have told a change of definitions to some of the members only.
  if (other_line || before.coordinator() != now.coordinator()) rejoin(std::move(away));
  {
    Locked locked(lock);
    std::erase_if(endpoints, [&](const auto& e) { return !now.has(e.first); });
    if (own_endpoint) endpoints[node.self()] = *own_endpoint;
    ++endpoints_version;
  }
  for (const NodeInfo& m : now.members) {
    if (!before.has(m.address)) tell_endpoint(m.address);
  }
}

/// The others went on without this node; its entries are not the truth any more.
void ClusterEngine::Shared::on_exclusion() {
  coordinator->resign();
  for (const auto& [name, cache] : all()) cache->reset();
}

void ClusterEngine::Shared::confirm(const std::string& cache, std::uint32_t id) {
  Bytes body;
  append_array(body, cache);
  append_vint(body, id);
  runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), body, cache, id] {
    // Again until it has arrived or is out of date.
    for (;;) {
      const auto c = self->find(cache);
      const InstalledPtr installed = c ? c->installed() : nullptr;
      if (!installed || installed->id() != id) return;
      const auto view = self->node.view();
      if (!view->members.empty() && self->node.call(view->coordinator(), method::kConfirm, body, self->runtime.clock().now() + kCallTime).ok()) return;
      self->runtime.scheduler().sleep_until(self->runtime.clock().now() + kAgain);
    }
  });
}

/// Asks whoever coordinates, until it answers something else than "not me, not now".
Result<Bytes> ClusterEngine::Shared::ask_coordinator(Method what, const Bytes& body, Instant deadline) {
  for (;;) {
    const auto view = node.view();
    if (!view->members.empty()) {
      // A change of definitions starts caches on all nodes; what else is asked is answered at once.
      const bool starts_caches = what == method::kChange || what == method::kReconcile;
      const Instant patience = starts_caches ? deadline : std::min(deadline, runtime.clock().now() + kCallTime);
      auto answer = node.call(view->coordinator(), what, body, patience);
      if (answer.ok() || !answer.failed_with(Errc::stale_topology, Errc::node_suspected, Errc::timeout)) return answer;
    }
    if (stopped) return Error(Errc::stopped, "this node has left the cluster");
    if (runtime.clock().now() >= deadline) return Error(Errc::timeout, "the cluster's coordinator did not answer in time");
    const Instant again = runtime.clock().now() + kAgain;
    runtime.scheduler().sleep_until(again);
    // Time passes for everybody but a killed process of the simulator that runs to its end.
    if (runtime.clock().now() < again) return Error(Errc::cancelled, "this process has ended");
  }
}

// ---- What clients are told

/// Again until the member has it, or is none.
void ClusterEngine::Shared::tell_endpoint(const Address& member) {
  Bytes body;
  {
    Locked locked(lock);
    const auto own = endpoints.find(node.self());
    if (own == endpoints.end() || member == node.self()) return;
    append_array(body, own->second.host);
    append_u16(body, own->second.port);
  }
  runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), member, body] {
    while (self->node.view()->has(member)) {
      if (self->node.call(member, method::kEndpoint, body, self->runtime.clock().now() + kCallTime).ok()) return;
      self->runtime.scheduler().sleep_until(self->runtime.clock().now() + kAgain);
    }
  });
}

void ClusterEngine::Shared::on_endpoint(const Address& from, BytesView body) {
  Reader in(body);
  ClientTopology::Server server;
  server.host = in.array();
  server.port = in.u16();
  if (!in.ok()) return;
  Locked locked(lock);
  endpoints[from] = std::move(server);
  ++endpoints_version;
}

std::shared_ptr<const ClientTopology> ClusterEngine::Shared::client_topology(const std::string& name) {
  const auto cache = find(name);
  const InstalledPtr installed = cache ? cache->installed() : nullptr;
  if (!installed) return nullptr;
  Locked locked(lock);
  Told& known = told[name];
  if (known.topology_id == installed->id() && known.endpoints_version == endpoints_version) return known.topology;
  known = {installed->id(), endpoints_version, nullptr};
  auto topology = std::make_shared<ClientTopology>();
  const ConsistentHash& table = installed->topology.readers();
  Bytes identity;
  for (const HashMember& m : table.members()) {
    const auto at = endpoints.find(m.address);
    if (at == endpoints.end()) return nullptr;
    topology->servers.push_back(at->second);
    append_array(identity, at->second.host);
    append_u16(identity, at->second.port);
  }
  for (std::uint32_t s = 0; s < table.segments(); ++s) {
    topology->owners.emplace_back(table.owners(s).begin(), table.owners(s).end());
    for (const NodeIndex n : table.owners(s)) append_vint(identity, n);
  }
  const auto hash = static_cast<std::uint32_t>(hash_key(identity).wire()) & 0x7fffffff;
  topology->id = std::max<std::uint32_t>(hash, 1);
  known.topology = topology;
  return topology;
}

// ---- What the CacheManager sees

ClusterEngine::ClusterEngine(runtime::Runtime& runtime, ClusterEngineOptions options)
    : initial_size_(options.initial_cluster_size), initial_timeout_ms_(options.initial_cluster_timeout_ms),
      shared_(std::make_shared<Shared>(runtime, std::move(options.node), options.read_stagger)) {
  shared_->register_requests();
  const std::weak_ptr<Shared> weak = shared_;
  node().listen_to_views([weak](const View& before, const View& now, bool) {
    if (const auto shared = weak.lock()) shared->on_view(before, now);
  });
  node().listen_to_exclusion([weak] {
    if (const auto shared = weak.lock()) shared->on_exclusion();
  });
}

ClusterEngine::~ClusterEngine() {
  shared_->stopped = true;
  for (const auto& [name, cache] : shared_->all()) stop_cache(name);
  node().stop();
}

cluster::ClusterNode& ClusterEngine::node() { return shared_->node; }
std::shared_ptr<ClusteredCache> ClusterEngine::find(const std::string& cache) const { return shared_->find(cache); }
Address ClusterEngine::self() const { return shared_->node.self(); }
std::shared_ptr<const View> ClusterEngine::view() const { return shared_->node.view(); }
std::shared_ptr<const ClientTopology> ClusterEngine::client_topology(const std::string& cache) const { return shared_->client_topology(cache); }

bool ClusterEngine::rebalancing(const std::string& name) const {
  const auto cache = find(name);
  const InstalledPtr installed = cache ? cache->installed() : nullptr;
  return installed && installed->topology.rebalancing();
}

Status ClusterEngine::set_rebalancing(const std::string& cache, bool enabled, Instant deadline) {
  Bytes body;
  append_order(body, {cache, enabled});
  const auto answer = shared_->ask_coordinator(method::kRebalancing, body, deadline);
  return answer.ok() ? success() : Status(answer.error());
}

bool ClusterEngine::rebalancing_enabled(const std::string& cache) const { return shared_->coordinator->switches().get().enabled(cache); }

std::vector<NodeMemory> ClusterEngine::memory(Instant deadline) { return memory_of_members(shared_->runtime, node(), deadline); }

void ClusterEngine::serve_definitions(Apply apply, Known known) {
  shared_->apply = std::move(apply);
  shared_->definitions = std::move(known);
}

void ClusterEngine::serve_switches(std::function<void(BytesView)> keep, BytesView kept) {
  Reader in(kept);
  if (auto switches = read_switches(in)) shared_->coordinator->switches().set_if_newer(std::move(*switches));
  shared_->coordinator->switches().on_change(std::move(keep));
}

Status ClusterEngine::start() {
  HF_TRY(node().start());
  runtime::Runtime& rt = shared_->runtime;
  const Instant deadline = rt.clock().now() + std::chrono::milliseconds(initial_timeout_ms_);
  View largest;  // others that wait give up too, so the last view says little
  while (initial_size_ > 0) {
    const auto now = view();
    if (now->members.size() >= static_cast<std::size_t>(initial_size_)) break;
    if (now->members.size() > largest.members.size()) largest = *now;
    if (rt.clock().now() >= deadline) {
      return Error(Errc::timeout, "ISPN000399: only " + std::to_string(largest.members.size()) + " of " + std::to_string(initial_size_) +
                                      " members (initial-cluster-size) came within " + std::to_string(initial_timeout_ms_) +
                                      " ms (initial-cluster-timeout): " + largest.to_string() + "; start the others, or lower the size");
    }
    rt.scheduler().sleep_until(rt.clock().now() + kAgain);
  }
  return success();
}

Status ClusterEngine::reconcile(Instant deadline) {
  return shared_->reconcile(OnConflict::refuse, deadline, [](const std::vector<DefinitionChange>&) {});
}

Status ClusterEngine::change(const DefinitionChange& change, Instant deadline) {
  Bytes body;
  append_change(body, change);
  const auto answer = shared_->ask_coordinator(method::kChange, body, deadline);
  return answer.ok() ? success() : Status(answer.error());
}

void ClusterEngine::announce(const ClientTopology::Server& endpoint) {
  {
    Locked locked(shared_->lock);
    shared_->own_endpoint = endpoint;
    shared_->endpoints[self()] = endpoint;
    ++shared_->endpoints_version;
  }
  for (const NodeInfo& m : view()->members) shared_->tell_endpoint(m.address);
}

Result<CachePtr> ClusterEngine::start_cache(std::shared_ptr<LocalCache> local, Instant deadline) {
  const auto cache = std::make_shared<ClusteredCache>(shared_->shared_context(), std::move(local));
  cache->local().join(cache);
  {
    Locked locked(shared_->lock);
    shared_->caches[cache->name()] = cache;
  }
  Bytes body;
  append_join(body, join_of(cache->local()));
  Status joined = success();
  if (const auto answer = shared_->ask_coordinator(method::kJoin, body, deadline); !answer.ok()) joined = answer.error();
  else joined = cache->take_attributes(*answer);
  if (joined.ok() && cache->configuration().state_transfer.await_initial_transfer) joined = cache->wait_until_ready(deadline);
  if (joined.ok()) return CachePtr(cache);
  stop_cache(cache->name());
  return joined.error();
}

void ClusterEngine::stop_cache(const std::string& name) {
  std::shared_ptr<ClusteredCache> cache;
  {
    Locked locked(shared_->lock);
    shared_->told.erase(name);
    const auto at = shared_->caches.find(name);
    if (at == shared_->caches.end()) return;
    cache = std::move(at->second);
    shared_->caches.erase(at);
  }
  cache->stop();
}

Result<Bytes> ClusterEngine::Shared::on_request_to_all(BytesView body) {
  Reader in(body);
  const std::uint8_t what = in.u8();
  if (!in.ok() || what > static_cast<std::uint8_t>(Request::shut_down)) return malformed();
  std::function<void(Request)> serve;
  {
    Locked locked(lock);
    serve = serve_request;
  }
  if (!serve) return Error(Errc::not_supported, "this node takes no requests to stop");
  all_go = true;
  serve(static_cast<Request>(what));
  return Bytes();
}

void ClusterEngine::serve_requests(std::function<void(Request)> serve) {
  Locked locked(shared_->lock);
  shared_->serve_request = std::move(serve);
}

void ClusterEngine::ask_all(Request what, Instant deadline) {
  shared_->all_go = true;
  std::vector<std::pair<Address, std::unique_ptr<cluster::PendingCall>>> calls;
  for (const NodeInfo& m : view()->members) {
    if (m.address != self()) calls.emplace_back(m.address, node().begin_call(m.address, method::kAskAll, Bytes(1, static_cast<char>(what))));
  }
  for (const auto& [member, call] : calls) {
    const auto told = call->wait(deadline);
    if (!told.ok() && view()->has(member)) shared_->runtime.log().warn("cluster", member.name + " was asked to stop and did not answer: " + told.error().message());
  }
}

void ClusterEngine::leave(Instant deadline) {
  if (view()->members.size() > 1 && !shared_->all_go) {
    const auto handed_over = shared_->ask_coordinator(method::kLeave, "", deadline);
    if (!handed_over.ok()) shared_->runtime.log().warn("cluster", "this node leaves without having handed over all of its entries: " + handed_over.error().message());
  }
  shared_->stopped = true;
  // Nobody is left to agree to a view without this node when all go.
  const Instant now = shared_->runtime.clock().now();
  node().leave(shared_->all_go ? now + kGoTogether : std::max(deadline, now + kCallTime));
}

}  // namespace holdfast::engine::clustered
