#include "security/authorizer.h"

#include <algorithm>

namespace holdfast::security {
namespace {

constexpr std::string_view kCommonNamePrefix = "CN=";

std::vector<RoleConfiguration> default_roles() {
  return {
      {"admin", "may do everything", {"ALL"}},
      {"application", "may use caches, run tasks and read statistics", {"ALL_READ", "ALL_WRITE", "LISTEN", "EXEC", "MONITOR"}},
      {"deployer", "as application, and may create and remove caches, templates and schemas",
       {"ALL_READ", "ALL_WRITE", "LISTEN", "EXEC", "CREATE", "MONITOR"}},
      {"observer", "may read caches and statistics", {"ALL_READ", "MONITOR"}},
      {"monitor", "may read statistics", {"MONITOR"}},
  };
}

Permission permissions_named(const RoleConfiguration& role) {
  Permission all = Permission::none;
  for (const std::string& name : role.permissions) {
    // Unknown names were refused when the configuration was read; a name that grants nothing is safe here.
    all = all | permission_from_name(name).value_or(Permission::none);
  }
  return all;
}

/// "CN=alice,OU=grid" -> "alice"; a name without a leading common name stands for itself.
std::string common_name(const std::string& name) {
  if (!name.starts_with(kCommonNamePrefix)) return name;
  return name.substr(kCommonNamePrefix.size(), name.find(',') - kCommonNamePrefix.size());
}

std::string describe(const Subject& subject) {
  std::string text = "Subject with principal(s): [" + subject.name;
  for (const std::string& group : subject.groups) {
    text += (text.back() == '[' ? "" : ", ") + ("RolePrincipal{name='" + group + "'}");
  }
  return text + "]";
}

Error lacks(const Subject& subject, Permission wanted) {
  return {Errc::permission_denied, "ISPN000287: Unauthorized access: subject '" + describe(subject) + "' lacks '" +
                                       std::string(permission_name(wanted)) + "' permission"};
}

}  // namespace

Authorizer::Authorizer(const AuthorizationConfiguration& configuration)
    : enabled_(configuration.enabled),
      group_only_mapping_(configuration.group_only_mapping),
      mapping_(configuration.role_mapping) {
  for (const RoleConfiguration& role : configuration.roles.empty() ? default_roles() : configuration.roles) {
    role_permissions_[role.name] = permissions_named(role);
    roles_[role.name] = role;
  }
}

std::vector<std::string> Authorizer::roles_of(const Subject& subject) const {
  std::vector<std::string> roles;
  const auto map = [&](const std::string& principal) {
    roles.push_back(mapping_ == RoleMapping::common_name ? common_name(principal) : principal);
  };
  if (!group_only_mapping_ && !subject.anonymous()) map(subject.name);
  for (const std::string& group : subject.groups) map(group);
  std::sort(roles.begin(), roles.end());
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  std::erase_if(roles, [&](const std::string& role) { return !roles_.contains(role); });
  return roles;
}

Permission Authorizer::permissions_of(const Subject& subject) const { return permissions_of(subject, {}); }

Permission Authorizer::permissions_of(const Subject& subject, const std::vector<std::string>& cache_roles) const {
  if (!enabled_) return Permission::all;
  Permission held = Permission::none;
  for (const std::string& role : roles_of(subject)) {
    const bool admitted = cache_roles.empty() || std::find(cache_roles.begin(), cache_roles.end(), role) != cache_roles.end();
    if (admitted) held = held | role_permissions_.at(role);
  }
  return held;
}

Status Authorizer::check(const Subject& subject, Permission wanted) const {
  if (includes(permissions_of(subject), wanted)) return success();
  return lacks(subject, wanted);
}

Status Authorizer::check(const Subject& subject, const CacheSecurityConfiguration& cache, Permission wanted) const {
  if (!cache.authorization || includes(permissions_of(subject, cache.roles), wanted)) return success();
  return lacks(subject, wanted);
}

}  // namespace holdfast::security
