// /metrics: figures in the text formats of Prometheus and OpenMetrics. Names are the original's with another prefix.
#include <charconv>
#include <map>

#include "endpoint/rest/handlers.h"
#include "endpoint/rest/json_answers.h"
#include "endpoint/rest/negotiation.h"
#include "runtime/process_memory.h"

namespace holdfast::rest {
namespace {

using media::MediaType;
using engine::StatisticsSnapshot;

struct CacheFigure {
  const char* name;
  const char* help;
  std::int64_t (*read)(const StatisticsSnapshot&);
};
constexpr CacheFigure kCacheFigures[] = {
    {"holdfast_statistics_hits", "Reads that found their key", [](const StatisticsSnapshot& s) { return s.hits; }},
    {"holdfast_statistics_misses", "Reads that did not find their key", [](const StatisticsSnapshot& s) { return s.misses; }},
    {"holdfast_statistics_retrievals", "Reads", [](const StatisticsSnapshot& s) { return s.retrievals(); }},
    {"holdfast_statistics_stores", "Values stored", [](const StatisticsSnapshot& s) { return s.stores; }},
    {"holdfast_statistics_remove_hits", "Removals that found their key", [](const StatisticsSnapshot& s) { return s.remove_hits; }},
    {"holdfast_statistics_remove_misses", "Removals that did not find their key", [](const StatisticsSnapshot& s) { return s.remove_misses; }},
    {"holdfast_statistics_evictions", "Entries evicted", [](const StatisticsSnapshot& s) { return s.evictions; }},
    {"holdfast_statistics_average_read_time_nanos", "Average time of a read", [](const StatisticsSnapshot& s) { return s.average_read_ns; }},
    {"holdfast_statistics_average_write_time_nanos", "Average time of a write", [](const StatisticsSnapshot& s) { return s.average_write_ns; }},
    {"holdfast_statistics_average_remove_time_nanos", "Average time of a removal", [](const StatisticsSnapshot& s) { return s.average_remove_ns; }},
    {"holdfast_statistics_time_since_start", "Seconds since the cache started", [](const StatisticsSnapshot& s) { return s.time_since_start_s; }},
    {"holdfast_statistics_time_since_reset", "Seconds since the statistics were reset", [](const StatisticsSnapshot& s) { return s.time_since_reset_s; }},
    {"holdfast_statistics_number_of_entries", "Entries", [](const StatisticsSnapshot& s) { return s.entries; }},
    {"holdfast_statistics_approximate_entries", "Entries, expired ones perhaps included", [](const StatisticsSnapshot& s) { return s.approximate_entries; }},
    {"holdfast_statistics_data_memory_used", "Bytes of memory that entries take", [](const StatisticsSnapshot& s) { return s.memory_bytes; }},
};

std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

class Page {
 public:
  void family(std::string_view name, std::string_view help) {
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" gauge\n");
  }
  void sample(std::string_view name, std::string_view labels, std::string_view value) {
    text_.append(name);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }
  void figure(std::string_view name, std::string_view help, std::string_view labels, std::int64_t value) {
    family(name, help);
    sample(name, labels, std::to_string(value));
  }
  std::string& text() { return text_; }

 private:
  std::string text_;
};

void add_caches(Page& page, const std::map<std::string, StatisticsSnapshot>& caches, const std::string& node) {
  for (const CacheFigure& figure : kCacheFigures) {
    page.family(figure.name, figure.help);
    for (const auto& [name, snapshot] : caches) {
      // Counters of a cache without statistics do not exist, which is not the same as being 0.
      const std::int64_t value = figure.read(snapshot);
      if (value >= 0) page.sample(figure.name, "cache=\"" + label_value(name) + "\"," + node, std::to_string(value));
    }
  }
}

/// How data moves to this node.
struct TransferFigure {
  const char* name;
  const char* help;
  std::int64_t (*read)(const engine::TransferProgress&);
};
constexpr TransferFigure kTransferFigures[] = {
    {"holdfast_state_transfer_segments", "Segments that the newest rebalance gives this node", [](const engine::TransferProgress& t) { return std::int64_t{t.segments}; }},
    {"holdfast_state_transfer_segments_remaining", "Segments that have not come yet", [](const engine::TransferProgress& t) { return std::int64_t{t.missing}; }},
    {"holdfast_state_transfer_entries_received", "Entries that came with them", [](const engine::TransferProgress& t) { return static_cast<std::int64_t>(t.entries); }},
    {"holdfast_state_transfer_bytes_received", "Bytes of their keys and values", [](const engine::TransferProgress& t) { return static_cast<std::int64_t>(t.bytes); }},
};

void add_transfers(Page& page, engine::CacheManager& manager, const std::map<std::string, StatisticsSnapshot>& caches, const std::string& node) {
  const engine::Cluster* cluster = manager.cluster();
  if (cluster == nullptr) return;
  page.figure("holdfast_rebalancing_enabled", "1 while data may move between nodes by itself", node, cluster->rebalancing_enabled(""));
  std::map<std::string, engine::TransferProgress> transfers;
  for (const auto& [name, snapshot] : caches) {
    if (const auto cache = manager.cache(name); cache.ok()) transfers.emplace(name, (*cache)->share().transfer);
  }
  for (const TransferFigure& figure : kTransferFigures) {
    page.family(figure.name, figure.help);
    for (const auto& [name, transfer] : transfers) page.sample(figure.name, "cache=\"" + label_value(name) + "\"," + node, std::to_string(figure.read(transfer)));
  }
  page.family("holdfast_rebalance_in_progress", "1 while a rebalance of the cache goes on");
  for (const auto& [name, transfer] : transfers) page.sample("holdfast_rebalance_in_progress", "cache=\"" + label_value(name) + "\"," + node, cluster->rebalancing(name) ? "1" : "0");
}

/// The number in field `index` of a line of fields; -1 when there is none.
std::int64_t field_of(std::string_view line, std::size_t index) {
  for (; index > 0; --index) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return -1;
    line.remove_prefix(blank + 1);
  }
  std::int64_t value = -1;
  std::from_chars(line.data(), line.data() + line.size(), value);
  return value;
}

