#include "main/commands.h"

int main(int argc, char** argv) { return holdfast::main_program::run_command({argv + (argc > 0 ? 1 : 0), argv + argc}); }
