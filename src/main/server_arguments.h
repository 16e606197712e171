// The flags of `holdfast server`: those of the original's server.sh, with its meanings.
//
// Owner: values.  Threads: any.  Waits: never.  Fails with: invalid_argument (the sentence of a wrong flag).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace holdfast::main_program {

struct ServerArguments {
  std::vector<std::string> configurations;  // -c, in order
  std::string root;                         // -s
  std::string bind_address;                 // -b
  int port = 0;                             // -p; 0 = not said
  int port_offset = 0;                      // -o
  std::string node_name;                    // -n
  std::string cluster_name;                 // -g
  std::string stack;                        // -j
  std::vector<std::string> property_files;  // -P
  std::map<std::string, std::string> defines;  // -Dkey=value
  bool insecure = false;
  bool help = false;
  bool version = false;
};

Result<ServerArguments> parse_server_arguments(const std::vector<std::string>& words);
std::string server_help();

}  // namespace holdfast::main_program
