// Authorizer: subject -> roles -> permissions, for a container and for each cache (infinispan.md 3.8).
//
// Owner: the CacheManager.  Threads: any.  Waits: never.
// Fails with: permission_denied, as the original says it: "ISPN000287: Unauthorized access: subject 'S' lacks 'P' permission".
#pragma once

#include <holdfast/configuration.h>

#include <map>

#include "base/result.h"
#include "security/subject.h"

namespace holdfast::security {

class Authorizer {
 public:
  explicit Authorizer(const AuthorizationConfiguration& configuration);
  bool enabled() const { return enabled_; }
  /// The roles of this container that the subject has, sorted: mapped from its groups, and from its name unless
  /// group-only-mapping. The cluster role mapper stands for identity until grants can be kept.
  std::vector<std::string> roles_of(const Subject& subject) const;
  /// Everything that the subject may do on the container.
  Permission permissions_of(const Subject& subject) const;
  /// The same, limited to the roles that a cache admits (empty = all).
  Permission permissions_of(const Subject& subject, const std::vector<std::string>& cache_roles) const;
  /// Container-level check; always granted when authorization is off.
  Status check(const Subject& subject, Permission wanted) const;
  /// Cache-level check; granted when the container or the cache has authorization off.
  Status check(const Subject& subject, const CacheSecurityConfiguration& cache, Permission wanted) const;
  const std::map<std::string, RoleConfiguration>& roles() const { return roles_; }

 private:
  bool enabled_;
  bool group_only_mapping_;
  RoleMapping mapping_;
  std::map<std::string, RoleConfiguration> roles_;
  std::map<std::string, Permission> role_permissions_;
};

}  // namespace holdfast::security
