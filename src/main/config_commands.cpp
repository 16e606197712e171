// The subcommands around configuration files.
#include <cstdio>

#include "config/config.h"
#include "main/commands.h"
#include "main/exit_codes.h"
#include "main/machine.h"
#include "main/properties.h"
#include "runtime/posix_runtime.h"

namespace holdfast::main_program {
namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return exit_code_of(error.code());
}

int usage(const char* sentence) {
  std::fprintf(stderr, "%s\n", sentence);
  return kExitUsage;
}

/// Reads as the server would, with the environment as properties.
struct Reading {
  std::unique_ptr<runtime::Runtime> runtime = runtime::make_posix_runtime();
  config::ReadOptions options;

  Reading() {
    options.property = environment;
    options.read_file = [this](const std::string& path) -> Result<std::string> {
      return runtime->disk().read(absolute(path, current_folder()));
    };
  }
};

}  // namespace

int config_check(const Words& words) {
  if (words.empty()) return usage("usage: holdfast config check FILE ...");
  const Reading reading;
  auto document = config::read_files(words, reading.options);
  if (!document.ok()) return fail(document.error());
  for (const std::string& warning : document->warnings) std::printf("warning: %s\n", warning.c_str());
  std::printf("%zu caches, %zu templates, %zu endpoints: no errors\n", document->container.caches.size(), document->container.templates.size(),
              document->server.endpoints.size());
  return kExitOk;
}

int config_convert(const Words& words) {
  if (words.size() != 3 || words[0] != "--to") return usage("usage: holdfast config convert --to xml|json|yaml FILE");
  auto format = config::format_from_name(words[1]);
  if (!format.ok()) return fail(format.error());
  Reading reading;
  reading.options.file = words[2];
  auto text = reading.options.read_file(words[2]);
  if (!text.ok()) return fail(text.error());
  auto converted = config::convert(*text, reading.options, *format);
  if (!converted.ok()) return fail(converted.error());
  std::fputs(converted->c_str(), stdout);
  return kExitOk;
}

int config_schema(const Words& words) {
  if (words.size() != 1 || (words[0] != "xsd" && words[0] != "json")) return usage("usage: holdfast config schema xsd|json");
  std::fputs((words[0] == "xsd" ? config::xml_schema() : config::json_schema()).c_str(), stdout);
  return kExitOk;
}

int config_settings(const Words&) {
  for (const config::SettingInfo& s : config::settings()) {
    std::printf("%s (%s, default %s)%s%s\n    %s\n", s.path.c_str(), s.type.c_str(), s.fallback.empty() ? "none" : s.fallback.c_str(),
                s.mutable_at_runtime ? ", can change at run time" : "", s.built ? "" : ", not built yet", s.doc.c_str());
  }
  return kExitOk;
}

}  // namespace holdfast::main_program
