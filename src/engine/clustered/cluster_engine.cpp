#include "engine/clustered/cluster_engine.h"

namespace holdfast::engine::clustered {
namespace {

constexpr Duration kAgain = std::chrono::milliseconds(10);
constexpr Duration kCallTime = std::chrono::seconds(2);
using cluster::Method;

JoinRequest join_of(const LocalCache& local) {
  const CacheConfiguration& c = local.configuration();
  JoinRequest join;
  join.cache = local.name();
  join.segments = local.segments();
  join.owners = static_cast<std::uint32_t>(c.owners);
  join.replicated = c.mode == CacheMode::replicated;
  return join;
}

}  // namespace

/// What requests of other nodes may outlive the engine with.
struct ClusterEngine::Shared : std::enable_shared_from_this<ClusterEngine::Shared> {
  Shared(runtime::Runtime& rt, cluster::ClusterOptions options)
      : runtime(rt), owned(cluster::make_cluster_node(rt, std::move(options))), node(*owned),
        context{rt, node, invocations, [this](const std::string& cache, std::uint32_t id) { confirm(cache, id); }},
        coordinator(std::make_shared<Coordinator>(rt, node)) {}

  std::shared_ptr<ClusteredCache> find(const std::string& name) {
    Locked locked(lock);
    const auto at = caches.find(name);
    return at == caches.end() ? nullptr : at->second;
  }
  std::map<std::string, std::shared_ptr<ClusteredCache>> all() {
    Locked locked(lock);
    return caches;
  }

  void register_requests();
  void on_view(const View& before, const View& now);
  void on_exclusion();
  void confirm(const std::string& cache, std::uint32_t id);
  Result<Bytes> ask_coordinator(Method method, const Bytes& body, Instant deadline);
  Result<Bytes> status();
  Result<Bytes> install(const Address& from, BytesView body);

  void rejoin(const std::shared_ptr<ClusteredCache>& cache, std::vector<Entry> aside);
  Result<Bytes> on_control_loop(FunctionRef<Result<Bytes>()> request);
  /// For caches, who may outlive the engine for a moment.
  std::shared_ptr<Context> shared_context() { return {shared_from_this(), &context}; }

