// What only the operating system knows of this process and its machine.
//
// Threads: the main thread.  Waits: never, except where a line says it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/addresses.h"

namespace holdfast::main_program {

std::vector<server::MachineAddress> machine_addresses();
/// The first address of a host, IPv4 before IPv6.  Waits: for the name service.
std::optional<std::string> resolve_host(const std::string& host);
/// The folder that this executable lies in, links resolved.
std::string executable_folder();
/// Runs another program with these words in place of this one. Comes back only when that cannot be, with the system's reason.
std::string become(const std::string& program, const std::vector<std::string>& words);
std::string current_folder();
std::optional<std::string> environment(const std::string& name);
/// As many descriptors as the system lets this process have; each connection takes one.
void raise_descriptor_limit();
/// Standard input, output and error that were closed are the null device from now on, so that no file takes their place.
void fill_standard_descriptors();
/// Signals that wait_for_signal() receives later reach no other thread.
void hold_signals();
/// Waits for one of them; 0 when `ms` milliseconds passed first (negative = never).
int next_signal(long ms);
/// As an operator would, but told apart: wakes next_signal().
void wake_signal_wait();
inline constexpr int kWoken = -1;
[[noreturn]] void exit_at_once(int code);

}  // namespace holdfast::main_program
