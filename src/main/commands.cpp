#include "main/commands.h"

#include <algorithm>
#include <cstdio>

#include "main/exit_codes.h"

namespace holdfast::main_program {
namespace {

constexpr Command kCommands[] = {
    {"server", "[flags]", "run a server; holdfast server --help shows the flags", run_server},
    {"bench", "[flags]", "put load on a grid of servers and tell how long operations took; --help shows the flags", run_bench},
    {"simulate", "[flags]", "tell stories of a simulated cluster under faults and judge them; --help shows the flags", run_simulate},
    {"config check", "FILE[,FILE] ...", "read configuration files and say what is wrong with them", config_check},
    {"config convert", "--to xml|json|yaml FILE", "print a configuration in another format", config_convert},
    {"config schema", "xsd|json", "print the schema of configuration files", config_schema},
    {"config settings", "", "print every setting with its type, default and meaning", config_settings},
    {"docs coverage", "", "print the page of operations and settings, docs/coverage.md", docs_coverage},
    {"version", "", "print the version", run_version},
};

std::vector<std::string> words_of(const char* name) {
  std::vector<std::string> words(1);
  for (const char* c = name; *c != '\0'; ++c) {
    if (*c == ' ') {
      words.emplace_back();
    } else {
      words.back() += *c;
    }
  }
  return words;
}

void print_help(std::FILE* to) {
  std::fputs("usage: holdfast COMMAND [arguments]\n\n", to);
  for (const Command& command : kCommands) {
    const std::string usage = std::string(command.name) + " " + command.arguments;
    std::fprintf(to, "  %-40s %s\n", usage.c_str(), command.doc);
  }
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run_command(const Words& words) {
  if (!words.empty() && (words[0] == "-h" || words[0] == "--help" || words[0] == "help")) {
    print_help(stdout);
    return kExitOk;
  }
  if (!words.empty() && (words[0] == "-v" || words[0] == "--version")) return run_version({});
  for (const Command& command : kCommands) {
    const std::vector<std::string> name = words_of(command.name);
    if (words.size() >= name.size() && std::equal(name.begin(), name.end(), words.begin())) {
      return command.run(Words(words.begin() + static_cast<std::ptrdiff_t>(name.size()), words.end()));
    }
  }
  if (!words.empty()) std::fprintf(stderr, "There is no command '%s'.\n", words[0].c_str());
  print_help(stderr);
  return kExitUsage;
}

}  // namespace holdfast::main_program
