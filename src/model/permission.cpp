#include "model/permission.h"

#include <array>
#include <utility>

namespace holdfast {
namespace {

constexpr std::array<std::pair<Permission, std::string_view>, 14> kNames = {{
    {Permission::none, "NONE"}, {Permission::lifecycle, "LIFECYCLE"}, {Permission::read, "READ"},
    {Permission::write, "WRITE"}, {Permission::exec, "EXEC"}, {Permission::listen, "LISTEN"},
    {Permission::bulk_read, "BULK_READ"}, {Permission::bulk_write, "BULK_WRITE"}, {Permission::admin, "ADMIN"},
    {Permission::create, "CREATE"}, {Permission::monitor, "MONITOR"}, {Permission::all_read, "ALL_READ"},
    {Permission::all_write, "ALL_WRITE"}, {Permission::all, "ALL"}}};

}  // namespace

std::string_view permission_name(Permission permission) {
  for (const auto& [value, name] : kNames) {
    if (value == permission) return name;
  }
  return "?";
}

std::optional<Permission> permission_from_name(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace holdfast
