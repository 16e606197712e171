// Failures as HTTP tells them: a status and a problem document (RFC 9457).
//
// Threads: any.  Waits: never.
#pragma once

#include <string>

#include "base/result.h"

namespace holdfast::rest {

int status_of(Errc code);
std::string problem_document(int status, std::string_view detail);
inline constexpr const char* kProblemType = "application/problem+json";

}  // namespace holdfast::rest
