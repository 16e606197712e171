#include "engine/definitions.h"

#include "base/file_name.h"

namespace holdfast::engine {
namespace {

constexpr const char* kLockFile = "___global.lck";
constexpr const char* kSuffix = ".definition";

}  // namespace

Result<std::unique_ptr<Definitions>> Definitions::open(runtime::Runtime& runtime, const std::string& folder, const DefinitionFormat& format) {
  const std::string subject = "global state folder '" + folder + "'";
  for (const char* part : {"", "/caches", "/templates"}) {
    if (const Status made = runtime.disk().make_folders(folder + part); !made.ok()) return made.error().in(subject);
  }
  std::unique_ptr<Definitions> definitions(new Definitions(runtime, folder, format));
  auto lock = runtime.disk().lock(folder + "/" + kLockFile);
  if (lock.failed_with(Errc::already_exists)) {
    return Error(Errc::already_exists, subject + " is in use by another cache manager; give each one a folder of its own");
  }
  if (!lock.ok()) return lock.error().in(subject);
  definitions->lock_ = std::move(lock).value();
  return definitions;
}

std::string Definitions::path_of(const std::string& name, bool is_template) const {
  return folder_of(is_template) + "/" + file_name_of(name) + kSuffix;
}

Status Definitions::keep(const Definition& d) {
  const Status kept = runtime_.disk().replace(path_of(d.name, d.is_template), format_.write(d));
  if (!kept.ok()) return kept.error().in("the definition of '" + d.name + "' could not be kept");
  return success();
}

Status Definitions::forget(const std::string& name, bool is_template) {
  return runtime_.disk().remove(path_of(name, is_template));
}

std::vector<Definition> Definitions::load() {
  std::vector<Definition> all;
  load_folder(true, all);
  load_folder(false, all);
  return all;
}

void Definitions::load_folder(bool is_template, std::vector<Definition>& into) {
  const std::string folder = folder_of(is_template);
  const auto names = runtime_.disk().list(folder);
  if (!names.ok()) {
    runtime_.log().error("container", "definitions kept in '" + folder + "' cannot be listed: " + names.error().message());
    return;
  }
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    const auto text = runtime_.disk().read(folder + "/" + name);
    auto definition = text.ok() ? format_.read(*text) : Result<Definition>(text.error());
    if (definition.ok()) {
      into.push_back(std::move(definition).value());
      into.back().is_template = is_template;
    } else {
      runtime_.log().error("container", "the definition in '" + folder + "/" + name + "' is left out: " + definition.error().message());
    }
  }
}

}  // namespace holdfast::engine
