#include "server/server.h"

#include <algorithm>
#include <atomic>

#include "config/config.h"
#include "engine/written/definition_format.h"
#include "server/cluster_setup.h"
#include "server/internal_caches.h"
#include "server/listening.h"

namespace holdfast::server {
namespace {

constexpr Duration kFinishRequests = std::chrono::seconds(5);
constexpr Duration kTellOthers = std::chrono::seconds(5);  // that the whole cluster stops
constexpr const char* kCategory = "server";
constexpr std::uint64_t kNameNumbers = 100000;

/// Those that the configuration does not define itself. Scattered caches are for files that ask for them.
void add_builtin_templates(ContainerConfiguration& container) {
  for (const auto& [name, configuration] : config::builtin_templates()) {
    if (configuration.mode != CacheMode::scattered) container.templates.emplace(name, configuration);
  }
}

class ServerImpl final : public Server, public ServerControl {
 public:
  ServerImpl(runtime::Runtime& runtime, ServerOptions options)
      : runtime_(runtime), log_(runtime.log()), options_(std::move(options)), authorizer_(options_.configuration.container.authorization) {}
  ~ServerImpl() override { stop(); }

  Status start() {
    const Instant started = runtime_.clock().now();
    log_.info(kCategory, "ISPN080000: Holdfast Server starting");
    HF_TRY(start_container());
    const config::ServerConfiguration& configured = options_.configuration.server;
    if (configured.present && configured.endpoints.empty()) {
      return Error(Errc::invalid_configuration, "<server> has no <endpoints>; without them nothing would be served");
    }
    const config::ServerConfiguration listening = configured.endpoints.empty() ? default_listening(options_) : configured;
    HF_ASSIGN(realms_, make_realms(runtime_, listening));
    HF_ASSIGN(std::vector<Port> ports, plan_ports({&runtime_, &options_, dispatcher_.get(), this}, listening, realms_));
    HF_TRY(check_exposure(ports));
    HF_TRY(listen(std::move(ports)));
    announce();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(runtime_.clock().now() - started).count();
    log_.info(kCategory, "ISPN080001: Holdfast Server " + options_.version + " started in " + std::to_string(ms) + "ms");
    started_ = true;
    return success();
  }

  void stop() override {
    if (stopped_.exchange(true)) return;
    if (started_) log_.info(kCategory, "ISPN080002: Holdfast Server stopping");
    listeners_.clear();
    open_->finish(runtime_.clock().now() + kFinishRequests);
    if (manager_) manager_->stop();
    if (started_) log_.info(kCategory, "ISPN080003: Holdfast Server stopped");
  }

  engine::CacheManager& manager() override { return *manager_; }
  Dispatcher& dispatcher() override { return *dispatcher_; }
  ServerControl& control() override { return *this; }
  bool open_to_all() const override { return open_to_all_; }
  std::vector<runtime::Endpoint> addresses() const override {
    std::vector<runtime::Endpoint> all;
    for (const auto& listener : listeners_) all.push_back(listener->local());
    return all;
  }

  // ---- ServerControl
  void request_stop() override {
    if (!stop_requested_.exchange(true) && options_.on_stop_requested) options_.on_stop_requested();
  }
  void request_cluster_stop() override {
    if (engine::Cluster* cluster = manager_->cluster()) cluster->ask_all(engine::Cluster::Request::stop, runtime_.clock().now() + kTellOthers);
    request_stop();
  }
  Status shutdown_container() override {
    if (engine::Cluster* cluster = manager_->cluster()) cluster->ask_all(engine::Cluster::Request::shut_down, runtime_.clock().now() + kTellOthers);
    manager_->stop();
    return success();
  }
  std::string version() const override { return options_.version; }
  std::string node_name() const override { return node_name_; }
  std::vector<std::string> physical_addresses() const override { return physical_addresses_; }
  ClusterSummary cluster() const override {
    ClusterSummary summary;
    engine::Cluster* cluster = manager_->cluster();
    if (cluster == nullptr) {
      summary.members = {node_name_};
      summary.addresses = physical_addresses_;
      return summary;
    }
    summary.name = cluster_name_;
    const auto view = cluster->view();
    for (const NodeInfo& m : view->members) {
      summary.members.push_back(m.address.name);
      summary.addresses.push_back(host_and_port(m.host, m.port));
    }
    summary.coordinator = view->has(cluster->self()) && view->coordinator() == cluster->self();
    return summary;
  }

 private:
  Status start_container() {
    engine::CacheManagerOptions options;
    options.configuration = options_.configuration.container;
    node_name_ = !options_.node_name.empty() ? options_.node_name : options.configuration.node_name;
    if (node_name_.empty()) node_name_ = "holdfast-" + std::to_string(runtime_.random().next() % kNameNumbers);
    options.configuration.node_name = node_name_;
    add_builtin_templates(options.configuration);
    GlobalStateConfiguration& state = options.configuration.global_state;
    if (state.persistent_location.empty()) state.persistent_location = options_.data_path;
    state.enabled = !state.persistent_location.empty();
    options.internal_caches = internal_caches();
    options.definition_format = engine::xml_definitions();
    HF_TRY(set_up_cluster(options));
    manager_ = engine::make_cache_manager(runtime_, std::move(options));
    HF_TRY(manager_->start());
    if (engine::Cluster* cluster = manager_->cluster()) cluster->serve_requests([this](engine::Cluster::Request what) { serve(what); });
    dispatcher_ = std::make_unique<Dispatcher>(*manager_, authorizer_);
    if (const auto& kept = manager_->configuration().global_state; kept.enabled) {
      HF_TRY(dispatcher_->keep_schemas(kept.persistent_location + "/schemas"));
    }
    for (const std::string& name : manager_->cache_names(false)) {
      if (auto cache = manager_->cache(name); !cache.ok()) return cache.error();
    }
    return success();
  }

