// The route table: what this endpoint answers to. A row is methods, a path, an action, the operation whose permission it
// needs, and its handler; everything else (404, 405 with Allow, OPTIONS, authentication) comes from the table.
//
// Threads: any; constant data.  Waits: never.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "endpoint/rest/http_message.h"
#include "endpoint/rest/uri.h"
#include "ops/catalog.h"

namespace holdfast::rest {

class Exchange;

enum class Access : std::uint8_t {
  anonymous,   // without credentials
  container,   // the container's permission of the operation, checked before the handler
  cache,       // the handler's view of the cache checks
  metrics,     // container, or anonymous where the endpoint says metrics-auth="false"
};

constexpr std::uint8_t bit(Method method) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(method)); }
/// HEAD comes with GET.
inline constexpr std::uint8_t kGet = bit(Method::get) | bit(Method::head);
inline constexpr std::uint8_t kHead = bit(Method::head);
inline constexpr std::uint8_t kPut = bit(Method::put);
inline constexpr std::uint8_t kPost = bit(Method::post);
inline constexpr std::uint8_t kDelete = bit(Method::del);

struct Route {
  std::uint8_t methods;
  std::string_view path;    // "/rest/v2/caches/{cache}"
  const char* action;       // of ?action=; "" = none, null = not looked at
  Access access;
  ops::OpId op;
  void (*handle)(Exchange&);
  bool admin = false;       // not offered where the endpoint says admin="false"
};

std::span<const Route> routes();

struct Match {
  const Route* route = nullptr;
  bool path_exists = false;
  bool method_exists = false;       // for the path; only the action is unknown
  std::uint8_t methods = 0;         // that the path has
};
Match find_route(const Target& target, Method method, std::string_view action, bool admin);
/// "GET, HEAD, OPTIONS".
std::string allow(std::uint8_t methods);

}  // namespace holdfast::rest
