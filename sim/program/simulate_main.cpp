// holdfast-simulate: rounds of a scenario, one seed after another, and what came of them. Exit 1 when a checker found something.
#include <cstdio>

#include "sim/program/arguments.h"

int main(int argc, char** argv) {
  using namespace holdfast::sim;
  const auto arguments = parse_arguments({argv + 1, argv + argc});
  if (!arguments.ok()) {
    const bool words = arguments.failed_with(holdfast::Errc::invalid_argument);
    std::fprintf(stderr, "%s\n%s", arguments.error().message().c_str(), words ? usage().c_str() : "");
    return 2;
  }
  if (arguments->help) {
    std::fputs(usage().c_str(), stdout);
    return 0;
  }
  const std::size_t found = arguments->server ? run_server_rounds(*arguments) : run_cluster_rounds(*arguments);
  return found == 0 ? 0 : 1;
}
