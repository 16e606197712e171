#include "base/reading.h"
#include "main/commands.h"

int main(int argc, char** argv) {
  // Asked while there is one thread this costs nothing; with more the kernel waits for every processor, some 16 ms.
  static_cast<void>(holdfast::ReadSection::possible());
  return holdfast::main_program::run_command({argv + (argc > 0 ? 1 : 0), argv + argc});
}
