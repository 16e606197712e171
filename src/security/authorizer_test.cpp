#include "security/authorizer.h"

#include <gtest/gtest.h>

namespace holdfast::security {
namespace {

AuthorizationConfiguration enabled() {
  AuthorizationConfiguration configuration;
  configuration.enabled = true;
  return configuration;
}

Permission of(std::initializer_list<Permission> permissions) {
  Permission all = Permission::none;
  for (const Permission p : permissions) all = all | p;
  return all;
}

TEST(Authorizer, KnowsTheDefaultRoles) {
  const Authorizer authorizer(enabled());
  const auto held = [&](const char* group) { return authorizer.permissions_of({"user", {group}}); };
  EXPECT_EQ(held("admin"), Permission::all);
  EXPECT_EQ(held("deployer"), of({Permission::all_read, Permission::all_write, Permission::listen, Permission::exec,
                                  Permission::monitor, Permission::create}));
  EXPECT_EQ(held("application"),
            of({Permission::all_read, Permission::all_write, Permission::listen, Permission::exec, Permission::monitor}));
  EXPECT_EQ(held("observer"), of({Permission::all_read, Permission::monitor}));
  EXPECT_EQ(held("monitor"), Permission::monitor);
  EXPECT_EQ(held("nobody"), Permission::none);
}

TEST(Authorizer, JoinsThePermissionsOfAllGroups) {
  const Authorizer authorizer(enabled());
  EXPECT_TRUE(authorizer.check({"u", {"monitor", "observer"}}, Permission::bulk_read).ok());
  EXPECT_EQ(authorizer.roles_of({"u", {"observer", "unknown", "monitor", "observer"}}), (std::vector<std::string>{"monitor", "observer"}));
}

TEST(Authorizer, MapsTheUsersNameOnlyWithoutGroupOnlyMapping) {
  AuthorizationConfiguration configuration = enabled();
  EXPECT_EQ(Authorizer(configuration).permissions_of({"admin", {}}), Permission::none);
  configuration.group_only_mapping = false;
  EXPECT_EQ(Authorizer(configuration).permissions_of({"admin", {}}), Permission::all);
  EXPECT_EQ(Authorizer(configuration).permissions_of({}), Permission::none);
}

TEST(Authorizer, RefusesAsTheOriginalSaysIt) {
  const Authorizer authorizer(enabled());
  const Status refused = authorizer.check({"eve", {"observer", "ops"}}, Permission::write);
  ASSERT_TRUE(refused.failed_with(Errc::permission_denied));
  EXPECT_EQ(refused.error().message(),
            "ISPN000287: Unauthorized access: subject 'Subject with principal(s): [eve, RolePrincipal{name='observer'}, "
            "RolePrincipal{name='ops'}]' lacks 'WRITE' permission");
  EXPECT_EQ(authorizer.check({}, Permission::read).error().message(),
            "ISPN000287: Unauthorized access: subject 'Subject with principal(s): []' lacks 'READ' permission");
}

TEST(Authorizer, LimitsACacheToTheRolesThatItAdmits) {
  const Authorizer authorizer(enabled());
  const CacheSecurityConfiguration open{.authorization = false, .roles = {}};
  const CacheSecurityConfiguration all{.authorization = true, .roles = {}};
  const CacheSecurityConfiguration observers{.authorization = true, .roles = {"observer"}};
  const Subject application{"app", {"application"}};
  EXPECT_TRUE(authorizer.check({"x", {}}, open, Permission::write).ok());
  EXPECT_TRUE(authorizer.check(application, all, Permission::write).ok());
  EXPECT_FALSE(authorizer.check(application, observers, Permission::read).ok());
  EXPECT_TRUE(authorizer.check({"o", {"observer"}}, observers, Permission::read).ok());
  EXPECT_FALSE(authorizer.check({"o", {"observer"}}, observers, Permission::write).ok());
  EXPECT_FALSE(authorizer.check({"a", {"admin"}}, observers, Permission::read).ok());
}

TEST(Authorizer, GrantsEverythingWhenAuthorizationIsOff) {
  const Authorizer authorizer(AuthorizationConfiguration{});
  EXPECT_TRUE(authorizer.check({}, Permission::admin).ok());
  EXPECT_TRUE(authorizer.check({}, {.authorization = true, .roles = {"observer"}}, Permission::admin).ok());
}

TEST(Authorizer, TakesRolesFromTheConfigurationInsteadOfTheDefaults) {
  AuthorizationConfiguration configuration = enabled();
  configuration.roles = {{"writer", "", {"WRITE", "READ"}}, {"nothing", "", {"NONE"}}};
  const Authorizer authorizer(configuration);
  EXPECT_TRUE(authorizer.check({"u", {"writer"}}, Permission::write).ok());
  EXPECT_FALSE(authorizer.check({"u", {"writer"}}, Permission::bulk_read).ok());
  EXPECT_FALSE(authorizer.check({"u", {"nothing"}}, Permission::read).ok());
  EXPECT_FALSE(authorizer.check({"u", {"admin"}}, Permission::read).ok());
}

TEST(Authorizer, MapsCommonNames) {
  AuthorizationConfiguration configuration = enabled();
  configuration.role_mapping = RoleMapping::common_name;
  configuration.group_only_mapping = false;
  const Authorizer authorizer(configuration);
  EXPECT_EQ(authorizer.permissions_of({"CN=admin,O=grid", {}}), Permission::all);
  EXPECT_EQ(authorizer.permissions_of({"CN=monitor", {}}), Permission::monitor);
}

}  // namespace
}  // namespace holdfast::security
