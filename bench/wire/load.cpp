// wire_load: closed-loop load over TCP. Every connection keeps `depth` requests in flight; every answer is verified.
// Prints one line: operations, seconds, operations per second, server CPU microseconds per operation, server busy share.
//
// wire_load PROTOCOL PORT PID fill|get|put CONNECTIONS DEPTH KEYS VALUE_BYTES SECONDS
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include "protocols.h"

namespace holdfast::bench {
namespace {

struct Options {
  std::string protocol;
  int port;
  int pid;
  std::string work;
  std::size_t connections, depth;
  std::uint32_t keys;
  std::size_t value_bytes;
  double seconds;
};

struct Client {
  int fd = -1;
  std::string input;
  std::deque<std::uint32_t> in_flight;
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "wire_load: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

/// Nanoseconds that all threads of a process have run.
double cpu_ns(int pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  DIR* folder = opendir(tasks.c_str());
  if (folder == nullptr) fail("the server's process");
  double sum = 0;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    std::ifstream stat(tasks + "/" + entry->d_name + "/schedstat");
    double run = 0;
    stat >> run;
    sum += run;
  }
  closedir(folder);
  return sum;
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

class Load {
 public:
  explicit Load(const Options& o) : o_(o), protocol_(make_protocol(o.protocol, o.value_bytes)), op_(o.work == "get" ? Op::get : Op::put) {}

  void run() {
    poller_ = epoll_create1(0);
    clients_.resize(o_.connections);
    for (std::size_t i = 0; i < clients_.size(); ++i) open(i);
    for (auto& client : clients_) send_more(client, o_.depth);
    const double cpu_before = cpu_ns(o_.pid);
    const double start = now_s();
    const double end = start + o_.seconds;
    while (o_.work == "fill" ? done_ < o_.keys : now_s() < end) turn();
    const double seconds = now_s() - start;
    const double cpu = cpu_ns(o_.pid) - cpu_before;
    std::printf("operations %llu seconds %.3f per_second %.0f cpu_us %.4f busy %.3f\n", static_cast<unsigned long long>(done_), seconds,
                static_cast<double>(done_) / seconds, cpu / 1e3 / static_cast<double>(done_), cpu / 1e9 / seconds);
  }

 private:
  void open(std::size_t i) {
    clients_[i].fd = connect_to(o_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poller_, EPOLL_CTL_ADD, clients_[i].fd, &event);
  }

  std::uint32_t next_key() {
    if (o_.work == "fill") return next_fill_++;
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return static_cast<std::uint32_t>(random_ % o_.keys);
  }

  void send_more(Client& client, std::size_t count) {
    output_.clear();
    for (std::size_t i = 0; i < count && !(o_.work == "fill" && next_fill_ >= o_.keys); ++i) {
      const std::uint32_t key = next_key();
      protocol_->request(output_, op_, key);
      client.in_flight.push_back(key);
    }
    for (std::size_t sent = 0; sent < output_.size();) {
      const ssize_t n = send(client.fd, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
      if (n < 0) fail("send");
      sent += static_cast<std::size_t>(n);
    }
  }

  void turn() {
    epoll_event events[64];
    const int n = epoll_wait(poller_, events, 64, 1000);
    for (int i = 0; i < n; ++i) receive(clients_[events[i].data.u64]);
  }

  void receive(Client& client) {
    char buffer[65536];
    const ssize_t n = recv(client.fd, buffer, sizeof buffer, 0);
    if (n <= 0) fail("the server closed a connection");
    client.input.append(buffer, static_cast<std::size_t>(n));
    std::size_t at = 0, answers = 0;
    while (!client.in_flight.empty()) {
      const std::size_t size = protocol_->answer(std::string_view(client.input).substr(at), op_, client.in_flight.front());
      if (size == 0) break;
      at += size;
      client.in_flight.pop_front();
      ++answers;
    }
    client.input.erase(0, at);
    done_ += answers;
    if (answers > 0) send_more(client, answers);
  }

  Options o_;
  std::unique_ptr<Protocol> protocol_;
  Op op_;
  int poller_ = -1;
  std::vector<Client> clients_;
  std::string output_;
  std::uint32_t next_fill_ = 0;
  std::uint64_t random_ = 88172645463325252ULL;
  std::uint64_t done_ = 0;
};

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  if (argc != 10) {
    std::fprintf(stderr, "usage: wire_load PROTOCOL PORT PID fill|get|put CONNECTIONS DEPTH KEYS VALUE_BYTES SECONDS\n");
    return 2;
  }
  const holdfast::bench::Options options{argv[1], std::atoi(argv[2]), std::atoi(argv[3]), argv[4],
                                         std::strtoul(argv[5], nullptr, 10), std::strtoul(argv[6], nullptr, 10),
                                         static_cast<std::uint32_t>(std::strtoul(argv[7], nullptr, 10)),
                                         std::strtoul(argv[8], nullptr, 10), std::atof(argv[9])};
  holdfast::bench::Load(options).run();
  return 0;
}
