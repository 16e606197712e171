#include "main/machine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace holdfast::main_program {
namespace {

constexpr int kWakeSignal = SIGUSR1;

sigset_t held_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, kWakeSignal}) sigaddset(&set, signal);
  // The terminal went away: stop in order too, unless nohup said to stay.
  struct sigaction hang_up {};
  if (::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  return set;
}

std::string numeric(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

std::vector<server::MachineAddress> machine_addresses() {
  std::vector<server::MachineAddress> addresses;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return addresses;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    std::string text = numeric(each->ifa_addr);
    if (!text.empty()) addresses.push_back({each->ifa_name, std::move(text)});
  }
  ::freeifaddrs(all);
  return addresses;
}

std::optional<std::string> resolve_host(const std::string& host) {
  std::optional<std::string> found;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &all) != 0) return found;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const addrinfo* each = all; each != nullptr && !found; each = each->ai_next) {
      if (each->ai_family == family) found = numeric(each->ai_addr);
    }
  }
  ::freeaddrinfo(all);
  return found;
}

std::string executable_folder() {
  char path[PATH_MAX] = "";
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return current_folder();
  const std::string full(path, static_cast<std::size_t>(length));
  return full.substr(0, full.rfind('/'));
}

std::string become(const std::string& program, const std::vector<std::string>& words) {
  std::vector<char*> arguments = {const_cast<char*>(program.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return std::strerror(errno);
}

std::string current_folder() {
  char path[PATH_MAX] = "";
  return ::getcwd(path, sizeof path) ? path : ".";
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void fill_standard_descriptors() {
  // Each open() takes the lowest free number.
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDWR);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened > STDERR_FILENO) ::close(opened);
}

void hold_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = held_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int next_signal(long ms) {
  const sigset_t set = held_signals();
  for (;;) {
    const timespec limit{ms / 1000, (ms % 1000) * 1000000};
    const int got = ms < 0 ? ::sigwaitinfo(&set, nullptr) : ::sigtimedwait(&set, nullptr, &limit);
    if (got == kWakeSignal) return kWoken;
    if (got > 0) return got;
    if (errno == EAGAIN) return 0;
  }
}

void wake_signal_wait() { ::kill(::getpid(), kWakeSignal); }

void exit_at_once(int code) { ::_exit(code); }

}  // namespace holdfast::main_program
