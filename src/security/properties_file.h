// The users.properties and groups.properties of the original: Java properties with a header in comments.
//
// Owner: stateless; results are values.  Threads: any.  Waits: never.
// Fails with: corrupt; the message names the file and the line, and never a password.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "security/realm.h"

namespace holdfast::security {

struct UsersFile {
  std::string realm;       // of the header #$REALM_NAME=...$; "" when there is none
  bool encrypted = false;  // #$ALGORITHM=encrypted$; clear when there is no header
  std::map<std::string, Credential> users;
};

/// `path` is for messages only.
Result<UsersFile> parse_users(BytesView text, const std::string& path);

/// Any file of Java properties; keys without a value have an empty one.
Result<std::map<std::string, std::string>> parse_properties(BytesView text, const std::string& path);

using Groups = std::map<std::string, std::vector<std::string>>;
Result<Groups> parse_groups(BytesView text, const std::string& path);

}  // namespace holdfast::security
