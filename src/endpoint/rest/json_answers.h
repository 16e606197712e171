// JSON that several resources show, and formats of configurations.
//
// Threads: any.  Waits: never.
// Fails with: an answer, where one takes an Exchange.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "endpoint/rest/exchange.h"

namespace holdfast::rest {

void answer_json(Exchange& exchange, const nlohmann::ordered_json& document);
std::string json_text(const nlohmann::ordered_json& document);

/// "xml", "json" or "yaml" by Accept, JSON first; null: answered with 406.
const char* configuration_format(Exchange& exchange);
const char* media_type_of_format(std::string_view format);

/// May the cache's data ("" = any cache's) move between nodes by itself? Yes where there is one node only.
bool rebalancing_enabled(Exchange& exchange, const std::string& cache);
std::string_view health_name(engine::Health health);
nlohmann::ordered_json statistics_json(const engine::StatisticsSnapshot& s);
/// The sums of several caches; averages weighed by what they count.
class StatisticsSum {
 public:
  void add(const engine::StatisticsSnapshot& s);
  engine::StatisticsSnapshot result() const;

 private:
  engine::StatisticsSnapshot sum_;
  std::int64_t read_ns_ = 0, write_ns_ = 0, remove_ns_ = 0;
};

}  // namespace holdfast::rest
