#include "sim/scenarios/one_server_world.h"

#include "config/config.h"
#include "endpoint/hotrod/hotrod_endpoint.h"
#include "server/server.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kConfiguration = R"(<infinispan><cache-container><local-cache name="data"/></cache-container></infinispan>)";
constexpr const char* kThere = "there";

/// Every name between quotes of a JSON array of plain strings.
std::vector<std::string> names_of(const Bytes& json) {
  std::vector<std::string> names;
  for (std::size_t at = json.find('"'); at != Bytes::npos; at = json.find('"', at + 1)) {
    const std::size_t end = json.find('"', at + 1);
    if (end == Bytes::npos) break;
    names.push_back(json.substr(at + 1, end - at - 1));
    at = end;
  }
  return names;
}

}  // namespace

/// One of a client's fibers: operations on random keys, one after another, and what came of them.
class Worker {
 public:
  Worker(OneServerWorld& world, runtime::Runtime& rt, const client::RemoteCacheManager& manager, std::uint32_t number)
      : world_(world), record_(world.record_), rt_(rt), cache_(manager.cache("data")), number_(number) {}

  void run() {
    while (!record_.stop) {
      step();
      rt_.scheduler().sleep_until(rt_.clock().now() + Duration(static_cast<std::int64_t>(rt_.random().next() % static_cast<std::uint64_t>(world_.options_.think_max.count()))));
    }
  }

 private:
  void step() {
    life_ = record_.life;
    const std::uint32_t chosen = static_cast<std::uint32_t>(rt_.random().next() % world_.options_.keys);
    key_ = world_.options_.forget_lives ? chosen : life_ * world_.options_.keys + chosen;
    invoked_ = world_.simulation_.now();
    const std::string key = "key" + std::to_string(key_);
    switch (rt_.random().next() % 8) {
      case 0: return put(key, true);
      case 1: case 2: return put(key, false);
      case 3: return put_if_absent(key);
      case 4: return replace(key);
      default: return get(key);
    }
  }

  void get(const std::string& key) {
    const auto got = cache_.get(key);
    if (count(got)) saw(*got);
  }
  void put(const std::string& key, bool returning) {
    const std::uint64_t value = record_.next_value++;
    client::WriteOptions options;
    options.return_previous = returning;
    const auto done = cache_.put(key, std::to_string(value), options);
    if (count(done) && returning) saw(done->previous);
    wrote(value, done);
  }
  void put_if_absent(const std::string& key) {
    const std::uint64_t value = record_.next_value++;
    const auto done = cache_.put_if_absent(key, std::to_string(value));
    if (count(done) && !done->done) return;
    if (done.ok()) saw(std::nullopt);
    wrote(value, done);
  }
  /// Reads, then replaces what it read: a replacement that was done saw that value a second time.
  void replace(const std::string& key) {
    const auto found = cache_.get_with_metadata(key);
    if (!count(found)) return;
    saw(*found ? std::optional((*found)->value) : std::nullopt);
    if (!*found || life_ != record_.life) return;
    invoked_ = world_.simulation_.now();
    const std::uint64_t value = record_.next_value++;
    const auto done = cache_.replace_if_unmodified(key, std::to_string(value), (*found)->metadata.version);
    if (count(done) && !done->done) return;
    if (done.ok()) saw((*found)->value);
    wrote(value, done);
  }

  template <class T>
  bool count(const Result<T>& result) {
    ++(result.ok() ? record_.ok : client::took_effect_unknown(result.error()) ? record_.unknown : record_.failed);
    return result.ok();
  }
  void saw(const std::optional<Bytes>& value) {
    // An answer from another life says nothing about this one.
    if (life_ == record_.life) note(Observation::Kind::read, Outcome::ok, value ? std::stoull(*value) : 0);
  }
  void wrote(std::uint64_t value, const Result<client::Written>& result) {
    Outcome outcome = result.ok() ? Outcome::ok : client::took_effect_unknown(result.error()) ? Outcome::unknown : Outcome::fail;
    if (outcome == Outcome::ok && life_ != record_.life) outcome = Outcome::unknown;
    note(Observation::Kind::write, outcome, value);
  }
  void note(Observation::Kind kind, Outcome outcome, std::uint64_t value) {
    record_.history.push_back({kind, outcome, number_, key_, value, invoked_, world_.simulation_.now()});
  }

  OneServerWorld& world_;
  Record& record_;
  runtime::Runtime& rt_;
  const client::RemoteCache cache_;
  const std::uint32_t number_;
  std::uint32_t life_ = 0;
  std::uint32_t key_ = 0;
  Duration invoked_{};
};

