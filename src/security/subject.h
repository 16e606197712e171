// Subject: who is asking, once authenticated.
//
// Owner: a session.  Threads: as a value.
#pragma once

#include <string>
#include <vector>

#include "model/permission.h"

namespace holdfast::security {

struct Subject {
  std::string name;                 // "" = anonymous
  std::vector<std::string> groups;
  bool anonymous() const { return name.empty(); }
};

}  // namespace holdfast::security
