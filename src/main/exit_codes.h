// Exit codes, as sysexits.h numbers them.
//
// Threads: any; constant data.
#pragma once

#include "base/result.h"

namespace holdfast::main_program {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 64;          // wrong arguments
inline constexpr int kExitNoInput = 66;        // a file that is not there or cannot be read
inline constexpr int kExitPortTaken = 69;
inline constexpr int kExitDefect = 70;
inline constexpr int kExitSystem = 71;
inline constexpr int kExitCannotCreate = 73;   // a folder or file that cannot be written, a full disk
inline constexpr int kExitTryAgain = 75;       // the data folder is in use
inline constexpr int kExitConfiguration = 78;

int exit_code_of(Errc code);

}  // namespace holdfast::main_program
