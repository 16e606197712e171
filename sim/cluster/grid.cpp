#include "sim/cluster/grid.h"

#include <algorithm>
#include <numeric>

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 1ms;  // how often we look whether the cluster is whole

}  // namespace

Grid::Grid(const GridOptions& options, std::uint64_t seed) : options_(options), nodes_(options.nodes), simulation_(seed, options.simulation) {
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
  return has_cache(i) && !nodes_[i].leaving;
}

std::vector<std::size_t> Grid::everybody() const {
  std::vector<std::size_t> all(nodes_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

void Grid::life(std::size_t i, runtime::Runtime& rt) {
  engine::clustered::ClusterEngineOptions engine_options;
  cluster::ClusterOptions& options = engine_options.node;
  options.membership.self.address.name = host(i).name();
  options.membership.self.host = host(i).address();
  options.membership.self.port = 7800;
  CacheConfiguration configuration = options_.configuration;
  configuration.mode = options_.mode;
  configuration.asynchronous = options_.asynchronous;
  configuration.segments = static_cast<std::int32_t>(options_.segments);
  configuration.owners = options_.owners;
  if (options_.adjust) options_.adjust(i, options.membership.self, configuration);
  std::vector<runtime::Endpoint> hosts;
  for (const auto& h : simulation_.hosts()) hosts.push_back({h->address(), 7800});
  options.discovery = {cluster::make_static_discovery(std::move(hosts), 0)};
  engine::clustered::ClusterEngine engine(rt, std::move(engine_options));
  engine.node().listen_to_exclusion([this, i] { on_exclusion_(i); });
  if (!engine.start().ok()) return;
  const auto local = std::make_shared<engine::LocalCache>(rt, "c", configuration, options_.statistics);
  local->start();
  const auto cache = engine.start_cache(local, rt.clock().now() + 60s);
  if (!cache.ok()) {
    nodes_[i].refusal = cache.error().message();
    return;
  }
  nodes_[i].engine = &engine;
  nodes_[i].clustered = engine.find("c").get();
  nodes_[i].cache = cache->get();
  on_serving_(i, rt);
  while (!nodes_[i].leaving) rt.scheduler().sleep_until(rt.clock().now() + 5ms);
  engine.leave(rt.clock().now() + 20s);
  nodes_[i].cache = nullptr;
  host(i).kill();
}

void Grid::leave(std::size_t i) { nodes_[i].leaving = true; }

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
  for (const Duration end = simulation_.now() + limit; simulation_.now() < end; simulation_.run_for(kLook)) {
    if (settled(who)) return true;
  }
  return settled(who);
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
