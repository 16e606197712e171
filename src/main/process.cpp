#include "main/process.h"

#include <atomic>
#include <cstdio>

#include "main/commands.h"
#include "main/endpoints.h"
#include "main/exit_codes.h"
#include "main/machine.h"
#include "runtime/posix_runtime.h"
#include "runtime/dns/dns_resolver.h"

namespace holdfast::main_program {
namespace {

constexpr long kStopMs = 15000;
constexpr const char* kDefaultConfiguration = "infinispan.xml";
constexpr const char* kDefaultCache = "default";
constexpr int kSignalExit = 128;

/// What is served when nobody wrote a configuration.
config::Document without_configuration() {
  config::Document document;
  document.container.name = "default";
  document.container.default_cache = kDefaultCache;
  document.container.statistics = true;
  document.container.caches[kDefaultCache] = {};
  return document;
}

}  // namespace

Result<config::Document> Process::read_configuration(const Properties& properties, bool& configured) {
  const std::string& folder = properties.folders().configuration;
  std::vector<std::string> paths;
  for (const std::string& name : arguments_.configurations) {
    paths.push_back(absolute(name, folder));
    if (!runtime_->disk().exists(paths.back())) {
      return Error(Errc::not_found, "-c " + name + ": there is no file " + paths.back());
    }
  }
  // A configuration that lies where the original looks for it is never passed over.
  const std::string by_default = folder + "/" + kDefaultConfiguration;
  if (paths.empty() && runtime_->disk().exists(by_default)) paths.push_back(by_default);
  configured = !paths.empty();
  if (!configured) return without_configuration();
  config::ReadOptions options;
  options.property = properties.source();
  options.read_file = [this](const std::string& path) -> Result<std::string> { return runtime_->disk().read(path); };
  HF_ASSIGN(config::Document document, config::read_files(paths, options));
  for (const std::string& path : paths) runtime_->log().info("server", "ISPN080017: Server configuration: " + path);
  for (const std::string& warning : document.warnings) runtime_->log().warn("config", warning);
  // Without a <server> element nobody decided who may connect.
  configured = document.server.present;
  return document;
}

Status Process::start() {
  HF_ASSIGN(const Properties properties, Properties::make(arguments_, find_home(runtime_->disk()), runtime_->disk()));
  const Folders& folders = properties.folders();
  home_ = folders.home;
  const auto log4j2 = runtime_->disk().read(folders.configuration + "/log4j2.xml");
  logging_.attach(*runtime_, folders.log, log4j2.ok() ? *log4j2 : Bytes());
  if (Status made = runtime_->disk().make_folders(folders.data); !made.ok()) {
    return Error(Errc::access_denied, "the data folder cannot be used: " + made.error().message());
  }
  server::ServerOptions options;
  HF_ASSIGN(options.configuration, read_configuration(properties, options.configured));
  options.insecure = arguments_.insecure;
  options.endpoints = built_in_endpoints();
  const auto given = [this](const std::string& flag, const char* property) {
    const auto at = arguments_.defines.find(property);
    return flag.empty() && at != arguments_.defines.end() ? at->second : flag;
  };
  options.node_name = given(arguments_.node_name, "infinispan.node.name");
  options.cluster_name = given(arguments_.cluster_name, "infinispan.cluster.name");
  options.stack = given(arguments_.stack, "infinispan.cluster.stack");
  options.bind_address = properties.find("infinispan.bind.address").value_or("");
  options.bind_port = (arguments_.port > 0 ? arguments_.port : server::kDefaultPort) + arguments_.port_offset;
  options.data_path = folders.data;
  options.property = properties.source();
  options.port_offset = arguments_.port_offset;
  options.discoveries = std::make_shared<const cluster::DiscoveryRegistry>(cluster::built_in_discoveries(runtime::make_dns_resolver(*runtime_)));
  options.machine_addresses = machine_addresses();
  options.resolve = resolve_host;
  options.version = HOLDFAST_VERSION;
  options.on_stop_requested = wake_signal_wait;
  HF_ASSIGN(server_, server::Server::start(*runtime_, std::move(options)));
  tell_how_to_use();
  return success();
}

void Process::tell_how_to_use() const {
  const auto addresses = server_->addresses();
  if (addresses.empty()) return;
  const Logger& log = runtime_->log();
  const std::string at = server::host_and_port(addresses.front().host, addresses.front().port);
  log.info("server", "Connect Hot Rod clients to " + at + "; REST is at http://" + at + "/rest/v2/caches");
  if (!server_->open_to_all()) return;
  log.info("server", "Try: curl -X PUT -d world http://" + at + "/rest/v2/caches/default/hello && curl http://" + at + "/rest/v2/caches/default/hello");
  log.info("server", "No credentials are asked for. To secure it, start with -c and a configuration with users and roles such as " + home_ +
                         "/server/conf/infinispan-local.xml");
}

void Process::serve() {
  int operators = next_signal(-1) == kWoken ? 0 : 1;
  std::atomic<bool> stopped{false};
  runtime_->scheduler().spawn(runtime::kControlLoop, [this, &stopped] {
    server_->stop();
    stopped = true;
    wake_signal_wait();
  });
  while (!stopped) {
    const int signal = next_signal(kStopMs);
    if (signal == 0) {
      runtime_->log().error("server", "the server did not stop in time; the process ends now");
      exit_at_once(kExitDefect);
    }
    if (signal > 0 && ++operators > 1) exit_at_once(kSignalExit + signal);
  }
}

int Process::fail(const Error& error) {
  std::fprintf(stderr, "holdfast: %s\n", error.message().c_str());
  logging_.to_file({LogLevel::error, "server", error.message()}, runtime_->clock().wall_ms());
  return exit_code_of(error.code());
}

int Process::run() {
  fill_standard_descriptors();
  hold_signals();
  raise_descriptor_limit();
  runtime_ = runtime::make_posix_runtime();
  if (const Status started = start(); !started.ok()) return fail(started.error());
  serve();
  server_.reset();
  runtime_.reset();
  return kExitOk;
}

int run_server(const Words& words) {
  auto arguments = parse_server_arguments(words);
  if (!arguments.ok()) {
    std::fprintf(stderr, "holdfast: %s\n", arguments.error().message().c_str());
    return kExitUsage;
  }
  if (arguments->help) {
    std::fputs(server_help().c_str(), stdout);
    return kExitOk;
  }
  if (arguments->version) return run_version({});
  return Process(std::move(*arguments)).run();
}

int run_version(const Words&) {
  std::puts("Holdfast Server " HOLDFAST_VERSION);
  return kExitOk;
}

}  // namespace holdfast::main_program
