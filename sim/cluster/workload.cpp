#include "sim/cluster/workload.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using engine::clustered::InstalledPtr;
using Kind = Operation::Kind;

constexpr std::uint32_t kReader = 90;  // the client number, on each node, of what the story reads itself

/// Counts an operation for as long as it lasts, also when its process dies.
struct UnderWay {
  explicit UnderWay(std::size_t& c) : count(c) { ++count; }
  ~UnderWay() { --count; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  std::size_t& count;
};

bool is_write(Kind kind) { return kind != Kind::read; }
bool conditional(Kind kind) { return kind == Kind::put_if_absent || kind == Kind::replace || kind == Kind::remove_if; }
std::uint64_t number_of(BytesView value) { return std::strtoull(std::string(value).c_str(), nullptr, 10); }

}  // namespace

std::string key_name(std::uint32_t key) {
  if (key < kGeneralKeys) return "register-" + std::to_string(key);
  if (key < kCounterKeys) return "general-" + std::to_string(key - kGeneralKeys);
  if (key < kStableKeys) return "counter-" + std::to_string(key - kCounterKeys);
  if (key < kDurableKeys) return "stable-" + std::to_string(key - kStableKeys);
  return "durable-" + std::to_string(key - kDurableKeys);
}

Workload::Workload(const WorkloadOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {}
Workload::~Workload() = default;

void Workload::attach(Grid& grid) {
  grid_ = &grid;
  listening_.assign(grid.options().nodes, nullptr);
  tables_.assign(grid.options().nodes, {});
  grid.on_serving([this](std::size_t node, runtime::Runtime& rt) { live(node, rt); });
}

void Workload::live(std::size_t node, runtime::Runtime& rt) {
  if (options_.listeners) listen(node);
  for (std::uint32_t c = 0; c < options_.clients_per_node; ++c) {
    rt.scheduler().spawn(c % rt.scheduler().loops(), [this, node, c, &rt] { client(node, static_cast<std::uint32_t>(node) * 100 + c, rt); });
  }
}

void Workload::listen(std::size_t node) {
  listenings_.push_back(std::make_unique<Listening>());
  Listening* const l = listening_[node] = listenings_.back().get();
  l->name = grid_->host(node).name() + "'s listener";
  l->until = Duration::max();
  engine::ListenerSpec spec;
  spec.deliver = [this, l](const engine::Event& e) {
    HeardEvent heard;
    const std::string key(e.key);
    heard.removed = e.kind == engine::EventKind::removed || e.kind == engine::EventKind::expired;
    heard.retried = e.retried;
    heard.value = heard.removed ? 0 : number_of(e.value);
    heard.version = e.metadata.version;
    heard.at = grid_->simulation().now();
    const std::size_t dash = key.rfind('-');
    const auto index = static_cast<std::uint32_t>(number_of(key.substr(dash + 1)));
    // Counters have no values of their own, and increments no record of what they wrote.
    if (key.starts_with("counter")) return;
    heard.key = index + (key.starts_with("general") ? kGeneralKeys : key.starts_with("stable") ? kStableKeys : key.starts_with("durable") ? kDurableKeys : 0);
    l->heard.push_back(heard);
  };
  spec.missed = [this, l] { l->gaps.push_back(grid_->simulation().now()); };
  grid_->clustered(node)->add_listener(std::move(spec));
  l->since = grid_->simulation().now();
}

void Workload::client(std::size_t node, std::uint32_t number, runtime::Runtime& rt) {
  SimHost& host = grid_->host(node);
  const auto life = host.incarnation();
  Prng choose(seed_ * 1000003 + number + life * 7919);
  Client self;
  self.number = number;
  while (host.running() && host.incarnation() == life && !grid_->leaving(node)) {
    rt.scheduler().sleep_until(rt.clock().now() + choose.between(Duration(10us), options_.think_max));
    const bool alive = host.running() && host.incarnation() == life;
    if (alive && working_ && grid_->serving(node)) one_operation(*grid_->cache(node), node, self, choose);
  }
}

void Workload::one_operation(engine::Cache& cache, std::size_t node, Client& client, Prng& choose) {
  if (choose.below(64) == 0) return iterate(cache, client.number);
  Operation o = choose_operation(client, choose);
  const bool wanted = options_.only_keys.empty() || options_.only_keys.contains(o.key);
  if (wanted && !options_.skipped.contains({o.client, o.number})) carry_out(cache, node, client, o);
}

Operation Workload::choose_operation(Client& client, Prng& choose) {
  Operation o;
  o.client = client.number;
  o.number = numbers_[client.number]++;
  const std::uint64_t what = choose.below(100);
  const std::uint64_t which = choose.next();
  const std::uint64_t how = choose.below(16);
  o.told_previous = how % 4 == 0;
  if (options_.clears && what == 0) {
    o.kind = Kind::clear;
  } else if (what < 50) {
    o.key = static_cast<std::uint32_t>(which % options_.registers);
    o.kind = what < 27 ? Kind::put : Kind::read;
  } else if (what < 80) {
    static constexpr Kind kKinds[] = {Kind::read, Kind::put, Kind::put_if_absent, Kind::put_if_absent, Kind::replace, Kind::replace, Kind::replace, Kind::remove, Kind::remove_if};
    // While the cluster is split each node keeps to one of them: what only one side changed must stay so.
    o.key = kGeneralKeys + static_cast<std::uint32_t>((exclusive_on_ ? which : node_of(client.number)) % options_.generals);
    o.kind = kKinds[choose.below(std::size(kKinds))];
    const Known known = client.last[o.key];
    if ((o.kind == Kind::replace || o.kind == Kind::remove_if) && known.value == 0) o.kind = Kind::read;
    o.expected = known.value;
  } else if (what < 92 || options_.clears) {
    o.key = kCounterKeys + static_cast<std::uint32_t>(which % options_.counters);
    o.kind = what % 3 == 0 ? Kind::read : Kind::increment;
  } else {
    o.key = next_durable_++;
    o.kind = Kind::put;
  }
  if (o.kind == Kind::read || o.kind == Kind::increment || o.kind == Kind::clear) o.told_previous = false;
  return o;
}

void Workload::carry_out(engine::Cache& cache, std::size_t node, Client& client, Operation o) {
  o.outcome = Outcome::unknown;
  o.invoked = grid_->simulation().now();
  o.returned = Duration::max();
  if (o.kind == Kind::put || o.kind == Kind::put_if_absent || o.kind == Kind::replace) o.value = next_value_++;
  const std::size_t at = history_.size();
  history_.push_back(o);
  const auto held = grid_->engine(node)->find("c");  // until the answer, should the node leave meanwhile
  const InstalledPtr began = held->installed();
  SimHost& host = grid_->host(node);
  const auto life = host.incarnation();
  const UnderWay counted(under_way_);
  if (o.kind == Kind::read) {
    read(cache, client, o);
  } else if (o.kind == Kind::increment) {
    increment(cache, o);
  } else if (o.kind == Kind::clear) {
    o.outcome = cache.clear({}).ok() ? Outcome::ok : Outcome::unknown;
  } else {
    write(cache, client, o);
  }
  if (!host.running() || host.incarnation() != life) return;  // nobody was there any more to be told
  o.returned = grid_->simulation().now();
  history_[at] = o;
  if (is_write(o.kind) && o.outcome == Outcome::ok && o.kind != Kind::clear) witness(node, began, cache.segment(key_name(o.key)));
}

void Workload::read(engine::Cache& cache, Client& client, Operation& o) {
  Known found;
  const auto done = cache.read({}, key_name(o.key), [&](const EntryView& e) {
    found = {number_of(e.value), e.metadata.version};
    if (o.key < kCounterKeys || o.key >= kStableKeys) seen_.emplace(key_name(o.key), Bytes(e.value));
  });
  o.outcome = done.ok() ? Outcome::ok : Outcome::fail;
  o.value = found.value;
  if (done.ok()) client.last[o.key] = found;
}

void Workload::write(engine::Cache& cache, Client& client, Operation& o) {
  const std::string key = key_name(o.key), value = std::to_string(o.value);
  Mutation m;
  m.key = key;
  m.value = value;
  m.returns = o.told_previous ? ReturnMode::previous : ReturnMode::nothing;
  if (o.kind == Kind::remove || o.kind == Kind::remove_if) m.effect = Effect::remove;
  if (o.kind == Kind::put_if_absent) m.precondition = Precondition::if_absent;
  if (o.kind == Kind::replace || o.kind == Kind::remove_if) {
    m.precondition = Precondition::if_version;
    m.expected_version = client.last[o.key].version;
  }
  const auto done = cache.write({}, m);
  if (!done.ok()) {
    o.told_previous = false;
    return;
  }
  o.outcome = Outcome::ok;
  o.done = done->done();
  if (o.told_previous) o.previous = done->previous ? number_of(done->previous->value) : 0;
  // A condition that does not hold need not say what is there.
  if (conditional(o.kind) && !o.done && !done->previous) o.told_previous = false;
  if (o.done && m.effect == Effect::put) client.last[o.key] = {o.value, done->version};
}

void Workload::increment(engine::Cache& cache, Operation& o) {
  const std::string key = key_name(o.key);
  const auto next = [](const EntryView* present) {
    Applied applied;
    applied.kind = Applied::Kind::put;
    applied.value = applied.result = std::to_string(present ? number_of(present->value) + 1 : 1);
    return applied;
  };
  const ApplyFunction function = next;
  Mutation m;
  m.key = key;
  m.effect = Effect::apply;
  m.function = &function;
  const auto done = cache.write({}, m);
  if (!done.ok()) return;
  o.outcome = Outcome::ok;
  o.done = true;
  o.value = number_of(done->result);
}

void Workload::iterate(engine::Cache& cache, std::uint32_t client) {
  const auto held = grid_->engine(node_of(client))->find("c");
  Iteration i;
  i.client = client;
  i.invoked = grid_->simulation().now();
  const Status done = cache.for_each({}, {}, [&](const EntryView& e) {
    ++i.shown[Bytes(e.key)];
    if (!e.key.starts_with("counter")) seen_.emplace(Bytes(e.key), Bytes(e.value));
    return true;
  });
  i.returned = grid_->simulation().now();
  if (done.ok()) iterations_.push_back(std::move(i));
}

// ---- EXCL

std::uint64_t Workload::table_of(std::size_t node, const InstalledPtr& installed) {
  auto& [known, digest] = tables_[node];
  if (known != installed) {
    Bytes bytes;
    installed->topology.append(bytes);
    known = installed;
    digest = hash_key(bytes).local();
  }
  return digest;
}

void Workload::witness(std::size_t node, const InstalledPtr& began, std::uint32_t segment) {
  if (!exclusive_on_ || !began || grid_->clustered(node) == nullptr) return;
  std::set<std::string> owners;
  std::vector<Duty> duties;
  for (std::size_t i = 0; i < grid_->options().nodes; ++i) {
    const auto* cache = grid_->clustered(i);
    const InstalledPtr installed = cache ? cache->installed() : nullptr;
    if (!installed) continue;
    const cluster::ClusterNode& member = grid_->engine(i)->node();
    if (began->owned_by(member.self(), segment)) owners.insert(grid_->host(i).name());
    duties.push_back({grid_->host(i).name(), installed->id(), table_of(i, installed), installed->primary(segment), installed->reads(segment), member.has_lease()});
  }
  exclusive_.acknowledged(segment, began->id(), owners, duties);
}

// ---- The story's own steps

void Workload::prepare() {
  if (options_.clears) return;
  grid_->in_fiber(0, [this](engine::Cache& cache) {
    Client self;
    self.number = kReader;
    for (std::uint32_t i = 0; i < options_.stable; ++i) {
      Operation o;
      o.client = kReader;
      o.kind = Kind::put;
      o.key = kStableKeys + i;
      carry_out(cache, 0, self, o);
    }
  });
}

bool Workload::drain(Duration limit) {
  return grid_->simulation().run_until([this] { return under_way_ == 0; }, limit);
}

std::vector<std::string> Workload::try_everything(Duration patience) {
  std::vector<std::string> wrong;
  for (const std::size_t node : grid_->everybody()) {
    grid_->in_fiber(node, [&](engine::Cache& cache) {
      Client self;
      self.number = static_cast<std::uint32_t>(node) * 100 + kReader;
      for (std::uint32_t key = 0; key < kGeneralKeys + options_.generals; key = key + 1 == options_.registers ? kGeneralKeys : key + 1) {
        Operation o;
        o.client = self.number;
        o.kind = Kind::put;
        o.key = key;
        carry_out(cache, node, self, o);
        const Operation& done = history_.back();
        if (done.outcome != Outcome::ok || done.returned - done.invoked > patience) wrong.push_back("'" + key_name(key) + "' cannot be written in time after everything has healed: " + to_string(done));
        o.kind = Kind::read;
        carry_out(cache, node, self, o);
        if (history_.back().outcome != Outcome::ok) wrong.push_back("'" + key_name(key) + "' cannot be read after everything has healed");
      }
    });
  }
  return wrong;
}

void Workload::read_back() {
  for (const std::size_t node : grid_->everybody()) {
    grid_->in_fiber(node, [&](engine::Cache& cache) {
      Client self;
      self.number = static_cast<std::uint32_t>(node) * 100 + kReader;
      const auto look = [&](std::uint32_t first, std::uint32_t end) {
        for (std::uint32_t key = first; key < end; ++key) {
          Operation o;
          o.client = self.number;
          o.key = key;
          carry_out(cache, node, self, o);
        }
      };
      look(0, options_.registers);
      look(kGeneralKeys, kGeneralKeys + options_.generals);
      look(kCounterKeys, kCounterKeys + options_.counters);
      if (!options_.clears) look(kStableKeys, kStableKeys + options_.stable);
      look(kDurableKeys, next_durable_);
      iterate(cache, self.number);
    });
  }
}

void Workload::node_ends(std::size_t node) {
  if (listening_[node] != nullptr) listening_[node]->until = std::min(listening_[node]->until, grid_->simulation().now());
}

void Workload::end() {
  for (const std::size_t node : grid_->everybody()) node_ends(node);
}

std::set<std::string> Workload::stable_keys() const {
  std::set<std::string> keys;
  for (std::uint32_t i = 0; i < options_.stable && !options_.clears; ++i) keys.insert(key_name(kStableKeys + i));
  return keys;
}

std::size_t Workload::count(Outcome outcome) const {
  return static_cast<std::size_t>(std::count_if(history_.begin(), history_.end(), [&](const Operation& o) { return o.outcome == outcome; }));
}

std::vector<Holding> Workload::holdings(Grid& grid) {
  std::vector<Holding> all;
  for (const std::size_t i : grid.everybody()) {
    auto* cache = grid.clustered(i);
    const InstalledPtr installed = cache ? cache->installed() : nullptr;
    if (!installed) continue;
    Holding h;
    h.node = grid.host(i).name();
    h.under_way = cache->unfinished_writes();
    for (std::uint32_t s = 0; s < cache->segments(); ++s) {
      if (installed->owned_by(grid.engine(i)->self(), s)) h.owned.insert(s);
      const auto entries = cache->local().entries_of_segment({}, s);
      for (std::size_t e = 0; entries.ok() && e < entries->size(); ++e) h.segments[s][(*entries)[e].key] = {(*entries)[e].value, (*entries)[e].metadata.version};
    }
    all.push_back(std::move(h));
  }
  return all;
}

}  // namespace holdfast::sim
