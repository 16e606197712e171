#include "runtime/posix_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace holdfast::runtime {
namespace {

Errc errc_of(int error) {
  switch (error) {
    case ENOENT: case ENOTDIR: return Errc::not_found;
    case EEXIST: return Errc::already_exists;
    case EACCES: case EPERM: case EROFS: return Errc::access_denied;
    case ENOSPC: case EDQUOT: return Errc::out_of_space;
    case EMFILE: case ENFILE: return Errc::exhausted;
    default: return Errc::io_error;
  }
}

Error failure(const std::string& what, const std::string& path, int error) {
  return Error(errc_of(error), what + " " + path + ": " + std::strerror(error));
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

File open_file(const std::string& path, int flags, int mode = 0640) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return File(fd);
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes a rename or a removal in the folder durable.
Status sync_folder(const std::string& folder) {
  const File file = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!file.ok() || ::fsync(file.fd()) != 0) return failure("cannot sync folder", folder, errno);
  return success();
}

Status write_all(const File& file, const std::string& path, BytesView content) {
  while (!content.empty()) {
    const ssize_t n = ::write(file.fd(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("cannot write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.fd()) != 0) return failure("cannot sync", path, errno);
  return success();
}

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(File file) : file_(std::move(file)) {}

 private:
  File file_;
};

class PosixDisk final : public Disk {
 public:
  Result<Bytes> read(const std::string& path) override {
    const File file = open_file(path, O_RDONLY);
    if (!file.ok()) return failure("cannot read", path, errno);
    Bytes content;
    char buffer[65536];
    for (;;) {
      const ssize_t n = ::read(file.fd(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failure("cannot read", path, errno);
      if (n == 0) return content;
      content.append(buffer, static_cast<std::size_t>(n));
    }
  }

  Status replace(const std::string& path, BytesView content) override {
    const std::string temporary = path + ".new" + std::to_string(serial_.fetch_add(1));
    Status written = success();
    {
      const File file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
      if (!file.ok()) return failure("cannot write", temporary, errno);
      written = write_all(file, path, content);
    }
    if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) written = failure("cannot replace", path, errno);
    if (!written.ok()) {
      ::unlink(temporary.c_str());
      return written;
    }
    return sync_folder(folder_of(path));
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return errno == ENOENT ? success() : Status(failure("cannot remove", path, errno));
    return sync_folder(folder_of(path));
  }

  Status make_folders(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failure("cannot make folder", path, error.value());
    return success();
  }

  bool exists(const std::string& path) override {
    struct stat ignored;
    return ::stat(path.c_str(), &ignored) == 0;
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::error_code error;
    std::filesystem::directory_iterator files(folder, error);
    if (error) return failure("cannot list", folder, error.value());
    std::vector<std::string> names;
    for (; files != std::filesystem::directory_iterator(); files.increment(error)) {
      if (error) return failure("cannot list", folder, error.value());
      names.push_back(files->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    File file = open_file(path, O_RDWR | O_CREAT);
    if (!file.ok()) return failure("cannot lock", path, errno);
    if (::flock(file.fd(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return Error(Errc::already_exists, path + " is locked by another process");
      return failure("cannot lock", path, errno);
    }
    return std::unique_ptr<FileLock>(std::make_unique<PosixFileLock>(std::move(file)));
  }

 private:
  std::atomic<unsigned> serial_{0};
};

}  // namespace

std::unique_ptr<Disk> make_posix_disk() { return std::make_unique<PosixDisk>(); }

}  // namespace holdfast::runtime
