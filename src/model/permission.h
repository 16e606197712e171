// What a principal may do (the original's names). The catalog gives each operation one of these.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <string_view>
#include <optional>

namespace holdfast {

enum class Permission : std::uint16_t {
  none = 0,
  lifecycle = 1 << 0,
  read = 1 << 1,
  write = 1 << 2,
  exec = 1 << 3,
  listen = 1 << 4,
  bulk_read = 1 << 5,
  bulk_write = 1 << 6,
  admin = 1 << 7,
  create = 1 << 8,
  monitor = 1 << 9,
  all_read = read | bulk_read,
  all_write = write | bulk_write,
  all = (1 << 10) - 1,
};

constexpr Permission operator|(Permission a, Permission b) {
  return static_cast<Permission>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr bool includes(Permission held, Permission wanted) {
  return (static_cast<std::uint16_t>(held) & static_cast<std::uint16_t>(wanted)) == static_cast<std::uint16_t>(wanted);
}

/// "ALL_READ" and so on.
std::string_view permission_name(Permission permission);
std::optional<Permission> permission_from_name(std::string_view name);

}  // namespace holdfast
