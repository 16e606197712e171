// Kinds of addresses in a simulation.
//
// Owner: values.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <string>

namespace holdfast::sim {

inline bool is_any(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }
inline bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1" || address == "localhost"; }
inline bool is_numeric(const std::string& address) { return !address.empty() && ((address[0] >= '0' && address[0] <= '9') || address.find(':') != std::string::npos); }
/// "224.0.0.0" to "239.255.255.255".
inline bool is_group(const std::string& address) { return address.find('.') == 3 && address >= "224." && address < "240."; }

}  // namespace holdfast::sim
