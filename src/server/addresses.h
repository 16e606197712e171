// Addresses: which address of the machine an <interface>, or a keyword after -b, means.
//
// Threads: any.  Waits: never.  Fails with: invalid_configuration (names the interface and what it found).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/server_configuration.h"

namespace holdfast::server {

/// One numeric address of one network interface.
struct MachineAddress {
  std::string interface;  // "eth0"
  std::string address;    // "192.0.2.7", "fe80::1"
};

/// A keyword (SITE_LOCAL, LOOPBACK, GLOBAL, LINK_LOCAL, NON_LOOPBACK, match-interface:REGEX, match-address:REGEX) or an
/// address, as -b and `infinispan.bind.address` take them.
config::InterfaceConfiguration interface_of(const std::string& text);
/// A numeric address; "0.0.0.0" for any-address. A host name stands for itself.
Result<std::string> pick_address(const config::InterfaceConfiguration& interface, const std::vector<MachineAddress>& machine);
bool is_numeric(std::string_view address);
bool is_loopback(std::string_view address);
/// "127.0.0.1:11222", "[::1]:11222".
std::string host_and_port(const std::string& host, std::uint16_t port);

}  // namespace holdfast::server
