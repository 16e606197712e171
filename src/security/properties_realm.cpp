#include "security/properties_file.h"
#include "security/realm.h"
#include "security/stored_password.h"

namespace holdfast::security {
namespace {

constexpr Duration kCheckInterval = std::chrono::seconds(1);
constexpr std::string_view kLogCategory = "security";

/// What the files said when they were last read well. Immutable once published.
struct Users {
  UsersFile file;
  Groups groups;
};
using UsersPtr = std::shared_ptr<const Users>;

/// One file's bytes, or why there are none, so that a change is told from no change.
struct Source {
  Bytes content;
  std::string problem;
  friend bool operator==(const Source&, const Source&) = default;
};

class PropertiesRealm final : public Realm {
 public:
  PropertiesRealm(runtime::Runtime& runtime, PropertiesRealmOptions options) : runtime_(runtime), options_(std::move(options)) {}

  /// The first reading: here every problem is an error.
  Status load() {
    read_sources();
    if (!users_source_.problem.empty()) return Error(Errc::io_error, users_source_.problem);
    if (!groups_source_.problem.empty()) return Error(Errc::io_error, groups_source_.problem);
    HF_ASSIGN(auto users, parse());
    publish(std::move(users));
    return success();
  }

  const std::string& name() const override { return options_.name; }

  std::string digest_realm() override {
    const UsersPtr users = current();
    return users->file.encrypted && !users->file.realm.empty() ? users->file.realm : options_.name;
  }

  std::optional<Credential> credential(const std::string& user) override {
    const UsersPtr users = current();
    const auto at = users->file.users.find(user);
    if (at == users->file.users.end()) return std::nullopt;
    return at->second;
  }

  std::vector<std::string> groups(const std::string& user) override {
    const UsersPtr users = current();
    const auto at = users->groups.find(user);
    return at == users->groups.end() ? std::vector<std::string>{} : at->second;
  }

 private:
  UsersPtr current() {
    Locked<Mutex> lock(mutex_);
    if (runtime_.clock().now() - checked_ >= kCheckInterval) reload();
    return users_;
  }

  /// A change that cannot be read is told once and leaves everything as it was: an editor may be half way through.
  void reload() {
    if (!read_sources()) return;
    std::string problem = users_source_.problem.empty() ? groups_source_.problem : users_source_.problem;
    if (problem.empty()) {
      auto users = parse();
      if (users.ok()) return publish(std::move(users).value());
      problem = users.error().message();
    }
    runtime_.log().warn(kLogCategory, "the changed users of realm '" + options_.name + "' are not taken over, the former ones stay: " + problem);
  }

  /// Reads both files; true when one of them is not as it was.
  bool read_sources() {
    checked_ = runtime_.clock().now();
    Source users = read(options_.users_path);
    Source groups = options_.groups_path.empty() ? Source{} : read(options_.groups_path);
    const bool changed = users != users_source_ || groups != groups_source_;
    users_source_ = std::move(users);
    groups_source_ = std::move(groups);
    return changed;
  }

  Source read(const std::string& path) {
    auto content = runtime_.disk().read(path);
    if (content.ok()) return {std::move(content).value(), ""};
    return {"", path + " cannot be read: " + content.error().message()};
  }

  Result<UsersPtr> parse() const {
    auto users = std::make_shared<Users>();
    HF_ASSIGN(users->file, parse_users(users_source_.content, options_.users_path));
    HF_ASSIGN(users->groups, parse_groups(groups_source_.content, options_.groups_path));
    return UsersPtr(std::move(users));
  }

  void publish(UsersPtr users) {
    users_ = std::move(users);
    for (const auto& [user, credential] : users_->file.users) {
      if (disguise_as(user, credential)) break;
    }
  }

  /// Unknown users shall look like this one: as long a salt, as many iterations; and their salts must survive a restart
  /// like his, so their secret is made of what only the file holds.
  bool disguise_as(const std::string& user, const Credential& credential) {
    for (const auto& [algorithm, stored] : credential.hashed) {
      if (!algorithm.starts_with("scram-")) continue;
      const auto scram = decode_scram(stored);
      if (!scram.ok()) continue;
      set_disguise({hash(HashKind::sha256, "salts of unknown users:" + user + ":" + scram->salted_password), scram->salt.size(), scram->iterations});
      return true;
    }
    return false;
  }

  runtime::Runtime& runtime_;
  const PropertiesRealmOptions options_;
  Mutex mutex_;
  UsersPtr users_;
  Source users_source_;
  Source groups_source_;
  Instant checked_{};
};

}  // namespace

Result<std::unique_ptr<Realm>> make_properties_realm(runtime::Runtime& runtime, const PropertiesRealmOptions& options) {
  auto realm = std::make_unique<PropertiesRealm>(runtime, options);
  HF_TRY(realm->load());
  return std::unique_ptr<Realm>(std::move(realm));
}

}  // namespace holdfast::security
