// redis_wait: the load of `holdfast bench` on Redis, with SET and then WAIT for replicas: a write that two servers have.
// Prints the same line of figures.
//
// redis_wait PORT CONNECTIONS KEYS VALUE_BYTES SECONDS REPLICAS
#include <arpa/inet.h>
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
#include <string>
#include <vector>

#include "cli/load.h"

namespace {

using holdfast::Duration;

[[noreturn]] void fail(const char* what, const std::string& text) {
  std::fprintf(stderr, "redis_wait: %s: %s\n", what, text.c_str());
  std::exit(1);
}

Duration now() { return std::chrono::steady_clock::now().time_since_epoch(); }

struct Client {
  int fd = -1;
  std::string input;
  Duration begun{};
};

class Load {
 public:
  Load(int port, std::size_t connections, std::uint64_t keys, std::size_t value_bytes, int replicas)
      : keys_(keys), value_(value_bytes, 'v'), answer_("+OK\r\n:" + std::to_string(replicas) + "\r\n"), replicas_(replicas), clients_(connections) {
    poller_ = epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) open(i, port);
  }

  holdfast::cli::LoadReport run(Duration length) {
    const Duration begun = now();
    for (Client& client : clients_) send_next(client);
    while (now() - begun < length) turn();
    report_.took = now() - begun;
    return report_;
  }

 private:
  void open(std::size_t i, int port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect", std::strerror(errno));
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients_[i].fd = fd;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poller_, EPOLL_CTL_ADD, fd, &event);
  }

  void send_next(Client& client) {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    char key[17];
    std::snprintf(key, sizeof key, "key:%012u", static_cast<unsigned>((random_ >> 33) % keys_));
    std::string request = "*3\r\n$3\r\nSET\r\n$16\r\n" + std::string(key) + "\r\n$" + std::to_string(value_.size()) + "\r\n" + value_ + "\r\n";
    request += "*3\r\n$4\r\nWAIT\r\n$1\r\n" + std::to_string(replicas_) + "\r\n$1\r\n0\r\n";
    client.begun = now();
    if (send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) fail("send", std::strerror(errno));
  }

  void turn() {
    epoll_event events[64];
    const int n = epoll_wait(poller_, events, 64, 1000);
    for (int i = 0; i < n; ++i) receive(clients_[events[i].data.u64]);
  }

  void receive(Client& client) {
    char buffer[4096];
    const ssize_t n = recv(client.fd, buffer, sizeof buffer, 0);
    if (n <= 0) fail("recv", "the server closed a connection");
    client.input.append(buffer, static_cast<std::size_t>(n));
    if (client.input.size() < answer_.size()) return;
    if (client.input != answer_) fail("answer", client.input);
    client.input.clear();
    report_.latencies.add(now() - client.begun);
    send_next(client);
  }

  const std::uint64_t keys_;
  const std::string value_;
  const std::string answer_;
  const int replicas_;
  int poller_ = -1;
  std::vector<Client> clients_;
  std::uint64_t random_ = 42;
  holdfast::cli::LoadReport report_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: redis_wait PORT CONNECTIONS KEYS VALUE_BYTES SECONDS REPLICAS\n");
    return 2;
  }
  Load load(std::atoi(argv[1]), std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10), std::strtoul(argv[4], nullptr, 10), std::atoi(argv[6]));
  const auto length = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::atof(argv[5])));
  std::puts(holdfast::cli::to_line(load.run(length)).c_str());
  return 0;
}
