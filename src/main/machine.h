// What only the operating system knows of this process and its machine.
//
// Threads: the main thread.  Waits: never.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/addresses.h"

namespace holdfast::main_program {

std::vector<server::MachineAddress> machine_addresses();
std::string host_name();
/// The folder that this executable lies in, links resolved.
std::string executable_folder();
std::string current_folder();
std::optional<std::string> environment(const std::string& name);
/// As many descriptors as the system lets this process have; each connection takes one.
void raise_descriptor_limit();
/// Signals that wait_for_signal() receives later reach no other thread.
void hold_signals();
/// Waits for one of them; 0 when `ms` milliseconds passed first (negative = never).
int next_signal(long ms);
/// As an operator would, but told apart: wakes next_signal().
void wake_signal_wait();
inline constexpr int kWoken = -1;
[[noreturn]] void exit_at_once(int code);

}  // namespace holdfast::main_program
