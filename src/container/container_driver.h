// Driver: short words for the tests and benchmarks of this folder.
//
// Owner: the test.  Threads: as DataContainer.
#pragma once

#include <optional>
#include <string>

#include "container/data_container.h"

namespace holdfast::container {

inline constexpr TimeMs kTestNow = 1'790'000'000'000;

inline std::optional<Entry> get(DataContainer& c, BytesView key, TimeMs refresh_ms = 0) {
  std::optional<Entry> out;
  c.read(key, hash_key(key), refresh_ms, [&](const EntryView& e) { out.emplace(e); });
  return out;
}

inline UpdateResult put(DataContainer& c, BytesView key, BytesView value, Expiration expiration = {}, TimeMs now = kTestNow) {
  Change change;
  change.kind = Change::Kind::put;
  change.value = value;
  change.expiration = expiration;
  change.now_ms = now;
  return c.update(key, hash_key(key), [&](const EntryView*) { return change; });
}

inline bool remove(DataContainer& c, BytesView key) {
  bool there = false;
  c.update(key, hash_key(key), [&](const EntryView* e) {
    there = e != nullptr;
    Change change;
    change.kind = Change::Kind::remove;
    return change;
  });
  return there;
}

}  // namespace holdfast::container
