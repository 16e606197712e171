#include "runtime/dns/dns_resolver.h"

#include <ares.h>
#include <poll.h>

#include <algorithm>
#include <mutex>

#include "runtime/dns/dns_answer.h"

namespace holdfast::runtime {
namespace {

constexpr int kTries = 2;
constexpr int kTimeoutMs = 1000;  // for the first try
constexpr int kInternet = 1;      // class IN

/// What c-ares said, and when it has.
struct Answer {
  bool done = false;
  int status = ARES_ETIMEOUT;
  Bytes bytes;
};

void answered(void* into, int status, int, unsigned char* bytes, int size) {
  auto& answer = *static_cast<Answer*>(into);
  answer.done = true;
  answer.status = status;
  if (bytes != nullptr && size > 0) answer.bytes.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Error failure(const std::string& name, int status) {
  const std::string why = "'" + name + "': " + ares_strerror(status);
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA: return Error(Errc::not_found, why);
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION: return Error(Errc::timeout, why);
    default: return Error(Errc::io_error, why);
  }
}

/// One channel of c-ares, used for one question.
class Channel {
 public:
  ~Channel() {
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  Status open(const std::string& server) {
    ares_options options{};
    options.tries = kTries;
    options.timeout = kTimeoutMs;
    int status = ares_init_options(&channel_, &options, ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS);
    if (status == ARES_SUCCESS && !server.empty()) {
      status = ares_set_servers_ports_csv(channel_, server.c_str());
      if (status != ARES_SUCCESS) return Error(Errc::invalid_configuration, "DNS server '" + server + "' is no address; write address or address:port");
    }
    return status == ARES_SUCCESS ? success() : Status(failure("DNS", status));
  }

  void ask(const std::string& name, DnsType type, Answer& into) { ares_search(channel_, name.c_str(), kInternet, static_cast<int>(type), answered, &into); }

  /// Waits for something to come or time out, at most so long.
  void serve(int wait_ms) {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    const int wanted = ares_getsock(channel_, sockets, ARES_GETSOCK_MAXNUM);
    pollfd polled[ARES_GETSOCK_MAXNUM];
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const short events = static_cast<short>((ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0) | (ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0));
      if (events != 0) polled[count++] = {sockets[i], events, 0};
    }
    timeval limit{wait_ms / 1000, wait_ms % 1000 * 1000}, next{};
    const timeval* until = ares_timeout(channel_, &limit, &next);
    ::poll(polled, count, static_cast<int>(until->tv_sec * 1000 + until->tv_usec / 1000 + 1));
    if (count == 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (nfds_t i = 0; i < count; ++i) {
      ares_process_fd(channel_, (polled[i].revents & ~POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD, (polled[i].revents & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
    }
  }

 private:
  ares_channel channel_ = nullptr;
};

class DnsResolver final : public Resolver {
 public:
  explicit DnsResolver(Runtime& runtime) : runtime_(runtime) {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  }

  Result<std::vector<DnsRecord>> resolve(const std::string& name, DnsType type, const std::string& server, Instant deadline) override {
    Result<std::vector<DnsRecord>> result = Error(Errc::timeout, "'" + name + "': no answer in time");
    runtime_.scheduler().run_blocking([&] { result = ask(name, type, server, deadline); });
    return result;
  }

 private:
  Result<std::vector<DnsRecord>> ask(const std::string& name, DnsType type, const std::string& server, Instant deadline) {
    Answer answer;  // outlives the channel, which still calls back when it goes
    Channel channel;
    HF_TRY(channel.open(server));
    channel.ask(name, type, answer);
    while (!answer.done) {
      const Duration left = deadline - runtime_.clock().now();
      if (left <= Duration{}) return failure(name, ARES_ETIMEOUT);
      channel.serve(static_cast<int>(std::min<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), kTimeoutMs)));
    }
    if (answer.status != ARES_SUCCESS) return failure(name, answer.status);
    auto records = read_dns_answer(answer.bytes, type);
    if (!records.ok()) return Error(records.code(), "'" + name + "': " + records.error().message());
    return records;
  }

  Runtime& runtime_;
};

}  // namespace

std::shared_ptr<Resolver> make_dns_resolver(Runtime& runtime) { return std::make_shared<DnsResolver>(runtime); }

}  // namespace holdfast::runtime
