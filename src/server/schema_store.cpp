#include "server/schema_store.h"

#include "base/file_name.h"
#include "base/varint.h"

namespace holdfast::server {
namespace {

constexpr const char* kSuffix = ".schema";

/// The name, a vInt of its length before it, and the text.
Bytes written(const std::string& name, const std::string& text) {
  Bytes out;
  append_array(out, name);
  return out + text;
}

}  // namespace

std::string SchemaStore::path_of(const std::string& name) const { return folder_ + "/" + file_name_of(name) + kSuffix; }

std::map<std::string, std::string> SchemaStore::load() {
  kept_.clear();
  if (!runtime_.disk().exists(folder_)) return kept_;
  const auto files = runtime_.disk().list(folder_);
  if (!files.ok()) {
    runtime_.log().error("schemas", "the schemas kept in '" + folder_ + "' cannot be listed: " + files.error().message());
    return kept_;
  }
  for (const std::string& file : *files) {
    if (!file.ends_with(kSuffix)) continue;
    const std::string path = folder_ + "/" + file;
    const auto content = runtime_.disk().read(path);
    Reader in(content.ok() ? BytesView(*content) : BytesView());
    std::string name(in.array());
    if (in.ok() && path_of(name) == path) {
      kept_.emplace(std::move(name), in.bytes(in.remaining()));
    } else {
      runtime_.log().error("schemas", "the schema in '" + path + "' is left out: " +
                                          (content.ok() ? "it is damaged; put the schema again, which replaces the file" : content.error().message()));
    }
  }
  return kept_;
}

Status SchemaStore::keep_only(const std::map<std::string, std::string>& texts) {
  for (const auto& [name, text] : texts) HF_TRY(keep(name, text));
  const auto kept = kept_;
  for (const auto& [name, text] : kept) {
    if (!texts.contains(name)) HF_TRY(forget(name));
  }
  return success();
}

Status SchemaStore::keep(const std::string& name, const std::string& text) {
  if (const auto at = kept_.find(name); at != kept_.end() && at->second == text) return success();
  Status kept = runtime_.disk().make_folders(folder_);
  if (kept.ok()) kept = runtime_.disk().replace(path_of(name), written(name, text));
  if (!kept.ok()) return kept.error().in("the schema '" + name + "' could not be kept");
  kept_.insert_or_assign(name, text);
  return success();
}

Status SchemaStore::forget(const std::string& name) {
  const Status gone = runtime_.disk().remove(path_of(name));
  if (!gone.ok()) return gone.error().in("the schema '" + name + "' could not be removed");
  kept_.erase(name);
  return success();
}

}  // namespace holdfast::server
