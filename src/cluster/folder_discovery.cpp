// A folder that all nodes share, with one small file for each. A node writes its own again and again; what is not written any
// more, or where nobody listens, is removed by whoever looks.
#include <algorithm>
#include <map>

#include "cluster/discoveries.h"
#include "cluster/folder_entry.h"

namespace holdfast::cluster {
namespace {

constexpr Duration kBeat = std::chrono::seconds(10);
constexpr Duration kStale = std::chrono::seconds(60);       // not written for so long: removed
constexpr Duration kYoung = std::chrono::seconds(5);        // a node that starts looks each time it is asked,
constexpr Duration kLookAgain = std::chrono::seconds(1);    // later so often
constexpr std::size_t kEntriesMax = 4096;
constexpr std::string_view kSuffix = ".node";

class FolderDiscovery final : public Discovery {
 public:
  FolderDiscovery(std::string protocol, std::string location) : protocol_(std::move(protocol)), location_(std::move(location)) {}

  Status start(runtime::Runtime& runtime, const Presence& me, Found found) override {
    runtime_ = &runtime;
    found_ = std::move(found);
    folder_ = location_ + "/" + file_name_of(me.cluster);
    own_ = file_name_of(me.node.address.name + "@" + me.node.host + ":" + std::to_string(me.node.port)) + std::string(kSuffix);
    started_ = runtime.clock().now();
    Status made = success();
    on_disk([&] {
      made = runtime.disk().make_folders(folder_);
      if (made.ok()) made = write(me);
    });
    if (made.ok()) return success();
    return Error(made.error().code(), protocol_ + " location " + location_ + ": " + made.error().message() + "; every node must be able to write into this folder");
  }

  void find(const Presence& me) override {
    const Instant now = runtime_->clock().now();
    if (now < next_look_) return;
    next_look_ = now - started_ < kYoung ? now : now + kLookAgain;
    std::vector<runtime::Endpoint> found;
    Status done = success();
    on_disk([&] {
      if (now >= next_beat_ || !runtime_->disk().exists(path(own_))) done = write(me);
      if (me.looking) {
        Status looked = look(now, found);
        if (done.ok()) done = std::move(looked);
      }
    });
    tell(done);
    for (const runtime::Endpoint& at : found) found_(at);
  }

  void refused(const runtime::Endpoint& at) override {
    if (refused_.size() < kEntriesMax) refused_.push_back(at);
  }

  void withdraw() override {
    on_disk([&] { static_cast<void>(runtime_->disk().remove(path(own_))); });
  }

 private:
  struct Seen {
    Bytes text;
    Instant since{};   // it was first read with this text
  };

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void on_disk(FunctionRef<void()> work) { runtime_->scheduler().run_blocking(work); }

  Status write(const Presence& me) {
    HF_TRY(runtime_->disk().replace(path(own_), write_folder_entry({me.node.address, {me.node.host, me.node.port}, ++beat_})));
    next_beat_ = runtime_->clock().now() + kBeat;
    return success();
  }

  Status look(Instant now, std::vector<runtime::Endpoint>& found) {
    HF_ASSIGN(const std::vector<std::string> names, runtime_->disk().list(folder_));
    const auto refused = std::exchange(refused_, {});
    std::map<std::string, Seen> seen;
    for (const std::string& name : names) {
      if (name == own_ || !name.ends_with(kSuffix) || seen.size() >= kEntriesMax) continue;
      auto text = runtime_->disk().read(path(name));
      if (!text.ok()) continue;  // removed meanwhile
      const auto entry = read_folder_entry(*text);
      const auto before = seen_.find(name);
      const bool same = before != seen_.end() && before->second.text == *text;
      const bool nobody = same && entry && std::find(refused.begin(), refused.end(), entry->at) != refused.end();
      if (nobody || (same && now - before->second.since >= kStale)) {
        HF_TRY(runtime_->disk().remove(path(name)));
        continue;
      }
      if (entry) found.push_back(entry->at);
      seen[name] = {std::move(*text), same ? before->second.since : now};
    }
    seen_ = std::move(seen);
    return success();
  }

  void tell(const Status& done) {
    const std::string news = done.ok() ? "" : done.error().message();
    if (news == told_) return;
    told_ = news;
    if (news.empty()) runtime_->log().info("cluster", protocol_ + " location " + location_ + " can be used again");
    else runtime_->log().warn("cluster", protocol_ + " location " + location_ + ": " + news + "; nodes do not find each other there until it can be used again");
  }

  const std::string protocol_, location_;
  runtime::Runtime* runtime_ = nullptr;
  Found found_;
  std::string folder_, own_, told_;
  std::map<std::string, Seen> seen_;
  std::vector<runtime::Endpoint> refused_;
  Instant started_{}, next_beat_{}, next_look_{};
  std::uint64_t beat_ = 0;
};

}  // namespace

Result<DiscoveryPtr> read_folder_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes) {
  std::string location = attributes.text("location").value_or("");
  if (location.empty()) return Error(Errc::invalid_configuration, settings.protocol + ": location names no folder; give one that every node can write into");
  if (!location.starts_with('/')) location = settings.folder + "/" + location;
  return DiscoveryPtr(std::make_shared<FolderDiscovery>(settings.protocol, std::move(location)));
}

}  // namespace holdfast::cluster
