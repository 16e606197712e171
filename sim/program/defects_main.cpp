// holdfast-defects: plants one defect after another and tells stories until a checker finds it. Exit 1 when one is not found.
//
//   holdfast-defects [--seeds N] [--first SEED] [--only NAME]
#include <cstdio>
#include <cstring>

#include "sim/cluster/defects.h"
#include "sim/cluster/story.h"
#include "sim/program/totals.h"

namespace {

using namespace holdfast;
using namespace holdfast::sim;

struct Options {
  std::uint64_t seeds = 500, first = 1;
  std::string only;
};

bool meant_for(const DefectRow& row, const std::string& checker) {
  return (" " + std::string(row.checkers) + " ").find(" " + checker.substr(0, checker.find(' ')) + " ") != std::string::npos;
}

/// The first seed whose story one of the checkers that are there for it finds wrong; nothing when none did.
std::optional<std::uint64_t> find(const DefectRow& row, const Options& options, std::string& checkers) {
  planted_defect = row.defect;
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    const StoryReport report = tell(plan_of(seed));
    std::set<std::string> names;
    for (const Finding& f : report.findings) names.insert(f.checker);
    std::erase_if(names, [&](const std::string& name) { return !meant_for(row, name); });
    for (const std::string& name : names) checkers += (checkers.empty() ? "" : ", ") + name;
    if (!names.empty()) return seed;
  }
  return std::nullopt;
}

bool run(const DefectRow& row, const Options& options) {
  std::string checkers;
  const double begin = core_seconds();
  const auto seed = find(row, options, checkers);
  const std::string seeds = seed ? std::to_string(*seed - options.first + 1) : "not in " + std::to_string(options.seeds);
  std::printf("%-28s %-8s %10s %7.1f s  %s\n", row.name, row.of, seeds.c_str(), core_seconds() - begin, checkers.c_str());
  std::fflush(stdout);
  return seed.has_value();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seeds") == 0) options.seeds = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--first") == 0) options.first = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--only") == 0) options.only = argv[i + 1];
  }
  std::printf("%-28s %-8s %10s %9s  %s\n", "defect", "of", "seeds", "time", "found by");
  std::size_t found = 0, missed = 0;
  for (const DefectRow& row : defects()) {
    if (!options.only.empty() && options.only != row.name) continue;
    ++(run(row, options) ? found : missed);
  }
  std::printf("%zu found, %zu not found\n", found, missed);
  return missed == 0 && found != 0 ? 0 : 1;
}
