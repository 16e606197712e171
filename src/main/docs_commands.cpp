// docs/coverage.md: what exists, from the catalog of operations and the descriptors of settings.
#include <cstdio>
#include <map>
#include <set>

#include "config/config.h"
#include "main/commands.h"
#include "main/exit_codes.h"
#include "ops/catalog.h"

namespace holdfast::main_program {
namespace {

constexpr std::string_view kContainer = "cache-container/";

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : c == '\n' ? std::string(" ") : std::string(1, c);
  return out;
}

/// Every kind of cache and template takes the same settings: their elements are one, CACHE.
std::string without_kind(const std::string& path) {
  if (!path.starts_with(kContainer)) return path;
  const std::size_t end = path.find_first_of("/@", kContainer.size());
  if (end == std::string::npos) return path;
  const std::string_view element = std::string_view(path).substr(kContainer.size(), end - kContainer.size());
  const bool is_cache = element.ends_with("-cache") || element.ends_with("-cache-configuration");
  return is_cache ? std::string(kContainer) + "CACHE" + path.substr(end) : path;
}

void print_operations() {
  std::puts("## Operations\n\n| operation | what it does | permission | of | since |\n|---|---|---|---|---|");
  for (const ops::Operation& op : ops::operations()) {
    std::printf("| %s | %s | %s | %s | %s |\n", std::string(op.name).c_str(), cell(op.doc).c_str(),
                std::string(permission_name(op.permission)).c_str(), op.scope == ops::Scope::cache ? "a cache" : "the container",
                std::string(op.since).c_str());
  }
}

void print_built(const std::vector<config::SettingInfo>& all) {
  std::puts("\n## Settings\n\nCACHE is any of local-cache, replicated-cache, ... and their -configuration templates.\n\n"
            "| setting | meaning | type | default | at run time | since |\n|---|---|---|---|---|---|");
  std::set<std::string> told;
  for (const config::SettingInfo& s : all) {
    const std::string path = without_kind(s.path);
    if (!s.built || !told.insert(path).second) continue;
    std::printf("| %s | %s | %s | %s | %s | %s |\n", cell(path).c_str(), cell(s.doc).c_str(), cell(s.type).c_str(), cell(s.fallback).c_str(),
                s.mutable_at_runtime ? "yes" : "", s.since.c_str());
  }
}

void print_accepted(const std::vector<config::SettingInfo>& all) {
  std::map<std::string, std::set<std::string>> attributes;  // by element
  for (const config::SettingInfo& s : all) {
    if (s.built) continue;
    const std::string path = without_kind(s.path);
    const std::size_t at = path.find('@');
    if (at != std::string::npos) attributes[path.substr(0, at)].insert(path.substr(at + 1));
  }
  std::puts("\n## Accepted, without effect yet\n\nSettings of the original that are read with one warning and do nothing.\n\n| element | attributes |\n|---|---|");
  for (const auto& [element, names] : attributes) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    std::printf("| %s | %s |\n", cell(element).c_str(), cell(list).c_str());
  }
}

}  // namespace

int docs_coverage(const Words&) {
  std::puts("# What exists\n\nWritten by `holdfast docs coverage`; `tests/server` checks that it is current. Every operation as every role is "
            "tested in `tests/authorization`;\nevery setting is read and written in all three formats by the tests of `src/config`.\n");
  print_operations();
  const std::vector<config::SettingInfo> settings = config::settings();
  print_built(settings);
  print_accepted(settings);
  return kExitOk;
}

}  // namespace holdfast::main_program
