#include "sim/sim_disk.h"

#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

/// "" = none, or the root.
std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

class SimFileLock final : public runtime::FileLock {
 public:
  SimFileLock(SimDisk& disk, std::string path, std::uint64_t number) : disk_(disk), path_(std::move(path)), number_(number) {}
  ~SimFileLock() override {
    const auto at = disk_.locks_.find(path_);
    if (at != disk_.locks_.end() && at->second == number_) disk_.locks_.erase(at);
  }

 private:
  SimDisk& disk_;
  const std::string path_;
  const std::uint64_t number_;
};

Error SimDisk::killed(const std::string& path) {
  host_.sim_scheduler().vain_call();
  return Error(Errc::io_error, path + ": the process was killed");
}

Status SimDisk::step(DiskStep what, const std::string& path, bool* lied) {
  if (!host_.running()) return killed(path);
  host_.simulation().note(Step::disk, host_.index(), static_cast<std::uint64_t>(what), path);
  DiskFault fault = hook_ ? hook_(what, path) : DiskFault::none;
  if (fault == DiskFault::none && host_.prng().chance_ppm(io_error_ppm_)) fault = DiskFault::io_error;
  if (fault == DiskFault::none) return success();
  ++faults_;
  switch (fault) {
    case DiskFault::out_of_space: return Error(Errc::out_of_space, "cannot write " + path + ": no space left on device");
    case DiskFault::kill: host_.kill(); break;
    case DiskFault::power_off: host_.power_off(); break;
    case DiskFault::lost_sync:
      if (lied != nullptr) *lied = true;
      return success();
    default: break;
  }
  return Error(Errc::io_error, path + ": input/output error");
}

Result<Bytes> SimDisk::read(const std::string& path) {
  HF_TRY(step(DiskStep::read, path));
  const auto at = files_.find(path);
  if (at == files_.end() || !at->second.shown) return Error(Errc::not_found, "cannot read " + path + ": no such file");
  return *at->second.shown;
}

Status SimDisk::replace(const std::string& path, BytesView content) {
  const std::string temporary = path + ".new" + std::to_string(serial_++);
  const std::string folder = folder_of(path);
  if (!folder.empty() && !folders_.contains(folder)) return Error(Errc::not_found, "cannot write " + temporary + ": no such folder");
  Status done = replace_in_steps(temporary, path, content);
  // A process that failed clears up; one that died cannot.
  if (!done.ok() && host_.running()) {
    files_.erase(temporary);
  }
  drop_empty();
  return done;
}

Status SimDisk::replace_in_steps(const std::string& temporary, const std::string& path, BytesView content) {
  HF_TRY(step(DiskStep::write_temporary, temporary));
  if (used() + content.size() > capacity_) {
    ++faults_;
    return Error(Errc::out_of_space, "cannot write " + path + ": no space left on device");
  }
  files_[temporary].shown = Bytes(content);
  bool lied = false;
  HF_TRY(step(DiskStep::sync_temporary, temporary, &lied));
  if (!lied) files_[temporary].durable = files_[temporary].shown;
  HF_TRY(step(DiskStep::rename, path));
  File& from = files_[temporary];
  File& to = files_[path];
  to.shown = std::move(from.shown);
  to.renamed = from.durable.value_or(Bytes());  // a file whose bytes never arrived is there, and empty
  files_.erase(temporary);
  lied = false;
  HF_TRY(step(DiskStep::sync_folder, path, &lied));
  if (lied) return success();
  to.durable = std::move(to.renamed);
  to.renamed.reset();
  return success();
}

Status SimDisk::remove(const std::string& path) {
  bool lied = false;
  HF_TRY(step(DiskStep::remove, path, &lied));
  const auto at = files_.find(path);
  if (at == files_.end()) return success();
  at->second.shown.reset();
  if (!lied) at->second.durable.reset();
  at->second.renamed.reset();
  drop_empty();
  return success();
}

Status SimDisk::make_folders(const std::string& path) {
  if (!host_.running()) return killed(path);
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    folders_.insert(path.substr(0, slash));
    if (slash == std::string::npos) return success();
  }
}

bool SimDisk::exists(const std::string& path) {
  const auto at = files_.find(path);
  return (at != files_.end() && at->second.shown) || folders_.contains(path);
}

Result<std::vector<std::string>> SimDisk::list(const std::string& folder) {
  HF_TRY(step(DiskStep::read, folder));
  if (!folders_.contains(folder)) return Error(Errc::not_found, "cannot list " + folder + ": no such folder");
  std::set<std::string> names;
  const std::string prefix = folder + "/";
  const auto take = [&](const std::string& path) {
    if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos) names.insert(path.substr(prefix.size()));
  };
  for (const auto& [path, file] : files_) {
    if (file.shown) take(path);
  }
  for (const std::string& path : folders_) take(path);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::unique_ptr<runtime::FileLock>> SimDisk::lock(const std::string& path) {
  if (!host_.running()) return killed(path);
  const std::string folder = folder_of(path);
  if (!folder.empty() && !folders_.contains(folder)) return Error(Errc::not_found, "cannot lock " + path + ": no such folder");
  if (locks_.contains(path)) return Error(Errc::already_exists, path + " is locked by another process");
  put_file(path, files_.contains(path) ? BytesView(files_[path].shown.value_or(Bytes())) : BytesView());
  locks_[path] = next_lock_;
  return std::unique_ptr<runtime::FileLock>(std::make_unique<SimFileLock>(*this, path, next_lock_++));
}

void SimDisk::wipe() {
  files_.clear();
  folders_.clear();
}

std::map<std::string, Bytes> SimDisk::files() const {
  std::map<std::string, Bytes> shown;
  for (const auto& [path, file] : files_) {
    if (file.shown) shown[path] = *file.shown;
  }
  return shown;
}

void SimDisk::put_file(const std::string& path, BytesView content) {
  const Bytes copy(content);
  files_[path] = {copy, copy, {}};
  if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) folders_.insert(path.substr(0, at));
  }
}

void SimDisk::process_ended(bool power) {
  locks_.clear();
  if (!power) return;
  for (auto& [path, file] : files_) {
    if (file.renamed) {
      if (host_.prng().below(2) == 0) file.durable = std::move(file.renamed);
      file.renamed.reset();
      file.shown = file.durable;
      continue;
    }
    // What was written and not synced is there, in part, or not at all.
    if (file.shown && !file.durable && file.shown->size() > 1 && host_.prng().below(2) == 0) file.durable = file.shown->substr(0, host_.prng().below(file.shown->size()));
    file.shown = file.durable;
  }
  drop_empty();
}

void SimDisk::drop_empty() {
  std::erase_if(files_, [](const auto& entry) { return !entry.second.shown && !entry.second.durable; });
}

std::size_t SimDisk::used() const {
  std::size_t bytes = 0;
  for (const auto& [path, file] : files_) bytes += file.shown ? file.shown->size() : 0;
  return bytes;
}

}  // namespace holdfast::sim
