// The folders of a server and the properties for ${...}: -D first, then -P files, then what the flags set (the
// original's names), then the environment.
//
// Owner: the process.  Threads: the main thread.  Waits: reads -P files.
// Fails with: not_found, corrupt (a -P file).
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "main/server_arguments.h"
#include "runtime/disk.h"

namespace holdfast::main_program {

/// All absolute.
struct Folders {
  std::string home;
  std::string root;
  std::string configuration;
  std::string data;
  std::string log;
};

class Properties {
 public:
  /// `home` is where bin/ and server/ lie.
  static Result<Properties> make(const ServerArguments& arguments, const std::string& home, runtime::Disk& disk);
  const Folders& folders() const { return folders_; }
  std::optional<std::string> find(const std::string& name) const;
  /// Borrows this object.
  config::PropertySource source() const {
    return [this](const std::string& name) { return find(name); };
  }

 private:
  void set(const std::string& name, const std::string& value);

  std::map<std::string, std::string> values_;
  Folders folders_;
};

/// HOLDFAST_HOME, or found from where the executable lies.
std::string find_home(runtime::Disk& disk);
/// `path`, taken from `folder` when it is relative.
std::string absolute(const std::string& path, const std::string& folder);

}  // namespace holdfast::main_program
