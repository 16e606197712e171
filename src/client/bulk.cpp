#include "client/bulk.h"

#include <map>

#include "client/requests.h"

namespace holdfast::client {
namespace {

constexpr std::size_t kPartItemsMax = 1000;
constexpr std::size_t kPartBytesMax = std::size_t{1} << 20;

/// Who answers best for the key; the same number for keys of the same server.
std::uint32_t group_of(const Table* table, BytesView key) {
  if (table == nullptr || table->owners.empty()) return 0;
  Request request;
  request.keyed = true;
  request.segment_hash = segment_hash_of(key);
  const auto* owners = owners_of(request, *table);
  return owners == nullptr || owners->empty() ? 0 : owners->front();
}

std::size_t bytes_of(const Bytes& key) { return key.size(); }
std::size_t bytes_of(const std::pair<Bytes, Bytes>& entry) { return entry.first.size() + entry.second.size(); }
BytesView key_of(const Bytes& key) { return key; }
BytesView key_of(const std::pair<Bytes, Bytes>& entry) { return entry.first; }

template <class Item>
std::vector<std::vector<Item>> parts_of(std::vector<Item> items, const Table* table) {
  std::vector<std::vector<Item>> parts;
  struct Open {
    std::size_t part;
    std::size_t bytes;
  };
  std::map<std::uint32_t, Open> open;
  for (Item& item : items) {
    const std::size_t bytes = bytes_of(item);
    auto [at, fresh] = open.try_emplace(group_of(table, key_of(item)), Open{parts.size(), 0});
    if (!fresh && (parts[at->second.part].size() == kPartItemsMax || at->second.bytes + bytes > kPartBytesMax)) {
      at->second = {parts.size(), 0};
      fresh = true;
    }
    if (fresh) parts.emplace_back();
    at->second.bytes += bytes;
    parts[at->second.part].push_back(std::move(item));
  }
  return parts;
}

/// Gathers what the parts bring.
class Gathering {
 public:
  Gathering(std::size_t parts, PairsDone done) : left_(parts), done_(std::move(done)) {}

  void part(Result<Response> result) {
    bool last;
    {
      Locked locked(lock_);
      if (!result.ok()) {
        if (!failure_) failure_ = result.error();
      } else {
        for (auto& pair : result->pairs) pairs_.push_back(std::move(pair));
      }
      last = --left_ == 0;
    }
    if (!last) return;
    done_(failure_ ? Result<Pairs>(*failure_) : Result<Pairs>(std::move(pairs_)));
  }

 private:
  Mutex lock_;
  std::size_t left_;
  std::optional<Error> failure_;
  Pairs pairs_;
  PairsDone done_;
};

template <class Item, class MakeRequest>
void start_parts(const std::shared_ptr<ClientCore>& core, const std::shared_ptr<CacheRoute>& route, std::vector<Item> items, PairsDone done, MakeRequest make_request) {
  if (items.empty()) return done(Pairs());
  const auto table = route->table();
  auto parts = parts_of(std::move(items), table.get());
  const auto gathering = std::make_shared<Gathering>(parts.size(), std::move(done));
  for (const auto& part : parts) {
    core->start(make_request(part), route, [gathering](Result<Response> result) { gathering->part(std::move(result)); });
  }
}

}  // namespace

void get_all(const std::shared_ptr<ClientCore>& core, const std::shared_ptr<CacheRoute>& route, std::vector<Bytes> keys, std::uint32_t flags, PairsDone done) {
  start_parts(core, route, std::move(keys), std::move(done), [flags](const std::vector<Bytes>& part) { return get_all_request(part, flags); });
}

void put_all(const std::shared_ptr<ClientCore>& core, const std::shared_ptr<CacheRoute>& route, Pairs entries, const RequestedLifetime& lifetime, std::uint32_t flags,
             PairsDone done) {
  start_parts(core, route, std::move(entries), std::move(done), [&lifetime, flags](const Pairs& part) { return put_all_request(part, lifetime, flags); });
}

}  // namespace holdfast::client
