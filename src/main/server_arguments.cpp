#include "main/server_arguments.h"

#include <CLI/CLI.hpp>

namespace holdfast::main_program {
namespace {

struct Parser {
  CLI::App app{"Runs a server in the foreground.", "holdfast server"};
  ServerArguments arguments;

  Parser() {
    app.set_help_flag();
    app.add_option("-c,--server-config", arguments.configurations, "configuration files, relative to ROOT/conf or absolute; repeatable, a later one adds")
        ->delimiter(',')->expected(1)->take_all()->type_name("FILE[,FILE]");
    app.add_option("-s,--server-root", arguments.root, "the server's folder with conf, data, lib and log")->type_name("ROOT");
    app.add_option("-b,--bind-address", arguments.bind_address,
                   "address for clients, or SITE_LOCAL, LOOPBACK, GLOBAL, LINK_LOCAL, NON_LOOPBACK, match-interface:REGEX, match-address:REGEX")->type_name("ADDRESS");
    app.add_option("-p,--bind-port", arguments.port, "port for clients (11222)")->check(CLI::Range(1, 65535))->type_name("PORT");
    app.add_option("-o,--port-offset", arguments.port_offset, "added to every port")->check(CLI::Range(0, 65535))->type_name("N");
    app.add_option("-n,--node-name", arguments.node_name, "this node's name")->type_name("NAME");
    app.add_option("-g,--cluster-name", arguments.cluster_name, "the cluster's name")->type_name("NAME");
    app.add_option("-j,--cluster-stack", arguments.stack, "the cluster's transport stack")->type_name("STACK");
    app.add_option("-P,--properties", arguments.property_files, "a file of Java properties for ${...}")->expected(1)->take_all()->type_name("FILE");
    app.add_flag("--insecure", arguments.insecure, "without a configuration: listen on other addresses than loopback without credentials");
    app.add_flag("-h,--help", arguments.help, "print this and exit");
    app.add_flag("-v,--version", arguments.version, "print the version and exit");
    app.footer("  -Dkey=value                 a property for ${key:default}, anywhere among the flags");
  }
};

}  // namespace

Result<ServerArguments> parse_server_arguments(const std::vector<std::string>& words) {
  Parser parser;
  std::vector<std::string> flags;
  for (const std::string& word : words) {
    if (!word.starts_with("-D")) {
      flags.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
    if (key.empty()) return Error(Errc::invalid_argument, "'" + word + "' names no property; write -Dkey=value");
    parser.arguments.defines[key] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  // CLI11 takes the words from the back.
  std::vector<std::string> reversed(flags.rbegin(), flags.rend());
  try {
    parser.app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return Error(Errc::invalid_argument, std::string(error.what()) + "; holdfast server --help shows the flags");
  }
  return std::move(parser.arguments);
}

std::string server_help() { return Parser().app.help(); }

}  // namespace holdfast::main_program
