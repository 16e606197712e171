// wire_echo: the floor. A raw epoll server on one thread that sends back what it reads. wire_echo PORT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

void serve(int poller, int listener) {
  static char buffer[262144];
  epoll_event events[64];
  const int n = epoll_wait(poller, events, 64, -1);
  for (int i = 0; i < n; ++i) {
    const int fd = events[i].data.fd;
    if (fd == listener) {
      const int client = accept(listener, nullptr, nullptr);
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = client;
      epoll_ctl(poller, EPOLL_CTL_ADD, client, &event);
      continue;
    }
    const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) {
      close(fd);
      continue;
    }
    for (ssize_t sent = 0; sent < size;) {
      const ssize_t step = send(fd, buffer + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
      if (step < 0) break;
      sent += step;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 7777));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 1024) != 0) {
    std::perror("wire_echo");
    return 1;
  }
  const int poller = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  for (;;) serve(poller, listener);
}
