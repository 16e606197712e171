// Our own client as a program uses it: every case must pass against our server and against the original one.
//
// client_cases HOST:PORT prints "ok NAME" or "FAILED NAME" and four blanks before the reason, then "done".
#include <holdfast/remote_cache_manager.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

namespace {

using namespace holdfast;
using namespace std::chrono_literals;
using Strings = RemoteCache<std::string, std::string>;

std::string address;

RemoteConfiguration configuration(const std::string& user = "admin", const std::string& password = "pass", const std::string& mechanism = "") {
  RemoteConfiguration c = RemoteConfiguration::from_uri("hotrod://" + address);
  c.user = user;
  c.password = password;
  c.mechanism = mechanism;
  return c;
}

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void check(bool good, const std::string& what) {
  if (!good) throw Failed(what);
}
std::string show(const std::string& text) { return "'" + text + "'"; }
std::string show(bool yes) { return yes ? "yes" : "no"; }
template <class T>
std::string show(const T& number) {
  return std::to_string(number);
}
template <class T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "nothing";
}
template <class T>
void same(const T& got, const T& wanted, const std::string& what) {
  check(got == wanted, what + ": got " + show(got) + ", expected " + show(wanted));
}
const std::optional<std::string> kNothing;
std::optional<std::string> some(const char* text) { return std::string(text); }

template <class F>
Errc failure_of(F f) {
  try {
    f();
  } catch (const CacheException& e) {
    return e.code();
  }
  return Errc::ok;
}
void fails_with(Errc wanted, const std::string& what, const std::function<void()>& f) {
  same(static_cast<int>(failure_of(f)), static_cast<int>(wanted), what);
}

/// Until it holds, for ten seconds at most.
bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

void mechanism(const std::string& name) {
  RemoteCacheManager grid(configuration("admin", "pass", name));
  const auto cache = grid.cache<std::string, std::string>("text");
  cache.put("who", name);
  same(cache.get("who"), std::optional(name), "what was put");
  fails_with(Errc::unauthenticated, "a wrong password", [&] { RemoteCacheManager(configuration("admin", "wrong", name)).cache<std::string, std::string>("text"); });
}

void map_of_strings() {
  RemoteCacheManager grid(configuration());
  const Strings cache = grid.cache<std::string, std::string>("text");
  cache.clear();
  same(cache.get("k"), kNothing, "get of nothing");
  same(cache.put("k", "one"), kNothing, "put");
  same(cache.returning_previous().put("k", "two"), some("one"), "put that returns");
  same(cache.returning_previous().put("new", "x"), kNothing, "put of a new key that returns");
  same(cache.put_if_absent("k", "x"), some("two"), "put_if_absent of what is there");
  same(cache.put_if_absent("l", "x"), kNothing, "put_if_absent of what is not");
  same(cache.replace("k", "three"), some("two"), "replace");
  same(cache.replace("m", "three"), kNothing, "replace of nothing");
  same(cache.contains("m"), false, "contains what was not replaced");
  same(cache.replace("k", "other", "four"), false, "replace of another value");
  same(cache.replace("k", "three", "four"), true, "replace of the value");
  same(cache.remove("k", "three"), false, "remove of another value");
  same(cache.remove("k", "four"), true, "remove of the value");
  same(cache.returning_previous().remove("l"), some("x"), "remove that returns");
  same(cache.returning_previous().remove("l"), kNothing, "remove of nothing that returns");
  same(cache.size(), std::size_t{1}, "size");
  cache.clear();
  same(cache.empty(), true, "empty after clear");
}

void versions() {
  RemoteCacheManager grid(configuration());
  const Strings cache = grid.cache<std::string, std::string>("text");
  cache.put("k", "one");
  const auto first = cache.get_with_metadata("k");
  same(cache.replace_with_version("k", "two", first->version), true, "replace with the version");
  same(cache.replace_with_version("k", "three", first->version), false, "replace with an old version");
  same(cache.replace_with_version("nothing", "three", first->version), false, "replace of nothing");
  same(cache.remove_with_version("k", first->version), false, "remove with an old version");
  same(cache.remove_with_version("k", cache.get_with_metadata("k")->version), true, "remove with the version");
  same(cache.contains("k"), false, "contains after remove");
}

