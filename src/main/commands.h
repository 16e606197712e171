// The subcommands of `holdfast`.
//
// Owner: constant data.  Threads: the main thread.  Fails with: an exit code; the reason goes to standard error.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace holdfast::main_program {

/// What follows the command's own words.
using Words = std::vector<std::string>;

struct Command {
  const char* name;      // "server", "config check"
  const char* arguments; // for the help text
  const char* doc;
  int (*run)(const Words& words);
};

std::span<const Command> commands();
/// argv without the program's name.
int run_command(const Words& words);

// The rows' bodies, each in the file of its subject.
int run_server(const Words& words);
int run_version(const Words& words);
int run_bench(const Words& words);
int run_simulate(const Words& words);
int config_check(const Words& words);
int config_convert(const Words& words);
int config_schema(const Words& words);
int config_settings(const Words& words);
int docs_coverage(const Words& words);

}  // namespace holdfast::main_program
