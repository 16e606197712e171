// The disk seam: whole files, folders and a lock file. (Stores will add positioned files.)
//
// Owner: the Runtime.  Threads: any.  Waits: for the disk (blocks the thread; keep off the data plane).
// Fails with: not_found, already_exists, access_denied, out_of_space, io_error; messages name the path.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace holdfast::runtime {

/// Held while it lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<Bytes> read(const std::string& path) = 0;
  /// All or nothing, and durable when it returns: temporary file, fsync, rename, fsync of the folder.
  virtual Status replace(const std::string& path, BytesView content) = 0;
  /// Durable; a missing file is no error.
  virtual Status remove(const std::string& path) = 0;
  virtual Status make_folders(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Names (not paths) of the files in a folder, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  /// An exclusive lock; already_exists when another process (or world) holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

}  // namespace holdfast::runtime
