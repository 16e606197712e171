// RemoteRaw: a cache of a grid on bytes, as the templates of RemoteCache<K,V> call it. The bytes are the program's;
// they are converted to the cache's encoding on the way, as those of an embedded cache.
//
// Owner: shared by handles; it keeps the client's machinery alive.  Threads: any; answers are called on a thread of the
// client's, or on the caller's when the operation fails at once.
// Waits: for room when too much is under way; iterations and statistics() for servers.
// Fails with: through the answers; the waiting ones throw CacheException.
#pragma once

#include <holdfast/detail/entry_view.h>
#include <holdfast/detail/latch.h>
#include <holdfast/flags.h>
#include <holdfast/metadata.h>
#include <holdfast/remote_listener.h>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::detail {

class RemoteWorld;

enum class RemoteOp : std::uint8_t {
  get, get_with_metadata, contains, put, put_if_absent, replace, replace_with_version, remove, remove_with_version, clear, size
};

struct RemoteArguments {
  std::string_view key{};
  std::string_view value{};
  Lifetime lifetime{};
  Version version = 0;
  Flag flags = Flag::none;
  bool return_previous = false;
};

struct RemoteAnswer {
  bool done = false;        // a write took place, a key is there
  bool has_value = false;   // the value, or the previous one
  std::string value;
  Metadata metadata;
  std::uint64_t number = 0;  // size
};
using RemoteDone = std::function<void(std::exception_ptr, RemoteAnswer&&)>;

using RemotePairs = std::vector<std::pair<std::string, std::string>>;
using RemotePairsDone = std::function<void(std::exception_ptr, RemotePairs&&)>;

/// A walk over a cache, a batch at a time. One thread.
class RemoteWalk {
 public:
  virtual ~RemoteWalk() = default;
  /// Waits. False: the end. The metadata only if it was asked for.
  virtual bool next(RemotePairs& entries, std::vector<Metadata>& metadata) = 0;
};

class RemoteRaw {
 public:
  /// Waits: asks the server for the encoding, and registers a near cache's listener. `near_entries` 0 = no near cache.
  RemoteRaw(std::shared_ptr<RemoteWorld> world, const std::string& name, std::string_view key_type, std::string_view value_type, std::size_t near_entries);
  ~RemoteRaw();
  RemoteRaw(const RemoteRaw&) = delete;
  RemoteRaw& operator=(const RemoteRaw&) = delete;

  const std::string& name() const;
  void start(RemoteOp op, const RemoteArguments& arguments, RemoteDone done) const;
  /// Those that are there, in the keys' order; asked of their owners at the same time.
  void start_get_all(const std::vector<std::string>& keys, Flag flags, RemotePairsDone done) const;
  /// Not all or nothing: a failure may leave some of them stored.
  void start_put_all(RemotePairs entries, const Lifetime& lifetime, Flag flags, RemotePairsDone done) const;
  std::unique_ptr<RemoteWalk> walk(std::size_t batch, bool with_metadata) const;
  /// Of one server, under the names that it gives them.
  std::map<std::string, std::string> statistics() const;
  /// Kinds as bits. What it gives ends the listener.
  std::function<void()> add_listener(std::uint32_t kinds, RemoteListenerOptions options, std::function<void(const RemoteEvent&)> listener) const;
  /// Reads that needed no server; 0 without a near cache.
  std::uint64_t near_hits() const;
  std::unique_ptr<Latch> make_latch() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace holdfast::detail
