#include <holdfast/remote_configuration.h>

#include <charconv>
#include <limits>

#include "client/remote_world.h"

namespace holdfast {
namespace {

constexpr std::string_view kScheme = "hotrod://";
constexpr std::string_view kTlsScheme = "hotrods://";
constexpr std::string_view kPrefix = "infinispan.client.hotrod.";

[[noreturn]] void fail(const std::string& message) { detail::raise_remote(Error(Errc::invalid_configuration, message)); }

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::size_t number_of(std::string_view name, std::string_view text, std::size_t most) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > most) {
    fail(quoted(name) + " is " + quoted(text) + "; it must be a number from 1 to " + std::to_string(most));
  }
  return number;
}

bool flag_of(std::string_view name, std::string_view text) {
  if (text == "true") return true;
  if (text != "false") fail(quoted(name) + " is " + quoted(text) + "; it must be true or false");
  return false;
}

std::chrono::milliseconds time_of(std::string_view name, std::string_view text) {
  return std::chrono::milliseconds(number_of(name, text, std::size_t{std::numeric_limits<std::int32_t>::max()}));
}

ServerAddress address_of(std::string_view text) {
  ServerAddress address;
  const bool bracketed = text.starts_with('[');
  const std::size_t close = bracketed ? text.find(']') : std::string_view::npos;
  if (bracketed && close == std::string_view::npos) fail("server " + quoted(text) + ": the ']' of the address is missing");
  const std::size_t colon = bracketed ? (close + 1 < text.size() ? close + 1 : std::string_view::npos) : text.rfind(':');
  address.host = bracketed ? text.substr(1, close - 1) : text.substr(0, colon);
  if (address.host.empty() || (colon != std::string_view::npos && text[colon] != ':')) fail("server " + quoted(text) + ": host or host:port is expected");
  if (colon != std::string_view::npos) address.port = static_cast<std::uint16_t>(number_of("port of " + address.host, text.substr(colon + 1), 65535));
  return address;
}

template <class F>
void for_each_part(std::string_view text, char separator, F f) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_servers(RemoteConfiguration& c, std::string_view list, char separator) {
  for_each_part(list, separator, [&](std::string_view server) { c.servers.push_back(address_of(server)); });
}

/// %40 and the like.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] != '%') {
      out += text[i];
    } else if (i + 2 < text.size() && std::from_chars(&text[i + 1], &text[i + 1] + 2, code, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      fail(quoted(text) + ": after % two hexadecimal digits are expected");
    }
  }
  return out;
}

RetryPolicy retry_of(std::string_view name, std::string_view text) {
  if (text == "reads") return RetryPolicy::reads;
  if (text == "idempotent_writes") return RetryPolicy::idempotent_writes;
  if (text != "all") fail(quoted(name) + " is " + quoted(text) + "; it must be reads, idempotent_writes or all");
  return RetryPolicy::all;
}

bool intelligence_of(std::string_view name, std::string_view text) {
  if (text == "BASIC") return false;
  if (text != "TOPOLOGY_AWARE" && text != "HASH_DISTRIBUTION_AWARE") {
    fail(quoted(name) + " is " + quoted(text) + "; it must be BASIC, TOPOLOGY_AWARE or HASH_DISTRIBUTION_AWARE");
  }
  return true;
}

void refuse_tls(std::string_view name, std::string_view text) {
  if (flag_of(name, text)) detail::raise_remote(Error(Errc::not_supported, quoted(name) + ": this client speaks no TLS yet"));
}

struct Property {
  std::string_view name;  // behind the prefix
  void (*set)(RemoteConfiguration& c, std::string_view name, std::string_view value);
};
constexpr Property kProperties[] = {
    {"server_list", [](RemoteConfiguration& c, std::string_view, std::string_view v) { add_servers(c, v, ';'); }},
    {"auth_username", [](RemoteConfiguration& c, std::string_view, std::string_view v) { c.user = v; }},
    {"auth_password", [](RemoteConfiguration& c, std::string_view, std::string_view v) { c.password = v; }},
    {"sasl_mechanism", [](RemoteConfiguration& c, std::string_view, std::string_view v) { c.mechanism = v; }},
    {"client_intelligence", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.topology_aware = intelligence_of(n, v); }},
    {"force_return_values", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.return_previous = flag_of(n, v); }},
    {"connect_timeout", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.connect_timeout = time_of(n, v); }},
    {"socket_timeout", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.attempt_timeout = time_of(n, v); }},
    {"operation_timeout", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.operation_timeout = time_of(n, v); }},
    {"connection_pool.max_active", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.connections_per_server = number_of(n, v, 10'000); }},
    {"threads", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.threads = number_of(n, v, 1024); }},
    {"in_flight_max", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.in_flight_max = number_of(n, v, 1 << 24); }},
    {"retry", [](RemoteConfiguration& c, std::string_view n, std::string_view v) { c.retry = retry_of(n, v); }},
    {"use_ssl", [](RemoteConfiguration&, std::string_view n, std::string_view v) { refuse_tls(n, v); }},
};

void set_property(RemoteConfiguration& c, std::string_view name, std::string_view value) {
  std::string known;
  for (const Property& property : kProperties) {
    if (property.name == name) return property.set(c, name, value);
    known += (known.empty() ? "" : ", ") + std::string(property.name);
  }
  fail("there is no client property " + quoted(name) + "; there are: uri, " + known);
}

}  // namespace

RemoteConfiguration RemoteConfiguration::from_uri(std::string_view uri) {
  if (uri.starts_with(kTlsScheme)) detail::raise_remote(Error(Errc::not_supported, "hotrods:// asks for TLS, which this client does not speak yet"));
  if (!uri.starts_with(kScheme)) fail(quoted(uri) + ": hotrod://[user[:password]@]host[:port][,host[:port]...] is expected");
  RemoteConfiguration c;
  std::string_view rest = uri.substr(kScheme.size());
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = rest.substr(0, at);
    const std::size_t colon = who.find(':');
    c.user = unescaped(who.substr(0, colon));
    if (colon != std::string_view::npos) c.password = unescaped(who.substr(colon + 1));
    rest = rest.substr(at + 1);
  }
  add_servers(c, rest, ',');
  if (c.servers.empty()) fail(quoted(uri) + " names no server");
  for_each_part(query, '&', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) fail(quoted(pair) + " in the URI: name=value is expected");
    set_property(c, pair.substr(0, equals), unescaped(pair.substr(equals + 1)));
  });
  return c;
}

RemoteConfiguration RemoteConfiguration::from_properties(const std::map<std::string, std::string>& properties) {
  RemoteConfiguration c;
  if (const auto uri = properties.find(std::string(kPrefix) + "uri"); uri != properties.end()) c = from_uri(uri->second);
  for (const auto& [name, value] : properties) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string_view own = std::string_view(name).substr(kPrefix.size());
    if (own != "uri") set_property(c, own, value);
  }
  if (c.servers.empty()) fail("no server is named: set " + std::string(kPrefix) + "server_list or " + std::string(kPrefix) + "uri");
  return c;
}

}  // namespace holdfast
