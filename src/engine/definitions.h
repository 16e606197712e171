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
#include "model/entry.h"
#include "runtime/runtime.h"

namespace holdfast::engine {

/// How old a definition is, and the last removal of its name: what tells nodes that were apart whose is newer (ADR 5).
/// Versions are hybrid clocks (model/entry.h); 0 = never.
struct DefinitionMark {
  Version made = 0;
  Version removed = 0;        // whatever was made before is gone
  std::uint64_t request = 0;  // who asked for it, so that the same request is known again; 0 = nobody
  friend bool operator==(const DefinitionMark&, const DefinitionMark&) = default;
};
/// A definition that is there, or, with `removed` only, one that is gone.
struct KeptDefinition {
  Definition definition;
  DefinitionMark mark;
  bool gone() const { return mark.made <= mark.removed && mark.removed != 0; }
};

class Definitions {
 public:
  static Result<std::unique_ptr<Definitions>> open(runtime::Runtime& runtime, const std::string& folder, const DefinitionFormat& format);

  Status keep(const Definition& definition, const DefinitionMark& mark);
  /// Also remembers the removal, when the mark has one.
  Status forget(const std::string& name, bool is_template, const DefinitionMark& mark);
  /// No longer remembers that the name was removed.
  void forget_removal(const std::string& name, bool is_template);
  /// What operators of a cluster switched, as the cluster writes it; "" = nothing yet.
  Status keep_switches(BytesView switches) { return runtime_.disk().replace(folder_ + "/" + kSwitchesFile, switches); }
  Bytes kept_switches();
  /// What is kept, in the order of file names, and what is gone. A file that cannot be read is left alone and told of in the log.
  std::vector<KeptDefinition> load();

 private:
  static constexpr const char* kSwitchesFile = "rebalancing.switches";

  Definitions(runtime::Runtime& runtime, std::string folder, const DefinitionFormat& format)
      : runtime_(runtime), folder_(std::move(folder)), format_(format) {}
  std::string folder_of(bool is_template) const { return folder_ + (is_template ? "/templates" : "/caches"); }
  std::string path_of(const std::string& name, bool is_template, const char* suffix) const;
  void load_folder(bool is_template, std::vector<KeptDefinition>& into);
  Result<KeptDefinition> read(const std::string& path, bool is_template);

  runtime::Runtime& runtime_;
  const std::string folder_;
  const DefinitionFormat& format_;
  std::unique_ptr<runtime::FileLock> lock_;
};

}  // namespace holdfast::engine
