// SimDisk: a host's files in memory, with what a crash leaves of them.
//
// Each file has what a read shows and what survives a loss of power; an honest disk makes both equal before a call returns.
// A replace() is the four steps of the real one (write a temporary file, sync it, rename, sync the folder), and a fault may
// strike at each.
//
// Owner: its SimHost; outlives processes.  Threads: the simulation's one.  Waits: never.
// Fails with: as runtime/disk.h; io_error in a killed process.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "runtime/disk.h"

namespace holdfast::sim {

class SimHost;

enum class DiskStep : std::uint8_t { read, write_temporary, sync_temporary, rename, sync_folder, remove };
enum class DiskFault : std::uint8_t {
  none,
  io_error,      // EIO
  out_of_space,  // ENOSPC; for writes
  kill,          // the process is killed at this step
  power_off,     // the machine loses power at this step
  lost_sync,     // a sync that lies: nothing becomes durable
};

class SimDisk final : public runtime::Disk {
 public:
  explicit SimDisk(SimHost& host) : host_(host) {}

  Result<Bytes> read(const std::string& path) override;
  Status replace(const std::string& path, BytesView content) override;
  Status remove(const std::string& path) override;
  Status make_folders(const std::string& path) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<std::unique_ptr<runtime::FileLock>> lock(const std::string& path) override;

  /// Asked before every step; the scenario's choice.
  using FaultHook = std::function<DiskFault(DiskStep step, const std::string& path)>;
  void set_fault_hook(FaultHook hook) { hook_ = std::move(hook); }
  /// This many times in a million, a step fails with EIO.
  void set_io_error_ppm(std::uint32_t ppm) { io_error_ppm_ = ppm; }
  /// Room for all files together; writes beyond fail with out_of_space.
  void set_capacity(std::size_t bytes) { capacity_ = bytes; }
  void wipe();

  /// What is on it, without faults: for tests.
  std::map<std::string, Bytes> files() const;
  void put_file(const std::string& path, BytesView content);
  std::uint64_t faults() const { return faults_; }

  // For the host.
  void process_ended(bool power);

 private:
  friend class SimFileLock;
  struct File {
    std::optional<Bytes> shown;    // none: removed
    std::optional<Bytes> durable;  // none: not there after a loss of power
    std::optional<Bytes> renamed;  // durable content under a name that is not: a loss of power may take either
  };

  /// The step's own failure, if it fails. `lied` tells that a sync did nothing.
  Status step(DiskStep what, const std::string& path, bool* lied = nullptr);
  Status replace_in_steps(const std::string& temporary, const std::string& path, BytesView content);
  Error killed(const std::string& path);
  std::size_t used() const;
  void drop_empty();

  SimHost& host_;
  std::map<std::string, File> files_;
  std::set<std::string> folders_;
  std::map<std::string, std::uint64_t> locks_;
  std::uint64_t next_lock_ = 1;
  FaultHook hook_;
  std::uint32_t io_error_ppm_ = 0;
  std::size_t capacity_ = ~std::size_t{0};
  std::uint64_t faults_ = 0;
  std::uint64_t serial_ = 0;
};

}  // namespace holdfast::sim
