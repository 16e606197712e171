// holdfast bench: the load generator of cli/load.h.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "cli/load.h"
#include "client/remote_world.h"
#include "main/commands.h"
#include "main/exit_codes.h"
#include "runtime/posix_runtime.h"

namespace holdfast::main_program {
namespace {

struct Arguments {
  std::string server = "hotrod://127.0.0.1:11222";
  std::string work = "mix";
  double seconds = 5;
  unsigned threads = 1;
  bool any = false;
  bool no_fill = false;
  bool help = false;
  cli::LoadOptions load;
};

struct Parser {
  CLI::App app{"Puts load on a grid and tells how long operations took. One line: words, each with its figure.", "holdfast bench"};
  Arguments arguments;

  Parser() {
    Arguments& a = arguments;
    app.set_help_flag();
    app.add_option("--server", a.server, "the grid: hotrod://[user:password@]host[:port][,host[:port]...][?property=value]")->type_name("URI");
    app.add_option("--cache", a.load.cache, "the cache; none = the default cache")->type_name("NAME");
    app.add_option("--operation", a.work, "get, put or mix (9 gets to a put)")->check(CLI::IsMember({"get", "put", "mix"}))->type_name("WHAT");
    app.add_option("--connections", a.load.connections, "clients, each with a connection to every server that it needs (1)")->check(CLI::Range(1, 100'000))->type_name("N");
    app.add_option("--depth", a.load.depth, "operations that each client keeps under way (1)")->check(CLI::Range(1, 4096))->type_name("D");
    app.add_option("--keys", a.load.keys, "different keys (10000)")->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))->type_name("K");
    app.add_option("--value-size", a.load.value_bytes, "bytes of a value (100)")->check(CLI::Range(0, 1 << 28))->type_name("B");
    app.add_option("--seconds", a.seconds, "how long (5)")->check(CLI::Range(0.01, 1e6))->type_name("S");
    app.add_option("--zipf", a.load.zipf, "keys are drawn unevenly, with this exponent; 0 = evenly")->check(CLI::Range(0.0, 10.0))->type_name("F");
    app.add_option("--threads", a.threads, "of this generator (1)")->check(CLI::Range(1, 1024))->type_name("N");
    app.add_flag("--any", a.any, "ask the named servers in turn instead of the owners of the keys");
    app.add_flag("--no-fill", a.no_fill, "do not put every key first");
    app.add_flag("--verify", a.load.verify, "compare every value that is read with what it must be");
    app.add_flag("-h,--help", a.help, "print this and exit");
  }
};

cli::Work work_of(const std::string& name) { return name == "get" ? cli::Work::get : name == "put" ? cli::Work::put : cli::Work::mix; }

int fail(const Error& error) {
  std::fprintf(stderr, "holdfast bench: %s\n", error.message().c_str());
  return exit_code_of(error.code());
}

int run(Arguments& a) {
  try {
    a.load.client = detail::client_options(RemoteConfiguration::from_uri(a.server));
  } catch (const CacheException& e) {
    std::fprintf(stderr, "holdfast bench: %s\n", e.what());
    return kExitUsage;
  }
  if (a.any) a.load.client.connection.intelligence = client::Intelligence::basic;
  a.load.work = work_of(a.work);
  a.load.fill = !a.no_fill;
  a.load.length = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(a.seconds));
  const auto runtime = runtime::make_posix_runtime({.loops = a.threads});
  const auto report = cli::run_load(*runtime, a.load);
  if (!report.ok()) return fail(report.error());
  std::puts(cli::to_line(*report).c_str());
  if (report->errors > 0) std::fprintf(stderr, "holdfast bench: %llu errors, the first: %s\n", static_cast<unsigned long long>(report->errors), report->first_error.c_str());
  return report->errors + report->wrong + report->missing == 0 ? kExitOk : kExitDefect;
}

}  // namespace

int run_bench(const Words& words) {
  Parser parser;
  try {
    parser.app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "holdfast bench: %s; holdfast bench --help shows the flags\n", error.what());
    return kExitUsage;
  }
  if (!parser.arguments.help) return run(parser.arguments);
  std::fputs(parser.app.help().c_str(), stdout);
  return kExitOk;
}

}  // namespace holdfast::main_program
