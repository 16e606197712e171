// The cache beside a std::map: the same random operations give the same answers.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "local/test_local_world.h"

namespace holdfast {
namespace {

using Model = std::map<int, std::string>;
using Answer = std::optional<std::string>;

Answer value_of(const Model& model, int key) {
  const auto at = model.find(key);
  return at == model.end() ? Answer() : Answer(at->second);
}

/// One random operation on both; false when they disagree.
class Step {
 public:
  Step(const Cache<int, std::string>& cache, Model& model, std::mt19937& random) : cache_(cache), model_(model) {
    key_ = static_cast<int>(random() % 50);
    value_ = std::string(random() % 3 == 0 ? 2000 : random() % 20, static_cast<char>('a' + random() % 26));
    operation_ = random() % 12;
    before_ = value_of(model_, key_);
  }
  bool agrees() {
    switch (operation_) {
      case 0: return cache_.get(key_) == before_;
      case 1: return cache_.contains(key_) == before_.has_value();
      case 2: return store(true, cache_.put(key_, value_) == before_);
      case 3: return store(!before_, cache_.put_if_absent(key_, value_) == before_);
      case 4: return store(before_.has_value(), cache_.replace(key_, value_) == before_);
      case 5: return store(before_ == expected(), cache_.replace(key_, *expected(), value_) == (before_ == expected()));
      case 6: return erase(true, cache_.remove(key_) == before_);
      case 7: return erase(before_ == value_, cache_.remove(key_, value_) == (before_ == value_));
      case 8: return compute();
      case 9: return merge();
      case 10: return cache_.size() == model_.size();
      default: return Model(cache_.begin(), cache_.end()) == model_;
    }
  }

 private:
  Answer expected() const { return before_ && value_.size() % 2 == 0 ? before_ : Answer("another"); }
  bool store(bool stored, bool agreed) {
    if (stored) model_[key_] = value_;
    return agreed;
  }
  bool erase(bool erased, bool agreed) {
    if (erased) model_.erase(key_);
    return agreed;
  }
  bool compute() {
    const bool keeps = value_.size() % 2 == 0;
    const auto f = [&](int, const std::string* old) { return keeps ? Answer((old ? *old : "") + "x") : Answer(); };
    const Answer after = keeps ? Answer(before_.value_or("") + "x") : Answer();
    if (after) model_[key_] = *after;
    return erase(!after, cache_.compute(key_, f) == after);
  }
  bool merge() {
    const Answer after = before_ ? *before_ + value_.substr(0, 1) : value_;
    model_[key_] = *after;
    return cache_.merge(key_, value_, [](const std::string& old, const std::string& added) { return old + added.substr(0, 1); }) == after;
  }

  const Cache<int, std::string>& cache_;
  Model& model_;
  int key_ = 0;
  std::string value_;
  std::uint32_t operation_ = 0;
  Answer before_;
};

void beside_a_map(const LocalWorld& w, unsigned seed) {
  const auto cache = w.cache<int, std::string>();
  Model model;
  std::mt19937 random(seed);
  for (int i = 0; i < 8'000; ++i) ASSERT_TRUE(Step(cache, model, random).agrees()) << "seed " << seed << ", step " << i;
}

TEST(CacheBesideAMap, GivesTheSameAnswers) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const LocalWorld w;
    beside_a_map(w, seed);
  }
}

TEST(CacheBesideAMap, GivesTheSameAnswersWhileSomebodyListens) {
  const LocalWorld w;
  std::size_t heard = 0;
  const auto listener = w.texts().on({EventKind::created, EventKind::modified, EventKind::removed}, [&](const auto&) { ++heard; }, {.before = true});
  beside_a_map(w, 6);
  EXPECT_GT(heard, 0u);
}

TEST(CacheBesideAMap, ASimpleCacheGivesTheSameAnswers) {
  CacheConfiguration simple;
  simple.simple = true;
  simple.segments = 1;
  const LocalWorld w(simple);
  beside_a_map(w, 7);
}

TEST(CacheUnderThreads, CountsEveryIncrementOnce) {
  const LocalWorld w;
  const auto c = w.cache<int, int>();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 2000; ++i) {
        const int key = static_cast<int>(random() % 4);
        if (i % 2 == 0) {
          c.merge(key, 1, [](int a, int b) { return a + b; });
        } else {
          for (;;) {
            const auto seen = c.get_with_metadata(key);
            if (seen ? c.replace_with_version(key, seen->value + 1, seen->version) : !c.put_if_absent(key, 1)) break;
          }
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  int sum = 0;
  for (const auto& [key, value] : c) sum += value;
  EXPECT_EQ(sum, 8000);
}

TEST(CacheUnderThreads, AnEntryThatIsThereThroughoutIsSeenExactlyOnce) {
  const LocalWorld w;
  const auto c = w.cache<int, int>();
  for (int i = 0; i < 500; ++i) c.put(i, 0);
  std::atomic<bool> stop{false};
  std::thread churn([&] {
    std::mt19937 random(1);
    while (!stop) {
      const int key = 1000 + static_cast<int>(random() % 1000);
      c.put(key, 1);
      c.remove(1000 + static_cast<int>(random() % 1000));
      c.put(static_cast<int>(random() % 500), 0);
    }
  });
  for (int round = 0; round < 50; ++round) {
    std::map<int, int> seen;
    for (const auto& [key, value] : c) seen[key]++;
    for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[i], 1);
  }
  stop = true;
  churn.join();
}

}  // namespace
}  // namespace holdfast
