#include "server/dispatcher.h"

#include "config/config.h"
#include "media/transcoder.h"
#include "server/admin_tasks.h"
#include "server/internal_caches.h"
#include "server/schema_cache.h"

namespace holdfast::server {
namespace {

/// What a cache without authorization of its own leaves to the container's roles.
constexpr Permission kContainersOwn = Permission::admin | Permission::create | Permission::lifecycle;
constexpr Permission kWriting = Permission::all_write;

constexpr Permission without(Permission set, Permission taken) {
  return static_cast<Permission>(static_cast<std::uint16_t>(set) & ~static_cast<std::uint16_t>(taken));
}
constexpr Permission both(Permission a, Permission b) {
  return static_cast<Permission>(static_cast<std::uint16_t>(a) & static_cast<std::uint16_t>(b));
}

/// A cache's declared type; one that cannot be parsed was refused when its configuration was read.
media::MediaType stored_type(const std::string& text) {
  if (text.empty()) return {};
  auto type = media::MediaType::parse(text);
  return type.ok() ? std::move(type).value() : media::MediaType();
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Status check_conversion(const media::MediaType& request, const media::MediaType& storage, const std::string& cache, std::string_view what) {
  if (media::is_identity(request, storage)) return success();
  if (media::can_convert(request, storage) && media::can_convert(storage, request)) return success();
  return Error(Errc::not_supported, "ISPN000492: Cannot convert " + std::string(what) + " of cache '" + cache + "' between " +
                                        storage.to_string() + " (as stored) and " + request.to_string() + " (as requested)");
}

}  // namespace

Dispatcher::Dispatcher(engine::CacheManager& manager, const security::Authorizer& authorizer)
    : manager_(manager), authorizer_(authorizer) {
  register_admin_tasks(*this);
}

Dispatcher::~Dispatcher() = default;

Result<engine::CachePtr> Dispatcher::find(std::string_view name) const {
  HF_ASSIGN(engine::CachePtr cache, manager_.cache(name));
  if (cache->name() != kSchemaCache) return cache;
  return engine::CachePtr(schemas(std::move(cache)));
}

std::shared_ptr<SchemaCache> Dispatcher::schemas(engine::CachePtr inner) const {
  Locked locked(schemas_lock_);
  if (!schemas_) {
    auto store = schema_folder_.empty() ? nullptr : std::make_unique<SchemaStore>(manager_.runtime(), schema_folder_);
    schemas_ = std::make_shared<SchemaCache>(manager_.runtime(), std::move(inner), std::move(store));
  }
  return schemas_;
}

Status Dispatcher::keep_schemas(const std::string& folder) {
  schema_folder_ = folder;
  const bool alone = manager_.cluster() == nullptr;
  if (alone && !manager_.runtime().disk().exists(folder)) return success();  // the cache starts when it is first asked for
  HF_ASSIGN(engine::CachePtr cache, manager_.cache(kSchemaCache));
  const std::shared_ptr<SchemaCache> restored = schemas(std::move(cache));
  if (!alone) restored->follow_cluster();
  const Status done = restored->restore();
  if (!done.ok()) return done.error().in("the schemas kept in '" + folder + "'");
  return success();
}

Permission Dispatcher::granted(const security::Subject& subject, const engine::Cache& cache) const {
  if (!authorizer_.enabled()) return Permission::all;
  const CacheSecurityConfiguration& security = cache.configuration().security;
  const Permission on_container = authorizer_.permissions_of(subject);
  if (is_internal(cache.name())) {
    // Schemas and scripts are resources of the container: who may not create may only look at them.
    return includes(on_container, Permission::create) ? on_container | kWriting : without(on_container, kWriting);
  }
  if (security.authorization) return authorizer_.permissions_of(subject, security.roles);
  return without(Permission::all, kContainersOwn) | both(on_container, kContainersOwn);
}

Result<CacheView> Dispatcher::open(const security::Subject& subject, std::string_view name, const DataFormat& format) const {
  CacheView view;
  HF_ASSIGN(view.cache_, find(name));
  auto who = std::make_shared<CacheView::Who>();
  who->subject = subject;
  who->authorizer = &authorizer_;
  const EncodingConfiguration& encoding = view.cache_->configuration().encoding;
  who->storage = {stored_type(encoding.key_media_type), stored_type(encoding.value_media_type)};
  who->format = format;
  HF_TRY(check_conversion(format.key, who->storage.key, view.cache_->name(), "keys"));
  HF_TRY(check_conversion(format.value, who->storage.value, view.cache_->name(), "values"));
  view.converts_keys_ = !media::is_identity(format.key, who->storage.key);
  view.converts_values_ = !media::is_identity(format.value, who->storage.value);
  view.granted_ = granted(subject, *view.cache_);
  view.who_ = std::move(who);
  return view;
}

Status Dispatcher::check(const security::Subject& subject, ops::OpId op) const {
  return authorizer_.check(subject, ops::permission_of(op));
}

// ---- Administration

Result<CacheConfiguration> Dispatcher::parse(const std::string& name, std::string_view text) const {
  std::map<std::string, CacheConfiguration> templates;
  for (const std::string& known : manager_.template_names()) {
    if (auto configuration = manager_.cache_configuration(known); configuration.ok()) templates.emplace(known, std::move(*configuration));
  }
  config::ReadOptions options;
  options.file = "configuration of '" + name + "'";
  HF_ASSIGN(config::NamedCache cache, config::read_cache(text, options, templates));
  for (const std::string& warning : cache.warnings) manager_.runtime().log().warn("config", warning);
  return std::move(cache.configuration);
}

Result<CacheConfiguration> Dispatcher::unconfigured(const std::string& name) const {
  HF_ASSIGN(const std::optional<std::string> matching, manager_.template_for(name));
  const std::string& by_default = manager_.configuration().default_cache;
  if (!matching && by_default.empty()) return CacheConfiguration();
  HF_ASSIGN(CacheConfiguration wanted, manager_.cache_configuration(matching.value_or(by_default)));
  wanted.aliases.clear();  // they belong to one cache
  if (matching) wanted.parent = *matching;
  return wanted;
}

Status Dispatcher::create_cache(const security::Subject& subject, const std::string& name, std::string_view configuration,
                                const engine::CreateOptions& options) {
  HF_TRY(check(subject, ops::OpId::create_cache));
  HF_ASSIGN(const CacheConfiguration wanted, is_blank(configuration) ? unconfigured(name) : parse(name, configuration));
  if (auto created = manager_.create(name, wanted, options); !created.ok()) return created.error();
  return success();
}

Status Dispatcher::create_cache_from_template(const security::Subject& subject, const std::string& name,
                                              const std::string& template_name, const engine::CreateOptions& options) {
  HF_TRY(check(subject, ops::OpId::create_cache));
  if (auto created = manager_.create_from_template(name, template_name, options); !created.ok()) return created.error();
  return success();
}

Status Dispatcher::remove_cache(const security::Subject& subject, const std::string& name) {
  HF_TRY(check(subject, ops::OpId::remove_cache));
  return manager_.remove(name);
}

Status Dispatcher::create_template(const security::Subject& subject, const std::string& name, std::string_view configuration) {
  HF_TRY(check(subject, ops::OpId::create_template));
  HF_ASSIGN(const CacheConfiguration wanted, is_blank(configuration) ? CacheConfiguration() : parse(name, configuration));
  return manager_.create_template(name, wanted);
}

Status Dispatcher::remove_template(const security::Subject& subject, const std::string& name) {
  HF_TRY(check(subject, ops::OpId::remove_template));
  return manager_.remove_template(name);
}

Status Dispatcher::assign_alias(const security::Subject& subject, const std::string& cache, const std::string& alias) {
  HF_ASSIGN(const CacheView view, open(subject, cache, {}));
  HF_TRY(view.check(ops::OpId::assign_alias));
  return manager_.assign_alias(view.name(), alias);
}

std::vector<std::string> Dispatcher::cache_names(const security::Subject& subject, bool with_internal) const {
  std::vector<std::string> names = manager_.cache_names(with_internal);
  if (includes(authorizer_.permissions_of(subject), Permission::admin)) return names;
  std::erase_if(names, [&](const std::string& name) {
    const auto configuration = manager_.cache_configuration(name);
    if (!configuration.ok()) return true;  // removed meanwhile
    return configuration->security.authorization &&
           authorizer_.permissions_of(subject, configuration->security.roles) == Permission::none;
  });
  return names;
}

std::vector<std::string> Dispatcher::template_names(const security::Subject&) const { return manager_.template_names(); }

Result<std::string> Dispatcher::cache_configuration(const security::Subject& subject, const std::string& name, std::string_view format) const {
  HF_ASSIGN(const config::Format wanted, config::format_from_name(format));
  HF_ASSIGN(CacheConfiguration configuration, manager_.cache_configuration(name));
  const Permission permission = ops::permission_of(ops::OpId::cache_config);
  HF_TRY(configuration.security.authorization ? authorizer_.check(subject, configuration.security, permission)
                                              : authorizer_.check(subject, permission));
  return config::write_cache({name, false, std::move(configuration), {}}, wanted);
}

// ---- Tasks

void Dispatcher::register_task(std::string name, TaskFunction task, TaskAccess access) {
  tasks_.insert_or_assign(std::move(name), Task{std::move(task), access});
}

Result<Bytes> Dispatcher::execute(const security::Subject& subject, const std::string& task, const TaskParameters& parameters) {
  const auto at = tasks_.find(task);
  if (at == tasks_.end() || at->second.access == TaskAccess::exec_permission) HF_TRY(check(subject, ops::OpId::exec_task));
  if (at == tasks_.end()) return Error(Errc::not_found, "ISPN027002: Unknown task '" + task + "'");
  return at->second.function(subject, parameters);
}

std::shared_ptr<const engine::ClientTopology> Dispatcher::client_topology(std::string_view cache) const {
  const engine::Cluster* cluster = manager_.cluster();
  if (cluster == nullptr) return nullptr;
  return cluster->client_topology(cache.empty() ? manager_.configuration().default_cache : std::string(cache));
}

}  // namespace holdfast::server