void lifetimes() {
  RemoteCacheManager grid(configuration());
  const Strings cache = grid.cache<std::string, std::string>("text");
  cache.put("for ever", "v");
  cache.put("mortal", "v", {.lifespan = 70s, .max_idle = 60s});
  same(static_cast<long>(cache.get_with_metadata("for ever")->lifespan.count()), -1L, "the lifespan of what has none");
  same(static_cast<long>(cache.get_with_metadata("mortal")->lifespan.count()), 70'000L, "lifespan");
  same(static_cast<long>(cache.get_with_metadata("mortal")->max_idle.count()), 60'000L, "max-idle");
  cache.put("short", "v", {.lifespan = 30ms});
  check(eventually([&] { return !cache.contains("short"); }), "a short life ends");
  const Strings brief = grid.cache<std::string, std::string>("brief");
  brief.put("k", "v");
  same(static_cast<long>(brief.get_with_metadata("k")->lifespan.count()), 90'000L, "the lifespan of the cache's configuration");
}

void bulk_and_iteration() {
  RemoteCacheManager grid(configuration());
  const auto cache = grid.cache<std::int32_t, std::string>("octets");
  cache.clear();
  std::vector<std::pair<std::int32_t, std::string>> entries;
  for (int i = 0; i < 2500; ++i) entries.emplace_back(i, "value " + std::to_string(i));
  cache.put_all(entries);
  same(cache.size(), std::size_t{2500}, "size");
  std::set<std::int32_t> seen;
  for (const auto& [key, value] : cache) {
    same(value, "value " + std::to_string(key), "an iterated value");
    check(seen.insert(key).second, "seen once");
  }
  same(seen.size(), std::size_t{2500}, "iterated");
  std::size_t versions = 0;
  cache.for_each_with_metadata([&](const std::int32_t&, const ValueWithMetadata<std::string>& v) { versions += v.version != 0 ? 1 : 0; });
  same(versions, std::size_t{2500}, "iterated with metadata");
  const auto found = cache.get_all(std::vector<std::int32_t>{7, 99'999, 3});
  check(found == std::vector<std::pair<std::int32_t, std::string>>{{7, "value 7"}, {3, "value 3"}}, "get_all");
  cache.clear();
  check(cache.begin() == cache.end(), "an empty cache has no entries");
}

void encodings() {
  RemoteCacheManager grid(configuration());
  for (const char* name : {"text", "octets", "proto"}) {
    const auto numbers = grid.cache<std::int32_t, double>(name);
    numbers.put(-7, 0.5);
    same(numbers.get(-7), std::optional(0.5), std::string("a number in ") + name);
    const Strings strings = grid.cache<std::string, std::string>(name);
    strings.put("key", "väl\nue");
    same(strings.get("key"), some("väl\nue"), std::string("a string in ") + name);
    numbers.remove(-7);
  }
  const auto bytes = grid.cache<std::string, std::vector<unsigned char>>("octets");
  bytes.put("bytes", {0, 255, 1});
  check(bytes.get("bytes") == std::vector<unsigned char>{0, 255, 1}, "bytes");
  const std::string large(300'000, 'x');
  const Strings octets = grid.cache<std::string, std::string>("octets");
  octets.put("large", large);
  check(octets.get("large") == large, "a large value");
}

void computing() {
  RemoteCacheManager grid(configuration());
  const auto cache = grid.cache<std::string, std::int64_t>("octets");
  cache.remove("n");
  const auto add = [](const std::int64_t& a, const std::int64_t& b) { return a + b; };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) cache.merge("n", 1, add);
    });
  }
  for (auto& thread : threads) thread.join();
  same(cache.get("n"), std::optional<std::int64_t>(200), "increments of four threads");
}

void futures() {
  RemoteCacheManager grid(configuration());
  const auto cache = grid.cache<std::int32_t, std::int32_t>("octets");
  cache.clear();
  std::vector<Future<std::optional<std::int32_t>>> puts;
  for (int i = 0; i < 2000; ++i) puts.push_back(cache.async().put(i, i));
  for (auto& put : puts) put.get();
  same(cache.async().size().get(), std::size_t{2000}, "size");
  same(cache.async().get(9).then([](auto v) { return *v * 2; }).get(), 18, "then");
}

void listeners() {
  RemoteCacheManager grid(configuration());
  const Strings cache = grid.cache<std::string, std::string>("text");
  cache.clear();
  cache.put("old", "v");
  std::mutex lock;
  std::vector<std::string> told;
  const auto words = [&] {
    const std::lock_guard guard(lock);
    std::string all;
    for (const auto& word : told) all += (all.empty() ? "" : ", ") + word;
    return all;
  };
  RemoteListenerOptions options;
  options.include_current_state = true;
  auto subscription = cache.on({EventKind::created, EventKind::modified, EventKind::removed}, [&](const auto& e) {
    static constexpr const char* kNames[] = {"created", "modified", "removed"};
    const std::lock_guard guard(lock);
    told.push_back(std::string(e.current_state() ? "there: " : "") + kNames[static_cast<int>(e.kind())] + " " + e.key());
  }, options);
  cache.put("k", "1");
  cache.put("k", "2");
  cache.remove("k");
  const std::string wanted = "there: created old, created k, modified k, removed k";
  eventually([&] { return words() == wanted; });
  same(words(), wanted, "events");
  subscription.cancel();
  cache.put("later", "1");
  std::this_thread::sleep_for(100ms);
  same(words(), wanted, "events after the end of the subscription");
}

void near_cache() {
  RemoteCacheManager grid(configuration());
  RemoteCacheManager other(configuration());
  const Strings near = grid.cache<std::string, std::string>("text", {.near_cache_entries = 10});
  const Strings far = other.cache<std::string, std::string>("text");
  far.put("k", "1");
  same(near.get("k"), some("1"), "a first read");
  same(near.get("k"), some("1"), "a second read");
  same(near.near_hits(), std::uint64_t{1}, "hits");
  near.put("k", "2");
  same(near.get("k"), some("2"), "our own write");
  far.put("k", "3");
  check(eventually([&] { return near.get("k") == some("3"); }), "another's write is seen");
  far.remove("k");
  check(eventually([&] { return near.get("k") == kNothing; }), "another's remove is seen");
}

void administration() {
  RemoteCacheManager grid(configuration());
  grid.create_cache("made", "<local-cache/>");
  fails_with(Errc::already_exists, "a second creation", [&] { grid.create_cache("made", "<local-cache/>"); });
  grid.get_or_create_cache("made", "<local-cache/>");
  const auto names = grid.cache_names();
  check(std::count(names.begin(), names.end(), "made") == 1, "the new cache is named");
  grid.cache<std::string, std::string>("made").put("k", "v");
  grid.remove_cache("made");
  fails_with(Errc::cache_not_found, "a removed cache", [&] { grid.cache<std::string, std::string>("made"); });
  fails_with(Errc::cache_not_found, "a cache that never was", [&] { grid.cache<std::string, std::string>("never"); });
}

void permissions() {
  RemoteCacheManager reader(configuration("reader", "secret"));
  const Strings cache = reader.cache<std::string, std::string>("text");
  fails_with(Errc::permission_denied, "a put by an observer", [&] { cache.put("k", "v"); });
  fails_with(Errc::unauthenticated, "nobody", [&] { RemoteCacheManager(configuration("")).cache<std::string, std::string>("text").get("k"); });
}

struct Case {
  const char* name;
  std::function<void()> run;
};

int run(const std::vector<Case>& cases) {
  int failed = 0;
  for (const Case& one : cases) {
    try {
      one.run();
      std::cout << "ok " << one.name << std::endl;
    } catch (const std::exception& e) {
      ++failed;
      std::cout << "FAILED " << one.name << "\n    " << e.what() << std::endl;
    }
  }
  std::cout << "done" << std::endl;
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: client_cases HOST:PORT\n";
    return 2;
  }
  address = argv[1];
  std::vector<Case> cases;
  static const char* const kMechanisms[] = {"PLAIN", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-384", "SCRAM-SHA-512"};
  for (const char* name : kMechanisms) cases.push_back({name, [name] { mechanism(name); }});
  cases.insert(cases.end(), {{"map of strings", map_of_strings}, {"versions", versions}, {"lifetimes", lifetimes}, {"bulk operations and iteration", bulk_and_iteration},
                             {"encodings", encodings}, {"computing", computing}, {"futures", futures}, {"listeners", listeners}, {"near cache", near_cache},
                             {"administration", administration}, {"permissions", permissions}});
  return run(cases);
}
