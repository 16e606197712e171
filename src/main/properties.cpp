#include "main/properties.h"

#include "main/machine.h"
#include "security/properties_file.h"

namespace holdfast::main_program {
namespace {

constexpr const char* kPath = "infinispan.server.";

}  // namespace

std::string absolute(const std::string& path, const std::string& folder) {
  if (path.empty() || path.front() == '/') return path;
  return folder + "/" + path;
}

std::string find_home(runtime::Disk& disk) {
  if (const auto home = environment("HOLDFAST_HOME"); home && !home->empty()) return absolute(*home, current_folder());
  // Beside bin/ (an installed home), or in build/PRESET of the source tree.
  const std::string folder = executable_folder();
  for (const char* up : {"/..", "/../.."}) {
    if (disk.exists(folder + up + "/server/conf")) return folder + up;
  }
  return current_folder();
}

void Properties::set(const std::string& name, const std::string& value) {
  // What was given by hand stays.
  if (!value.empty()) values_.emplace(name, value);
}

std::optional<std::string> Properties::find(const std::string& name) const {
  if (const auto at = values_.find(name); at != values_.end()) return at->second;
  constexpr std::string_view kEnvironment = "env.";
  return environment(name.starts_with(kEnvironment) ? name.substr(kEnvironment.size()) : name);
}

Result<Properties> Properties::make(const ServerArguments& arguments, const std::string& home, runtime::Disk& disk) {
  Properties p;
  p.values_ = arguments.defines;
  for (const std::string& file : arguments.property_files) {
    HF_ASSIGN(const Bytes text, disk.read(absolute(file, current_folder())));
    HF_ASSIGN(const auto read, security::parse_properties(text, file));
    p.values_.insert(read.begin(), read.end());
  }
  const auto folder = [&](const char* name, const std::string& fallback) {
    const std::string property = std::string(kPath) + name + ".path";
    const auto given = p.find(property);
    const std::string path = absolute(given.value_or(fallback), current_folder());
    p.values_[property] = path;
    return path;
  };
  p.folders_.home = folder("home", home);
  if (!arguments.root.empty()) p.values_["infinispan.server.root.path"] = arguments.root;
  p.folders_.root = folder("root", p.folders_.home + "/server");
  p.folders_.configuration = folder("config", p.folders_.root + "/conf");
  p.folders_.data = folder("data", p.folders_.root + "/data");
  p.folders_.log = folder("log", p.folders_.root + "/log");
  // The original's files name these without a default.
  p.set("infinispan.cluster.name", arguments.cluster_name.empty() ? "cluster" : arguments.cluster_name);
  p.set("infinispan.cluster.stack", arguments.stack.empty() ? "tcp" : arguments.stack);
  p.set("java.io.tmpdir", environment("TMPDIR").value_or("/tmp"));
  p.set("user.home", environment("HOME").value_or("/"));
  p.set("user.dir", current_folder());
  p.set("infinispan.node.name", arguments.node_name);
  p.set("infinispan.bind.address", arguments.bind_address);
  if (arguments.port > 0) p.set("infinispan.bind.port", std::to_string(arguments.port));
  if (arguments.port_offset > 0) p.set("infinispan.socket.binding.port-offset", std::to_string(arguments.port_offset));
  return p;
}

}  // namespace holdfast::main_program
