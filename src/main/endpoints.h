// The protocols that this executable has.
//
// Threads: any; made once.
#pragma once

#include <map>
#include <string>

#include "server/endpoint.h"

namespace holdfast::main_program {

std::map<std::string, server::EndpointFactory> built_in_endpoints();

}  // namespace holdfast::main_program
