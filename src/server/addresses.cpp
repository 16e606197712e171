#include "server/addresses.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace holdfast::server {
namespace {

using config::AddressKind;
using config::InterfaceConfiguration;
using Octets = std::array<std::uint8_t, 4>;

constexpr std::string_view kMatchInterface = "match-interface:";
constexpr std::string_view kMatchAddress = "match-address:";

struct Keyword {
  std::string_view name;
  AddressKind kind;
};
constexpr Keyword kKeywords[] = {
    {"SITE_LOCAL", AddressKind::site_local},     {"LOOPBACK", AddressKind::loopback},         {"GLOBAL", AddressKind::global},
    {"LINK_LOCAL", AddressKind::link_local},     {"NON_LOOPBACK", AddressKind::non_loopback},
};

std::optional<Octets> ipv4(std::string_view text) {
  Octets octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octets[i]);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const bool last = i + 1 == octets.size();
    if (last != text.empty() || (!last && text.front() != '.')) return std::nullopt;
    if (!last) text.remove_prefix(1);
  }
  return octets;
}

bool starts_in(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return text.substr(0, p.size()) == p; });
}

bool is_link_local(const std::string& address) {
  if (const auto v4 = ipv4(address)) return (*v4)[0] == 169 && (*v4)[1] == 254;
  return starts_in(address, {"fe8", "fe9", "fea", "feb"});
}

/// Private networks (RFC 1918, unique local IPv6).
bool is_site_local(const std::string& address) {
  if (const auto v4 = ipv4(address)) {
    return (*v4)[0] == 10 || ((*v4)[0] == 172 && ((*v4)[1] & 0xf0) == 16) || ((*v4)[0] == 192 && (*v4)[1] == 168);
  }
  return starts_in(address, {"fc", "fd"});
}

Result<bool> matches(const std::string& pattern, const std::string& text) {
  regex_t compiled;
  if (::regcomp(&compiled, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
    return Error(Errc::invalid_configuration, "'" + pattern + "' is no regular expression; write one such as 'eth[0-9]' or '10\\..*'");
  }
  const bool found = ::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  ::regfree(&compiled);
  return found;
}

Result<bool> suits(const InterfaceConfiguration& wanted, const MachineAddress& have) {
  const bool loopback = is_loopback(have.address);
  switch (wanted.kind) {
    case AddressKind::loopback: return loopback;
    case AddressKind::non_loopback: return !loopback;
    case AddressKind::link_local: return is_link_local(have.address);
    case AddressKind::site_local: return is_site_local(have.address);
    case AddressKind::global: return !loopback && !is_link_local(have.address) && !is_site_local(have.address);
    case AddressKind::match_interface: return matches(wanted.value, have.interface);
    case AddressKind::match_address: return matches(wanted.value, have.address);
    default: return false;
  }
}

std::string describe(const InterfaceConfiguration& wanted) {
  for (const Keyword& keyword : kKeywords) {
    if (keyword.kind == wanted.kind) return std::string(keyword.name);
  }
  return std::string(wanted.kind == AddressKind::match_interface ? kMatchInterface : kMatchAddress) + wanted.value;
}

Error no_such_address(const InterfaceConfiguration& wanted, const std::vector<MachineAddress>& machine) {
  std::string have;
  for (const MachineAddress& a : machine) have += (have.empty() ? "" : ", ") + a.interface + " " + a.address;
  return Error(Errc::invalid_configuration, "interface '" + wanted.name + "': no address of this machine is " + describe(wanted) +
                                                " (it has: " + have + "); name one of these with -b or in <interface>");
}

}  // namespace

InterfaceConfiguration interface_of(const std::string& text) {
  InterfaceConfiguration interface;
  interface.name = "bind address";
  interface.value = text;
  for (const Keyword& keyword : kKeywords) {
    if (text == keyword.name) interface.kind = keyword.kind;
  }
  const bool keyword = std::any_of(std::begin(kKeywords), std::end(kKeywords), [&](const Keyword& k) { return text == k.name; });
  if (keyword) return interface;
  interface.kind = AddressKind::inet_address;
  if (text.starts_with(kMatchInterface)) {
    interface.kind = AddressKind::match_interface;
    interface.value = text.substr(kMatchInterface.size());
  } else if (text.starts_with(kMatchAddress)) {
    interface.kind = AddressKind::match_address;
    interface.value = text.substr(kMatchAddress.size());
  }
  return interface;
}

Result<std::string> pick_address(const InterfaceConfiguration& interface, const std::vector<MachineAddress>& machine) {
  if (interface.kind == AddressKind::any_address) return std::string("0.0.0.0");
  InterfaceConfiguration wanted = interface;
  if (interface.kind == AddressKind::inet_address) {
    wanted = interface_of(interface.value);
    wanted.name = interface.name;
    if (wanted.kind == AddressKind::inet_address) return wanted.value == "localhost" ? std::string("127.0.0.1") : wanted.value;
  }
  if (wanted.kind == AddressKind::match_host) return wanted.value;
  if (wanted.kind == AddressKind::loopback && machine.empty()) return std::string("127.0.0.1");
  // IPv4 first, as the original prefers it.
  for (const bool v4 : {true, false}) {
    for (const MachineAddress& have : machine) {
      if (ipv4(have.address).has_value() != v4) continue;
      HF_ASSIGN(const bool suitable, suits(wanted, have));
      if (suitable) return have.address;
    }
  }
  return no_such_address(wanted, machine);
}

bool is_numeric(std::string_view address) { return ipv4(address).has_value() || address.find(':') != std::string_view::npos; }

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1" || address == "localhost"; }

std::string host_and_port(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace holdfast::server
