// holdfast simulate: becomes holdfast-simulate, the program beside this one (docs/adr/0008-simulate.md says why it is another one).
#include <cstdio>

#include "main/commands.h"
#include "main/exit_codes.h"
#include "main/machine.h"

namespace holdfast::main_program {

int run_simulate(const Words& words) {
  const std::string folder = executable_folder(), program = folder + "/holdfast-simulate";
  const std::string why = become(program, words);
  std::fprintf(stderr, "holdfast simulate needs the program holdfast-simulate in %s (%s). It comes with the sources: cmake --preset release && cmake --build --preset release --target holdfast-simulate\n",
               folder.c_str(), why.c_str());
  return kExitNoInput;
}

}  // namespace holdfast::main_program
