// How failures look to clients: a status, and a text as the original's exceptions print themselves, since clients match
// on both.
//
// Threads: any.  Waits: never.
#pragma once

#include <string>

#include "base/result.h"
#include "model/hotrod_protocol.h"

namespace holdfast::hotrod {

ResponseStatus status_of(Errc code);
std::string text_of(const Error& error);

}  // namespace holdfast::hotrod
