#include "endpoint/rest/json_answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "endpoint/rest/negotiation.h"

namespace holdfast::rest {
namespace {

using media::MediaType;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kNsInMs = 1'000'000;

std::int64_t ms_of(std::int64_t ns) { return ns < 0 ? ns : ns / kNsInMs; }
std::int64_t known(std::int64_t figure) { return figure < 0 ? 0 : figure; }

}  // namespace

std::string json_text(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

void answer_json(Exchange& exchange, const Json& document) { exchange.answer(200, media::kJson, json_text(document)); }

const char* configuration_format(Exchange& exchange) {
  static const MediaType kOffers[] = {MediaType::parse(media::kJson).value(), MediaType::parse(media::kXml).value(), MediaType::parse("application/yaml").value(),
                                      MediaType::parse("text/xml").value(), MediaType::parse("application/x-yaml").value(), MediaType::parse("text/yaml").value()};
  constexpr const char* kFormats[] = {"json", "xml", "yaml", "xml", "yaml", "yaml"};
  const auto ranges = parse_accept(exchange.request.header("Accept"));
  if (!ranges.ok()) return exchange.fail(ranges.error()), nullptr;
  const MediaType* chosen = choose(*ranges, kOffers);
  if (chosen != nullptr) return kFormats[chosen - kOffers];
  exchange.fail(406, "configurations are application/json, application/xml or application/yaml");
  return nullptr;
}

const char* media_type_of_format(std::string_view format) {
  return format == "xml" ? media::kXml : format == "yaml" ? "application/yaml" : media::kJson;
}

bool rebalancing_enabled(Exchange& x, const std::string& cache) {
  const engine::Cluster* cluster = x.dispatcher().manager().cluster();
  return cluster == nullptr || cluster->rebalancing_enabled(cache);
}

std::string_view health_name(engine::Health health) {
  switch (health) {
    case engine::Health::healthy: return "HEALTHY";
    case engine::Health::healthy_rebalancing: return "HEALTHY_REBALANCING";
    case engine::Health::initializing: return "INITIALIZING";
    case engine::Health::degraded: return "DEGRADED";
    case engine::Health::failed: return "FAILED";
  }
  return "FAILED";
}

Json statistics_json(const engine::StatisticsSnapshot& s) {
  return {{"time_since_start", s.time_since_start_s},
          {"time_since_reset", s.time_since_reset_s},
          {"hits", s.hits},
          {"misses", s.misses},
          {"retrievals", s.retrievals()},
          {"stores", s.stores},
          {"remove_hits", s.remove_hits},
          {"remove_misses", s.remove_misses},
          {"evictions", s.evictions},
          {"average_read_time", ms_of(s.average_read_ns)},
          {"average_write_time", ms_of(s.average_write_ns)},
          {"average_remove_time", ms_of(s.average_remove_ns)},
          {"average_read_time_nanos", s.average_read_ns},
          {"average_write_time_nanos", s.average_write_ns},
          {"average_remove_time_nanos", s.average_remove_ns},
          {"current_number_of_entries", s.entries},
          {"current_number_of_entries_in_memory", s.entries},
          {"approximate_entries", s.approximate_entries},
          {"approximate_entries_in_memory", s.approximate_entries},
          {"approximate_entries_unique", s.approximate_entries},
          {"data_memory_used", s.memory_bytes},
          {"off_heap_memory_used", s.memory_bytes},
          {"required_minimum_number_of_nodes", 1}};
}

void StatisticsSum::add(const engine::StatisticsSnapshot& s) {
  // Entries and memory are known without statistics, too.
  sum_.entries = known(sum_.entries) + known(s.entries);
  sum_.approximate_entries = known(sum_.approximate_entries) + known(s.approximate_entries);
  sum_.memory_bytes = known(sum_.memory_bytes) + known(s.memory_bytes);
  if (!s.enabled) return;
  sum_.enabled = true;
  sum_.time_since_start_s = std::max(sum_.time_since_start_s, s.time_since_start_s);
  sum_.time_since_reset_s = std::max(sum_.time_since_reset_s, s.time_since_reset_s);
  for (const auto figure : {&engine::StatisticsSnapshot::hits, &engine::StatisticsSnapshot::misses, &engine::StatisticsSnapshot::stores,
                            &engine::StatisticsSnapshot::remove_hits, &engine::StatisticsSnapshot::remove_misses, &engine::StatisticsSnapshot::evictions}) {
    sum_.*figure = known(sum_.*figure) + known(s.*figure);
  }
  read_ns_ += known(s.average_read_ns) * known(s.retrievals());
  write_ns_ += known(s.average_write_ns) * known(s.stores);
  remove_ns_ += known(s.average_remove_ns) * known(s.remove_hits);
}

engine::StatisticsSnapshot StatisticsSum::result() const {
  engine::StatisticsSnapshot out = sum_;
  if (!out.enabled) return out;
  out.average_read_ns = read_ns_ / std::max<std::int64_t>(1, out.retrievals());
  out.average_write_ns = write_ns_ / std::max<std::int64_t>(1, out.stores);
  out.average_remove_ns = remove_ns_ / std::max<std::int64_t>(1, out.remove_hits);
  return out;
}

}  // namespace holdfast::rest
