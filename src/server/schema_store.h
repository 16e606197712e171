// SchemaStore: the protobuf schemas on the disk, a file for each, so that they are there again after a restart.
//
// Owner: the SchemaCache.  Threads: any, one call at a time.  Waits: for the disk (blocks the thread).
// Fails with: out_of_space, access_denied, io_error; messages name the schema and the path.
#pragma once

#include <map>
#include <string>

#include "runtime/runtime.h"

namespace holdfast::server {

class SchemaStore {
 public:
  /// Nothing is written before the first schema is kept.
  SchemaStore(runtime::Runtime& runtime, std::string folder) : runtime_(runtime), folder_(std::move(folder)) {}

  /// Texts by name. A file that cannot be read is left alone and told of in the log.
  std::map<std::string, std::string> load();
  /// These and no others. Each file is replaced as a whole and durable when it returns; the first failure ends it.
  Status keep_only(const std::map<std::string, std::string>& texts);

 private:
  Status keep(const std::string& name, const std::string& text);
  Status forget(const std::string& name);
  std::string path_of(const std::string& name) const;

  runtime::Runtime& runtime_;
  const std::string folder_;
  std::map<std::string, std::string> kept_;  // as load() and the changes since have it: what stays the same is not written
};

}  // namespace holdfast::server