  Status set_up_cluster(engine::CacheManagerOptions& options) {
    const bool clustered = !options.configuration.cluster_name.empty() || !options.configuration.stack.empty();
    if (clustered && !options_.cluster_name.empty()) options.configuration.cluster_name = options_.cluster_name;
    if (clustered && !options_.stack.empty()) options.configuration.stack = options_.stack;
    const auto discoveries = options_.discoveries ? options_.discoveries : std::make_shared<cluster::DiscoveryRegistry>(cluster::built_in_discoveries(nullptr));
    ClusterSetup setup{&options.configuration, node_name_, options_.property, options_.port_offset, options_.machine_addresses, options_.data_path, discoveries.get()};
    HF_ASSIGN(auto cluster, cluster_options(setup, log_));
    if (!cluster) return success();
    cluster_name_ = cluster->node.cluster_name;
    // What schemas and scripts say is the same on every node.
    for (engine::InternalCache& internal : options.internal_caches) internal.configuration.mode = CacheMode::replicated;
    options.make_cluster = [made = std::make_shared<engine::clustered::ClusterEngineOptions>(std::move(*cluster))](runtime::Runtime& runtime) {
      return std::make_shared<engine::clustered::ClusterEngine>(runtime, std::move(*made));
    };
    return success();
  }

  /// Another node asks all to stop.
  void serve(engine::Cluster::Request what) {
    if (what == engine::Cluster::Request::stop) return request_stop();
    runtime_.scheduler().spawn(runtime::kControlLoop, [this] { manager_->stop(); });
  }

  /// Where clients find this node, for the topologies that they are told.
  void announce() {
    if (!manager_->cluster() || listeners_.empty()) return;
    const runtime::Endpoint at = listeners_.front()->local();
    engine::ClientTopology::Server server{at.host, at.port};
    for (const config::EndpointConfiguration& endpoint : options_.configuration.server.endpoints) {
      for (const config::ConnectorConfiguration& c : endpoint.connectors) {
        if (c.kind != config::ConnectorKind::hotrod) continue;
        if (!c.external_host.empty()) server.host = c.external_host;
        if (c.external_port != 0) server.port = static_cast<std::uint16_t>(c.external_port);
      }
    }
    manager_->cluster()->announce(server);
  }

  /// Decision 19: what nobody configured serves the machine itself only; what is configured is obeyed, with a word.
  Status check_exposure(const std::vector<Port>& ports) {
    for (const Port& port : ports) {
      if (!port.without_credentials) continue;
      open_to_all_ = true;
      const std::string at = host_and_port(port.at.host, port.at.port);
      if (!options_.configured && !options_.insecure && !is_loopback(port.at.host)) {
        return Error(Errc::invalid_configuration,
                     "refusing to listen on " + at + " without credentials: name a configuration file whose endpoints have a "
                     "security-realm (-c FILE), listen on 127.0.0.1, or accept the risk with --insecure");
      }
      if (options_.configured) {
        log_.warn(kCategory, "endpoint '" + port.endpoint + "' on " + at + " has no security-realm: it asks nobody for credentials");
      }
    }
    return success();
  }

  Status listen(std::vector<Port> ports) {
    for (Port& port : ports) {
      std::string protocols;
      for (const NamedEndpoint& named : port.protocols) protocols += (protocols.empty() ? "" : ", ") + named.name;
      const auto endpoints = std::make_shared<const std::vector<NamedEndpoint>>(std::move(port.protocols));
      auto listener = runtime_.net().listen(port.at, single_port(endpoints, open_, log_), {});
      if (!listener.ok()) return cannot_listen(port, listener.error());
      listeners_.push_back(std::move(listener).value());
      const runtime::Endpoint at = listeners_.back()->local();
      physical_addresses_.push_back(host_and_port(at.host, at.port));
      log_.info(kCategory, "ISPN080004: Endpoint '" + port.endpoint + "' (" + protocols + ") listening on " + physical_addresses_.back());
    }
    return success();
  }

  static Error cannot_listen(const Port& port, const Error& why) {
    const std::string at = host_and_port(port.at.host, port.at.port);
    if (why.code() == Errc::address_in_use) {
      return Error(why.code(), "port " + std::to_string(port.at.port) + " of " + port.at.host +
                                   " is taken by another process; stop that one, or choose another port with -p PORT or -o OFFSET");
    }
    return Error(why.code(), "endpoint '" + port.endpoint + "' cannot listen on " + at + ": " + why.message());
  }

  runtime::Runtime& runtime_;
  Logger& log_;
  ServerOptions options_;
  security::Authorizer authorizer_;
  std::string node_name_;
  std::string cluster_name_;
  std::unique_ptr<engine::CacheManager> manager_;
  std::unique_ptr<Dispatcher> dispatcher_;
  Realms realms_;
  std::shared_ptr<OpenConnections> open_ = std::make_shared<OpenConnections>(runtime_);
  std::vector<std::unique_ptr<runtime::Listener>> listeners_;
  std::vector<std::string> physical_addresses_;
  bool open_to_all_ = false;
  bool started_ = false;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> stop_requested_{false};
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(runtime::Runtime& runtime, ServerOptions options) {
  auto server = std::make_unique<ServerImpl>(runtime, std::move(options));
  HF_TRY(server->start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace holdfast::server
