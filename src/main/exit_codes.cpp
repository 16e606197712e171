#include "main/exit_codes.h"

namespace holdfast::main_program {

int exit_code_of(Errc code) {
  switch (code) {
    case Errc::ok: return kExitOk;
    case Errc::not_found: return kExitNoInput;
    case Errc::invalid_argument:
    case Errc::invalid_configuration:
    case Errc::not_supported:
    case Errc::corrupt: return kExitConfiguration;
    case Errc::address_in_use: return kExitPortTaken;
    case Errc::access_denied:
    case Errc::out_of_space:
    case Errc::io_error: return kExitCannotCreate;
    case Errc::already_exists: return kExitTryAgain;
    case Errc::exhausted: return kExitSystem;
    default: return kExitDefect;
  }
}

}  // namespace holdfast::main_program
