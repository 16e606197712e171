// Runs tests/scripts/topology/*.txt: lines with '>' are events for the Rebalance machine, the lines below each what it must
// answer. HOLDFAST_REWRITE=1 writes the answers as they are into the files, to be read before they are committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "topology/rebalance.h"

namespace holdfast::topology {
namespace {

/// Node names in scripts are single letters; a digit behind one is its incarnation.
Address address(const std::string& word) { return {word.substr(0, 1), word.size() > 1 ? static_cast<std::uint64_t>(word[1] - '0') : 1}; }

HashMember member(const std::string& word) {
  const auto at = word.find('*');
  HashMember m;
  m.address = address(word.substr(0, at));
  if (at != std::string::npos) m.capacity_factor = std::stod(word.substr(at + 1));
  return m;
}

std::string text(const Address& a) { return a.incarnation == 1 ? a.name : a.name + std::to_string(a.incarnation); }

std::string text(const ConsistentHash& hash) {
  std::string out;
  for (std::uint32_t s = 0; s < hash.segments(); ++s) {
    out += ' ';
    for (const NodeIndex n : hash.owners(s)) out += text(hash.members()[n].address);
    if (hash.owners(s).empty()) out += '-';
  }
  return out;
}

std::string text(const CacheTopology& t) {
  static const char* const kPhases[] = {"none", "read-old", "read-all", "read-new"};
  std::string out = std::to_string(t.id) + ' ' + kPhases[static_cast<int>(t.phase)] + " [";
  for (const HashMember& m : t.current->members()) out += text(m.address);
  out += "]" + text(*t.current);
  if (t.pending) out += " ->" + text(*t.pending);
  return out;
}

std::string text(const RebalanceAction& action) {
  using Kind = RebalanceAction::Kind;
  switch (action.kind) {
    case Kind::install: return "install " + text(action.topology) + "\n";
    case Kind::handed_over: return "handed-over " + text(action.node) + "\n";
    case Kind::stranded: return "stranded " + text(action.node) + "\n";
    case Kind::stable: return "stable\n";
    case Kind::lost: {
      std::string out = "lost";
      for (const std::uint32_t s : action.segments) out += ' ' + std::to_string(s);
      return out + "\n";
    }
  }
  return "?";
}

class Script {
 public:
  std::string answer(const std::string& line) {
    std::istringstream in(line);
    std::string command;
    in >> command;
    const std::vector<std::string> words(std::istream_iterator<std::string>(in), {});
    std::string out;
    for (const RebalanceAction& a : run(command, words)) out += text(a);
    return out;
  }

 private:
  Rebalance::Actions run(const std::string& command, const std::vector<std::string>& words) {
    if (command == "cache") return start(words);
    if (command == "join") return machine_->join(members(words));
    if (command == "leave") return machine_->leave(address(words.at(0)));
    if (command == "crash") return machine_->crashed(addresses(words));
    if (command == "suspend") return machine_->suspend(true);
    if (command == "resume") return machine_->suspend(false);
    if (command == "confirm") return confirm(words);
    if (command == "finish") return finish();
    if (command == "new-coordinator") return take_over(words);
    ADD_FAILURE() << "no such command: " << command;
    return {};
  }

  /// cache SEGMENTS OWNERS [FACTORY]
  Rebalance::Actions start(const std::vector<std::string>& words) {
    shape_ = {static_cast<std::uint32_t>(std::stoul(words.at(0))), static_cast<std::uint32_t>(std::stoul(words.at(1)))};
    fresh_machine();
    return {};
  }
  void fresh_machine() {
    const auto registry = builtin_hash_factories();
    machine_.emplace(shape_, **registry.find(kDefaultHashFactory));
  }
  /// confirm NODE... : the newest topology; NODE@ID another one.
  Rebalance::Actions confirm(const std::vector<std::string>& words) {
    Rebalance::Actions all;
    for (const std::string& word : words) {
      const auto at = word.find('@');
      const auto id = at == std::string::npos ? machine_->topology().id : static_cast<std::uint32_t>(std::stoul(word.substr(at + 1)));
      for (auto& a : machine_->confirm(address(word.substr(0, at)), id)) all.push_back(std::move(a));
    }
    return all;
  }
  /// Everybody confirms until nobody is asked any more.
  Rebalance::Actions finish() {
    Rebalance::Actions all;
    while (!machine_->awaited().empty()) {
      const Address next = *machine_->awaited().begin();
      for (auto& a : machine_->confirm(next, machine_->topology().id)) all.push_back(std::move(a));
    }
    return all;
  }
  /// new-coordinator NODE... : those alive; it learns the newest topology from them.
  Rebalance::Actions take_over(const std::vector<std::string>& words) {
    const CacheTopology newest = machine_->topology();
    fresh_machine();
    return machine_->recover(newest, members(words));
  }
  static std::vector<HashMember> members(const std::vector<std::string>& words) {
    std::vector<HashMember> all;
    for (const auto& word : words) all.push_back(member(word));
    return all;
  }
  static std::vector<Address> addresses(const std::vector<std::string>& words) {
    std::vector<Address> all;
    for (const auto& word : words) all.push_back(address(word));
    return all;
  }

  HashShape shape_;
  std::optional<Rebalance> machine_;
};

class TopologyScripts : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> scripts() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(SCRIPTS)) names.push_back(file.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}
INSTANTIATE_TEST_SUITE_P(Files, TopologyScripts, ::testing::ValuesIn(scripts()),
                         [](const auto& script) {
                           std::string name = script.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(TopologyScripts, AnswersAsWritten) {
  const std::string path = std::string(SCRIPTS) + "/" + GetParam() + ".txt";
  std::ifstream file(path);
  std::string expected, actual, line;
  Script script;
  bool answers = false;  // lines of an answer are skipped; what was computed stands in for them
  while (std::getline(file, line)) {
    expected += line + "\n";
    if (line.starts_with("> ")) {
      actual += line + "\n" + script.answer(line.substr(2));
      answers = true;
    } else if (!answers || line.empty() || line.starts_with("#")) {
      answers = answers && !line.empty();
      actual += line + "\n";
    }
  }
  EXPECT_EQ(actual, expected) << path;
  if (std::getenv("HOLDFAST_REWRITE") && actual != expected) std::ofstream(path) << actual;
}

}  // namespace
}  // namespace holdfast::topology
