#include "engine/definitions.h"

#include <charconv>

#include "base/file_name.h"

namespace holdfast::engine {
namespace {

constexpr const char* kLockFile = "___global.lck";
constexpr const char* kSuffix = ".definition";
constexpr const char* kRemovedSuffix = ".removed";  // holds the mark and the name
constexpr char kMarkSign = '#';                     // the first line of a file: made, removed, request

std::string line_of(const DefinitionMark& mark) {
  return kMarkSign + std::to_string(mark.made) + ' ' + std::to_string(mark.removed) + ' ' + std::to_string(mark.request) + '\n';
}

/// Takes the first line off the text. Files that have no such line were put there by hand.
DefinitionMark take_mark(std::string_view& text) {
  DefinitionMark mark;
  const std::size_t end = text.find('\n');
  if (text.empty() || text.front() != kMarkSign || end == std::string_view::npos) return mark;
  const char* at = text.data() + 1;
  for (std::uint64_t* number : {&mark.made, &mark.removed, &mark.request}) {
    at = std::from_chars(at, text.data() + end, *number).ptr;
    if (at != text.data() + end) ++at;
  }
  text.remove_prefix(end + 1);
  return mark;
}

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

std::string Definitions::path_of(const std::string& name, bool is_template, const char* suffix) const {
  return folder_of(is_template) + "/" + file_name_of(name) + suffix;
}

Status Definitions::keep(const Definition& d, const DefinitionMark& mark) {
  const Status kept = runtime_.disk().replace(path_of(d.name, d.is_template, kSuffix), line_of(mark) + format_.write(d));
  if (!kept.ok()) return kept.error().in("the definition of '" + d.name + "' could not be kept");
  return success();
}

Status Definitions::forget(const std::string& name, bool is_template, const DefinitionMark& mark) {
  if (mark.removed != 0) HF_TRY(runtime_.disk().replace(path_of(name, is_template, kRemovedSuffix), line_of(mark) + name));
  return runtime_.disk().remove(path_of(name, is_template, kSuffix));
}

void Definitions::forget_removal(const std::string& name, bool is_template) {
  static_cast<void>(runtime_.disk().remove(path_of(name, is_template, kRemovedSuffix)));  // harmless when it stays
}

Bytes Definitions::kept_switches() {
  auto kept = runtime_.disk().read(folder_ + "/" + kSwitchesFile);
  return kept.ok() ? std::move(*kept) : Bytes();
}

std::vector<KeptDefinition> Definitions::load() {
  std::vector<KeptDefinition> all;
  load_folder(true, all);
  load_folder(false, all);
  return all;
}

Result<KeptDefinition> Definitions::read(const std::string& path, bool is_template) {
  HF_ASSIGN(const Bytes whole, runtime_.disk().read(path));
  std::string_view text = whole;
  KeptDefinition kept;
  kept.mark = take_mark(text);
  if (path.ends_with(kRemovedSuffix)) {
    kept.definition.name = text;
  } else {
    HF_ASSIGN(kept.definition, format_.read(text));
  }
  kept.definition.is_template = is_template;
  return kept;
}

void Definitions::load_folder(bool is_template, std::vector<KeptDefinition>& into) {
  const std::string folder = folder_of(is_template);
  const auto names = runtime_.disk().list(folder);
  if (!names.ok()) {
    runtime_.log().error("container", "definitions kept in '" + folder + "' cannot be listed: " + names.error().message());
    return;
  }
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix) && !name.ends_with(kRemovedSuffix)) continue;
    auto kept = read(folder + "/" + name, is_template);
    if (kept.ok()) into.push_back(std::move(kept).value());
    else runtime_.log().error("container", "the definition in '" + folder + "/" + name + "' is left out: " + kept.error().message());
  }
}

}  // namespace holdfast::engine
