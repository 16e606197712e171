// Process: one run of a server from its arguments to its exit code.
//
// Owner: main().  Threads: the main thread, which waits for signals.  Waits: until the server is told to stop.
// Fails with: an exit code (exit_codes.h) and one sentence on standard error.
#pragma once

#include <memory>

#include "main/logging.h"
#include "main/properties.h"
#include "main/server_arguments.h"
#include "server/server.h"

namespace holdfast::main_program {

class Process {
 public:
  explicit Process(ServerArguments arguments) : arguments_(std::move(arguments)) {}
  int run();

 private:
  Status start();
  Result<config::Document> read_configuration(const Properties& properties, bool& configured);
  void tell_how_to_use() const;
  void serve();
  int fail(const Error& error);

  const ServerArguments arguments_;
  Logging logging_;  // outlives the runtime
  std::string home_;
  std::unique_ptr<runtime::Runtime> runtime_;
  std::unique_ptr<server::Server> server_;
};

}  // namespace holdfast::main_program
