#include <holdfast/remote_cache_manager.h>

#include "client/remote_world.h"
#include "client/requests.h"

namespace holdfast {

class RemoteCacheManager::Client {
 public:
  explicit Client(const RemoteConfiguration& configuration) : world(std::make_shared<detail::RemoteWorld>(configuration)) {}
  ~Client() { world->stop(); }

  std::string execute(const std::string& task, const client::Parameters& parameters) const {
    client::Response response = detail::checked_remote(world->core()->call(client::task_request(task, parameters), nullptr));
    return std::move(response.value).value_or(Bytes());
  }

  const std::shared_ptr<detail::RemoteWorld> world;
};

namespace {

/// The strings of a JSON array of strings, as servers write names: only quotes and backslashes are escaped.
std::vector<std::string> names_of(std::string_view json) {
  std::vector<std::string> names;
  bool inside = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') {
      if (!inside) names.emplace_back();
      inside = !inside;
    } else if (inside) {
      if (json[i] == '\\' && i + 1 < json.size()) ++i;
      names.back() += json[i];
    }
  }
  return names;
}

}  // namespace

RemoteCacheManager::RemoteCacheManager(std::string_view uri) : RemoteCacheManager(RemoteConfiguration::from_uri(uri)) {}
RemoteCacheManager::RemoteCacheManager(const RemoteConfiguration& configuration) : client_(std::make_unique<Client>(configuration)) {}
RemoteCacheManager::RemoteCacheManager(RemoteCacheManager&&) noexcept = default;
RemoteCacheManager& RemoteCacheManager::operator=(RemoteCacheManager&&) noexcept = default;
RemoteCacheManager::~RemoteCacheManager() = default;

const RemoteConfiguration& RemoteCacheManager::configuration() const { return client_->world->configuration(); }

std::shared_ptr<const detail::RemoteRaw> RemoteCacheManager::raw_cache(const std::string& name, std::string_view key_type, std::string_view value_type,
                                                                       const RemoteCacheOptions& options) const {
  return std::make_shared<const detail::RemoteRaw>(client_->world, name, key_type, value_type, options.near_cache_entries);
}

void RemoteCacheManager::create_cache(const std::string& name, std::string_view configuration) {
  client_->execute("@@cache@create", {{"name", name}, {"configuration", Bytes(configuration)}});
}

void RemoteCacheManager::get_or_create_cache(const std::string& name, std::string_view configuration) {
  client_->execute("@@cache@getorcreate", {{"name", name}, {"configuration", Bytes(configuration)}});
}

void RemoteCacheManager::create_cache_from_template(const std::string& name, const std::string& template_name) {
  client_->execute("@@cache@create", {{"name", name}, {"template", template_name}});
}

void RemoteCacheManager::remove_cache(const std::string& name) { client_->execute("@@cache@remove", {{"name", name}}); }

std::vector<std::string> RemoteCacheManager::cache_names() const { return names_of(client_->execute("@@cache@names", {})); }

std::string RemoteCacheManager::execute(const std::string& task, const std::map<std::string, std::string>& parameters) const {
  return client_->execute(task, client::Parameters(parameters.begin(), parameters.end()));
}

}  // namespace holdfast
