// Definitions: the caches and templates made at run time, kept in the global state folder, one file each, so that
// they are there again after a restart. A lock file keeps a second world out of the folder.
//
// Owner: the World.  Threads: any; one at a time per name.  Waits: for the disk.
// Fails with: already_exists (another world uses the folder), out_of_space, access_denied, io_error.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/cache_manager.h"
#include "runtime/runtime.h"

namespace holdfast::engine {

class Definitions {
 public:
  static Result<std::unique_ptr<Definitions>> open(runtime::Runtime& runtime, const std::string& folder, const DefinitionFormat& format);

  Status keep(const Definition& definition);
  Status forget(const std::string& name, bool is_template);
  /// What is kept, in the order of file names. A file that cannot be read is left alone and told of in the log.
  std::vector<Definition> load();

 private:
  Definitions(runtime::Runtime& runtime, std::string folder, const DefinitionFormat& format)
      : runtime_(runtime), folder_(std::move(folder)), format_(format) {}
  std::string folder_of(bool is_template) const { return folder_ + (is_template ? "/templates" : "/caches"); }
  std::string path_of(const std::string& name, bool is_template) const;
  void load_folder(bool is_template, std::vector<Definition>& into);

  runtime::Runtime& runtime_;
  const std::string folder_;
  const DefinitionFormat& format_;
  std::unique_ptr<runtime::FileLock> lock_;
};

}  // namespace holdfast::engine
