#include "main/console.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>

namespace holdfast::main_program {

void Console::write(std::string_view line) {
  Locked locked(mutex_);
  if (dropped_ > 0) {
    if (!put("(" + std::to_string(dropped_) + " lines were left out here, since nobody read them; log/server.log has them)\n")) {
      ++dropped_;
      return;
    }
    dropped_ = 0;
  }
  std::string text(line);
  text += '\n';
  if (!put(text)) ++dropped_;
}

/// A pipe that polls as writable takes PIPE_BUF bytes without blocking, so that is the most we write at once.
bool Console::put(std::string_view text) {
  while (!text.empty()) {
    pollfd wanted{descriptor_, POLLOUT, 0};
    if (::poll(&wanted, 1, 0) <= 0 || (wanted.revents & POLLOUT) == 0) return false;
    const ssize_t written = ::write(descriptor_, text.data(), text.size() < PIPE_BUF ? text.size() : PIPE_BUF);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace holdfast::main_program