  runtime::Runtime& runtime;
  const std::unique_ptr<cluster::ClusterNode> owned;
  cluster::ClusterNode& node;
  Invocations invocations;
  Context context;
  const std::shared_ptr<Coordinator> coordinator;  // control loop
  SpinLock lock;
  std::map<std::string, std::shared_ptr<ClusteredCache>> caches HF_GUARDED_BY(lock);
};

namespace {

Error no_cache(const std::string& name) { return Error(Errc::stale_topology, "cache '" + name + "' does not run here"); }
Error malformed() { return Error(Errc::protocol_error, "a malformed request"); }

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
  on(method::kCollect, header_of, [](ClusteredCache& c, const ReplicaHeader& h) { return c.on_collect(h); });
  on(method::kEntries, header_of, [](ClusteredCache& c, const ReplicaHeader& h) { return c.on_entries(h); });
  on(method::kSize, header_of, [](ClusteredCache& c, const ReplicaHeader&) { return c.on_size(); });
  on(method::kFetch, read_fetch, [](ClusteredCache& c, const FetchRequest& r) { return c.on_fetch(r); });
  on(method::kWatermark, read_watermarks, [](ClusteredCache& c, const Watermarks& w) -> Result<Bytes> {
    c.on_watermarks(w);
    return Bytes();
  });
  node.handle(method::kBackup, [weak = weak_from_this()](const Address& from, BytesView body) -> Result<Bytes> {
    const auto self = weak.lock();
    Reader in(body);
    const auto header = read_header(in);
    auto write = header ? read_pending(in) : std::nullopt;
    if (!write || !in.at_end()) return malformed();
    const auto cache = self ? self->find(header->cache) : nullptr;
    return cache ? cache->on_backup(from, *header, std::move(*write)) : Result<Bytes>(no_cache(header->cache));
  });
  // What follows concerns the coordinator and the topologies, which belong to the control loop.
  const auto on_control = [&](Method m, auto call) {
    node.handle(m, [weak = weak_from_this(), call](const Address& from, BytesView body) -> Result<Bytes> {
      const auto self = weak.lock();
      return self ? self->on_control_loop([&] { return call(*self, from, body); }) : Result<Bytes>(Error(Errc::stopped));
    });
  };
  on_control(method::kInstall, [](Shared& s, const Address& from, BytesView body) { return s.install(from, body); });
  on_control(method::kStatus, [](Shared& s, const Address&, BytesView) { return s.status(); });
  on_control(method::kJoin, [](Shared& s, const Address& from, BytesView body) -> Result<Bytes> {
    Reader in(body);
    const auto join = read_join(in);
    if (!join) return malformed();
    HF_TRY(s.coordinator->join(from, *join));
    return Bytes();
  });
  on_control(method::kConfirm, [](Shared& s, const Address& from, BytesView body) -> Result<Bytes> {
    Reader in(body);
    const std::string name(in.array());
    s.coordinator->confirm(from, name, in.vint());
    return Bytes();
  });
  on_control(method::kLeave, [](Shared& s, const Address& from, BytesView) -> Result<Bytes> {
    if (!s.coordinator->active() || !s.coordinator->leave(from)) return Error(Errc::stale_topology, "not handed over yet");
    return Bytes();
  });
}

/// Runs the request on the control loop and waits for it there.
Result<Bytes> ClusterEngine::Shared::on_control_loop(FunctionRef<Result<Bytes>()> request) {
  if (runtime.scheduler().current_loop() == runtime::kControlLoop) return request();
  Result<Bytes> answer = Error(Errc::cancelled);
  const auto done = runtime.scheduler().make_event();
  runtime.scheduler().spawn(runtime::kControlLoop, [&] {
    answer = request();
    done->set();
  });
  done->wait(kNever);
  return answer;
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

Result<Bytes> ClusterEngine::Shared::status() {
  Bytes out;
  const auto running = all();
  append_vint(out, static_cast<std::uint32_t>(running.size()));
  for (const auto& [name, cache] : running) {
    append_join(out, join_of(cache->local()));
    const InstalledPtr installed = cache->installed();
    (installed ? installed->topology : CacheTopology()).append(out);
  }
  return out;
}

void ClusterEngine::Shared::on_view(const View& before, const View& now) {
  // A new life, or the smaller side of a merge: what is here is not the truth any more. Entries that were written on
  // this side only are put back once the cache has its place in the united cluster.
  const bool other_line = before.members.empty() || !before.has(now.coordinator());
  if (other_line) coordinator->resign();
  for (const auto& [name, cache] : all()) {
    if (other_line) rejoin(cache, cache->reset());
    else cache->forget_originators(now);
  }
  if (now.coordinator() == node.self()) coordinator->on_view(before, now);
  else coordinator->resign();
}

/// The others went on without this node; its entries are not the truth any more.
void ClusterEngine::Shared::on_exclusion() {
  coordinator->resign();
  for (const auto& [name, cache] : all()) cache->reset();
}

void ClusterEngine::Shared::rejoin(const std::shared_ptr<ClusteredCache>& cache, std::vector<Entry> aside) {
  runtime.scheduler().spawn(runtime::kControlLoop, [self = shared_from_this(), cache, aside = std::move(aside)] {
    Bytes body;
    append_join(body, join_of(cache->local()));
    const auto joined = self->ask_coordinator(method::kJoin, body, kNever);
    Status done = joined.ok() ? cache->put_back(aside) : Status(joined.error());
    if (!done.ok()) self->runtime.log().error("cluster", "cache '" + cache->name() + "': " + done.error().message());
    else if (!aside.empty()) self->runtime.log().info("cluster", "cache '" + cache->name() + "': " + std::to_string(aside.size()) + " entries of this side of the split were merged");
  });
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
Result<Bytes> ClusterEngine::Shared::ask_coordinator(Method method, const Bytes& body, Instant deadline) {
  for (;;) {
    const auto view = node.view();
    if (!view->members.empty()) {
      const Instant patience = std::min(deadline, runtime.clock().now() + kCallTime);
      auto answer = node.call(view->coordinator(), method, body, patience);
      if (answer.ok() || !answer.failed_with(Errc::stale_topology, Errc::node_suspected, Errc::timeout)) return answer;
    }
    if (runtime.clock().now() >= deadline) return Error(Errc::timeout, "the cluster's coordinator did not answer in time");
    runtime.scheduler().sleep_until(runtime.clock().now() + kAgain);
  }
}

ClusterEngine::ClusterEngine(runtime::Runtime& runtime, cluster::ClusterOptions options)
    : shared_(std::make_shared<Shared>(runtime, std::move(options))) {
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
  for (const auto& [name, cache] : shared_->all()) stop_cache(name);
  node().stop();
}

cluster::ClusterNode& ClusterEngine::node() { return shared_->node; }

Status ClusterEngine::start() { return node().start(); }

Result<std::shared_ptr<ClusteredCache>> ClusterEngine::start_cache(std::shared_ptr<LocalCache> local, Instant deadline) {
  const auto cache = std::make_shared<ClusteredCache>(shared_->shared_context(), std::move(local));
  {
    Locked locked(shared_->lock);
    shared_->caches[cache->name()] = cache;
  }
  Bytes body;
  append_join(body, join_of(cache->local()));
  Status joined = success();
  if (const auto answer = shared_->ask_coordinator(method::kJoin, body, deadline); !answer.ok()) joined = answer.error();
  if (joined.ok()) joined = cache->wait_until_ready(deadline);
  if (joined.ok()) return cache;
  stop_cache(cache->name());
  return joined.error();
}

void ClusterEngine::stop_cache(const std::string& name) {
  std::shared_ptr<ClusteredCache> cache;
  {
    Locked locked(shared_->lock);
    const auto at = shared_->caches.find(name);
    if (at == shared_->caches.end()) return;
    cache = std::move(at->second);
    shared_->caches.erase(at);
  }
  cache->stop();
}

void ClusterEngine::leave(Instant deadline) {
  if (node().view()->members.size() > 1) {
    const auto handed_over = shared_->ask_coordinator(method::kLeave, "", deadline);
    if (!handed_over.ok()) shared_->runtime.log().warn("cluster", "this node leaves without having handed over all of its entries: " + handed_over.error().message());
  }
  node().leave(std::max(deadline, shared_->runtime.clock().now() + kCallTime));
}

}  // namespace holdfast::engine::clustered