/// The process as the system sees it, where it has /proc.
void add_process(Page& page, runtime::Disk& disk, const std::string& node) {
  constexpr std::int64_t kTicksMs = 10;
  if (const runtime::ProcessMemory memory = runtime::process_memory(disk); memory.resident_bytes != 0) {
    page.figure("process_virtual_memory_bytes", "Address space of the process", node, static_cast<std::int64_t>(memory.virtual_bytes));
    page.figure("process_resident_memory_bytes", "Memory of the process", node, static_cast<std::int64_t>(memory.resident_bytes));
  }
  const auto stat = disk.read("/proc/self/stat");
  const std::size_t name_end = stat.ok() ? stat->rfind(") ") : Bytes::npos;
  if (name_end == Bytes::npos) return;
  // Fields count from the state behind the name, which may hold blanks itself.
  const std::string_view fields = std::string_view(*stat).substr(name_end + 2);
  const std::int64_t cpu_ms = (field_of(fields, 11) + field_of(fields, 12)) * kTicksMs;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, static_cast<double>(cpu_ms) / 1000.0).ptr;
  page.family("process_cpu_seconds", "Processor time of the process");
  page.sample("process_cpu_seconds", node, std::string_view(text, static_cast<std::size_t>(end - text)));
  page.figure("process_threads", "Threads of the process", node, field_of(fields, 17));
}

}  // namespace

void metrics(Exchange& x) {
  static const MediaType kOffers[] = {MediaType::parse("text/plain; version=0.0.4; charset=utf-8").value(),
                                      MediaType::parse("application/openmetrics-text; version=1.0.0; charset=utf-8").value()};
  const auto ranges = parse_accept(x.request.header("Accept"));
  if (!ranges.ok()) return x.fail(ranges.error());
  const MediaType* type = choose(*ranges, kOffers);
  if (type == nullptr) return x.fail(406, "metrics are text/plain or application/openmetrics-text");

  engine::CacheManager& manager = x.dispatcher().manager();
  const server::ServerControl* control = x.state().context.control;
  const std::string node = "node=\"" + label_value(control == nullptr ? manager.configuration().node_name : control->node_name()) + "\"";
  std::map<std::string, StatisticsSnapshot> caches;
  for (const std::string& name : manager.cache_names(true)) {
    if (const auto cache = manager.cache(name); cache.ok()) caches.emplace(name, (*cache)->statistics());
  }
  Page page;
  page.figure("holdfast_cluster_size", "Nodes in the cluster", node, control == nullptr ? 1 : static_cast<std::int64_t>(control->cluster().members.size()));
  page.figure("holdfast_number_of_running_caches", "Caches that run, internal ones included", node, static_cast<std::int64_t>(caches.size()));
  page.figure("holdfast_number_of_cache_configurations", "Templates", node, static_cast<std::int64_t>(manager.template_names().size()));
  if (x.state().context.realm != nullptr) {
    page.figure("holdfast_authentication_refusals", "Attempts to log in that were refused", node, static_cast<std::int64_t>(x.state().context.realm->refusals()));
  }
  add_caches(page, caches, node);
  add_transfers(page, manager, caches, node);
  add_process(page, x.state().context.runtime->disk(), node);
  if (type == &kOffers[1]) page.text() += "# EOF\n";
  x.answer(200, type->to_string(), page.text());
}

}  // namespace holdfast::rest
