#include "sim/program/arguments.h"

#include <charconv>

#include "sim/program/configured.h"

namespace holdfast::sim {
namespace {

Error wrong(const std::string& text) { return Error(Errc::invalid_argument, text); }

Result<std::uint64_t> number(const std::string& name, const std::string& text, std::uint64_t least) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) return wrong(name + " takes a number from " + std::to_string(least) + " on, not '" + text + "'");
  return value;
}

Status take(Arguments& a, const std::string& name, const std::string& value) {
  if (name == "--seeds") {
    HF_ASSIGN(a.seeds, number(name, value, 1));
  } else if (name == "--first" || name == "--replay") {
    HF_ASSIGN(a.first, number(name, value, 0));
    a.replay = a.replay || name == "--replay";
  } else if (name == "--nodes") {
    HF_ASSIGN(a.plan.nodes, number(name, value, 2));
    if (a.plan.nodes > 26) return wrong("--nodes takes 26 at most");
  } else if (name == "--faults") {
    const auto kinds = faults_of(value);
    if (!kinds) return wrong("--faults takes names from " + all_fault_names() + ", with commas between them, not '" + value + "'");
    a.plan.kinds = *kinds;
  } else if (name == "--config") {
    HF_ASSIGN(a.plan.caches, caches_of(value));
  } else if (name == "--scenario") {
    if (value != "cluster" && value != "server") return wrong("--scenario is cluster or server, not '" + value + "'");
    a.server = value == "server";
  } else if (name == "--seconds") {
    HF_ASSIGN(a.seconds, number(name, value, 1));
  } else if (name == "--think") {
    HF_ASSIGN(a.think_ms, number(name, value, 1));
  } else {
    return wrong("there is no option '" + name + "'");
  }
  return success();
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& words) {
  Arguments a;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--help") {
      a.help = true;
      return a;
    }
    if (words[i] == "--trace") {
      a.trace = true;
      continue;
    }
    if (i + 1 == words.size()) return wrong("'" + words[i] + "' is no option, or lacks its value");
    HF_TRY(take(a, words[i], words[i + 1]));
    ++i;
  }
  if (a.replay) a.seeds = 1;
  if (a.server && !a.plan.caches.empty()) return wrong("--config is for clusters; the server of --scenario server has caches of its own");
  return a;
}

std::string usage() {
  return "usage: holdfast simulate [--seeds N] [--first SEED] [--nodes N] [--faults LIST] [--config FILE] [--replay SEED [--trace]]\n"
         "       holdfast simulate --scenario server [--seeds N] [--first SEED] [--seconds N] [--think MS] [--replay SEED [--trace]]\n"
         "faults: " + all_fault_names() + "\n"
         "--config: stories about the replicated and distributed caches of a configuration file, one cache a story\n";
}

}  // namespace holdfast::sim
