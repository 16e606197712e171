// Registry: plug-ins of one kind by name. A registry belongs to a world (nothing here is global); main/ and the
// library's start-up fill it from an explicit list.
//
// Owner: the world.  Threads: filled before the world starts, read-only afterwards.  Waits: never.
// Fails with: already_exists, not_found.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace holdfast {

template <class Factory>
class Registry {
 public:
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  Status add(std::string name, Factory factory) {
    const auto [at, fresh] = entries_.emplace(std::move(name), std::move(factory));
    if (!fresh) return Error(Errc::already_exists, "a " + kind_ + " named '" + at->first + "' is registered already");
    return success();
  }
  Result<const Factory*> find(const std::string& name) const {
    const auto at = entries_.find(name);
    if (at == entries_.end()) return Error(Errc::not_found, "there is no " + kind_ + " named '" + name + "'");
    return &at->second;
  }
  const std::map<std::string, Factory>& entries() const { return entries_; }

 private:
  std::string kind_;
  std::map<std::string, Factory> entries_;
};

}  // namespace holdfast