OneServerWorld::OneServerWorld(const RoundOptions& options) : options_(options), simulation_(options.seed) {
  if (options.trace) simulation_.trace().set_sink(options.trace);
  HostOptions machine;
  machine.name = "server";
  server_ = &simulation_.add_host(machine);
  for (std::uint32_t i = 0; i < options.clients; ++i) {
    machine.name = "client" + std::to_string(i + 1);
    machine.uptime = seconds(simulation_.prng().below(1'000'000));
    machine.drift_ppm = static_cast<std::int32_t>(simulation_.prng().between(-200, 200));
    clients_.push_back(&simulation_.add_host(machine));
  }
}

void OneServerWorld::start_server() {
  server_->run([this](runtime::Runtime& rt) { serve(rt); });
}

void OneServerWorld::serve(runtime::Runtime& rt) {
  auto document = config::read(kConfiguration, {});
  server::ServerOptions options;
  if (!document.ok()) {
    record_.violations.push_back("the configuration is refused: " + document.error().message());
    return;
  }
  options.configuration = std::move(document).value();
  options.configured = false;
  options.insecure = true;
  options.endpoints["hotrod"] = [](const server::EndpointContext& context) { return hotrod::make_hotrod_endpoint(context); };
  options.node_name = "simulated";
  options.bind_address = server_->address();
  options.machine_addresses = {{"eth0", server_->address()}};
  options.data_path = "/data";
  const std::uint64_t disk_faults = server_->sim_disk().faults();
  const auto started = server::Server::start(rt, std::move(options));
  if (!started.ok()) {
    // A disk that fails may keep it from starting; then it is started again, as an operator would.
    if (server_->running() && server_->sim_disk().faults() == disk_faults) record_.violations.push_back("the server does not start: " + started.error().message());
    return;
  }
  ++record_.starts;
  rt.scheduler().make_event()->wait(kNever);
}

client::ClientOptions OneServerWorld::client_options() const {
  client::ClientOptions options;
  options.servers = {{server_->address(), server::kDefaultPort}};
  options.connect_timeout = seconds(2);
  options.operation_timeout = seconds(2);
  options.retry = client::Retry::reads;  // a write that is done twice is none that the checkers know
  return options;
}

void OneServerWorld::start_clients() {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    record_.running += options_.workers + (i == 0 ? 1 : 0);
    clients_[i]->run([this, i](runtime::Runtime& rt) { run_client(rt, i); });
  }
}

void OneServerWorld::run_client(runtime::Runtime& rt, std::uint32_t number) {
  const client::RemoteCacheManager manager(rt, client_options());
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    rt.scheduler().spawn(i % rt.scheduler().loops(), [this, &rt, &manager, id = number * options_.workers + i] {
      Worker(*this, rt, manager, id).run();
      --record_.running;
    });
  }
  if (number == 0) {
    administrate(rt, manager);
    --record_.running;
  }
  rt.scheduler().make_event()->wait(kNever);
}

void OneServerWorld::administrate(runtime::Runtime& rt, const client::RemoteCacheManager& manager) {
  std::vector<std::string> there;  // for certain: what is unknown might still happen after a remove
  for (std::uint32_t n = 0; !record_.stop; ++n) {
    const bool removes = !there.empty() && rt.random().next() % 4 == 0;
    std::string name = "made" + std::to_string(n);
    client::Parameters parameters{{"name", name}};
    if (removes) {
      const auto chosen = there.begin() + static_cast<std::ptrdiff_t>(rt.random().next() % there.size());
      name = parameters[0].second = *chosen;
      there.erase(chosen);
    } else {
      parameters.emplace_back("configuration", "<local-cache/>");
    }
    const auto done = manager.execute(removes ? "@@cache@remove" : "@@cache@create", parameters);
    const Outcome outcome = done.ok() ? Outcome::ok : client::took_effect_unknown(done.error()) ? Outcome::unknown : Outcome::fail;
    record_.definitions.attempt(name, removes ? std::optional<std::string>() : kThere, outcome);
    if (!removes && outcome == Outcome::ok) there.push_back(name);
    rt.scheduler().sleep_until(rt.clock().now() + milliseconds(rt.random().next() % 2000));
  }
}

void OneServerWorld::check_definitions() {
  const client::RemoteCacheManager manager(*clients_[0], client_options());
  const auto listed = manager.execute("@@cache@names", {});
  if (!listed.ok()) {
    record_.violations.push_back("the names of the caches cannot be asked for: " + listed.error().message());
    return;
  }
  std::map<std::string, bool> there;
  for (const std::string& name : names_of(*listed)) there[name] = true;
  for (const auto& [name, attempts] : record_.definitions.attempts()) {
    record_.definitions.found(name, there.contains(name) ? std::optional<std::string>(kThere) : std::nullopt);
  }
  for (const auto& [name, present] : there) {
    if (name.starts_with("made") && !record_.definitions.attempts().contains(name)) record_.definitions.found(name, kThere);
  }
}

}  // namespace holdfast::sim
