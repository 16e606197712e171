#include "sim/cluster/grid.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

std::string key_name(std::uint32_t key) { return "key-" + std::to_string(key); }

/// A timeout may still take effect; whoever was cut off does not know either.
Outcome outcome_of(Errc) { return Outcome::unknown; }

}  // namespace

Grid::Grid(const GridOptions& options, std::uint64_t seed) : options_(options), nodes_(options.nodes), simulation_(seed) {
  for (std::size_t i = 0; i < options.nodes; ++i) {
    HostOptions host;
    host.name = std::string(1, static_cast<char>('a' + i));
    simulation_.add_host(host);
  }
}
Grid::~Grid() = default;

void Grid::start(std::size_t i) {
  nodes_[i] = {};
  host(i).run([this, i](runtime::Runtime& rt) { life(i, rt); });
}

void Grid::start_all() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) start(i);
}

bool Grid::serving(std::size_t i) const {
  return simulation_.hosts()[i]->running() && nodes_[i].cache != nullptr && !nodes_[i].leaving;
}

void Grid::life(std::size_t i, runtime::Runtime& rt) {
  engine::clustered::ClusterEngineOptions engine_options;
  cluster::ClusterOptions& options = engine_options.node;
  options.membership.self.address.name = host(i).name();
  options.membership.self.host = host(i).address();
  options.membership.self.port = 7800;
  std::vector<runtime::Endpoint> hosts;
  for (const auto& h : simulation_.hosts()) hosts.push_back({h->address(), 7800});
  options.discovery = {cluster::make_static_discovery(std::move(hosts), 0)};
  engine::clustered::ClusterEngine engine(rt, std::move(engine_options));
  if (!engine.start().ok()) return;
  CacheConfiguration configuration;
  configuration.mode = options_.mode;
  configuration.segments = static_cast<std::int32_t>(options_.segments);
  configuration.owners = options_.owners;
  const auto local = std::make_shared<engine::LocalCache>(rt, "c", configuration, options_.statistics);
  local->start();
  const auto cache = engine.start_cache(local, rt.clock().now() + 60s);
  if (!cache.ok()) return;
  nodes_[i].engine = &engine;
  nodes_[i].clustered = engine.find("c").get();
  nodes_[i].cache = cache->get();
  for (std::uint32_t c = 0; c < options_.clients_per_node; ++c) {
    rt.scheduler().spawn(c % rt.scheduler().loops(), [this, i, c, &rt] { client(i, static_cast<std::uint32_t>(i) * 100 + c, rt); });
  }
  while (!nodes_[i].leaving) rt.scheduler().sleep_until(rt.clock().now() + 5ms);
  engine.leave(rt.clock().now() + 20s);
  nodes_[i].cache = nullptr;
  host(i).kill();
}

void Grid::leave(std::size_t i) { nodes_[i].leaving = true; }

void Grid::client(std::size_t i, std::uint32_t number, runtime::Runtime& rt) {
  const auto life = host(i).incarnation();
  Prng choose(simulation_.seed() * 1000003 + number + life * 7919);
  while (host(i).running() && host(i).incarnation() == life && !nodes_[i].leaving) {
    rt.scheduler().sleep_until(rt.clock().now() + choose.between(Duration(10us), options_.think_max));
    if (working_ && nodes_[i].cache != nullptr) one_operation(*nodes_[i].cache, number, choose);
  }
}

void Grid::one_operation(engine::Cache& cache, std::uint32_t number, Prng& choose) {
  const std::size_t at = history_.size();
  Observation o;
  o.client = number;
  o.key = static_cast<std::uint32_t>(choose.below(options_.keys));
  o.kind = choose.below(2) == 0 ? Observation::Kind::write : Observation::Kind::read;
  o.outcome = Outcome::unknown;
  o.invoked = now();
  o.returned = Duration::max();
  if (o.kind == Observation::Kind::write) o.value = next_value_++;
  history_.push_back(o);
  const std::string key = key_name(o.key);
  if (o.kind == Observation::Kind::write) {
    const std::string value = std::to_string(o.value);
    Mutation m;
    m.key = key;
    m.value = value;
    const auto done = cache.write({}, m);
    history_[at].outcome = done.ok() ? Outcome::ok : outcome_of(done.code());
  } else {
    const auto done = cache.read({}, key, [&](const EntryView& e) { history_[at].value = std::stoull(std::string(e.value)); });
    history_[at].outcome = done.ok() ? Outcome::ok : Outcome::fail;
  }
  history_[at].returned = now();
}

bool Grid::settled(const std::vector<std::size_t>& who) const {
  std::uint32_t id = 0;
  for (const std::size_t i : who) {
    if (!serving(i)) return false;
    const auto topo = nodes_[i].clustered->installed();
    if (!topo || topo->topology.rebalancing() || topo->topology.current->members().size() != who.size()) return false;
    if (id != 0 && topo->id() != id) return false;
    id = topo->id();
    const auto counts = topo->topology.current->owned_counts();
    if (*std::min_element(counts.begin(), counts.end()) == 0) return false;
  }
  return true;
}

bool Grid::settle(const std::vector<std::size_t>& who, Duration limit) {
  return simulation_.run_until([&] { return settled(who); }, limit);
}

std::size_t Grid::count(Outcome outcome) const {
  return static_cast<std::size_t>(std::count_if(history_.begin(), history_.end(), [&](const Observation& o) { return o.outcome == outcome; }));
}

void Grid::in_fiber(std::size_t i, std::function<void(engine::Cache&)> body) {
  bool done = false;
  host(i).scheduler().spawn(0, [&] {
    body(*nodes_[i].cache);
    done = true;
  });
  simulation_.run_until([&] { return done; }, 120s);
  HF_ASSERT(done);
}

}  // namespace holdfast::sim
