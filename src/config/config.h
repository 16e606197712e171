// Reading and writing configurations: XML, JSON and YAML, the original's files included. One list of descriptors
// (settings.h) stands behind the readers, the writers, the checks, the schemas and the coverage page.
//
// Owner: stateless functions.  Threads: any.  Waits: never (files come through the caller's FileReader).
// Fails with: invalid_configuration ("FILE:LINE:COLUMN: what is wrong, what to do"), not_found (a file), and what the
// FileReader fails with.
#pragma once

#include <holdfast/configuration.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/server_configuration.h"

namespace holdfast::config {

enum class Format { xml, json, yaml };
Result<Format> format_from_name(std::string_view name);  // "xml", "json", "yaml", also media types
std::string_view format_name(Format format);

/// For ${name:default} and ${a,b:default}: a name's value, or nothing.
using PropertySource = std::function<std::optional<std::string>(const std::string& name)>;
using FileReader = std::function<Result<std::string>(const std::string& path)>;

struct ReadOptions {
  PropertySource property;     // empty = nothing is set, only defaults apply
  FileReader read_file;        // for XInclude and further files; empty = includes are refused
  std::string file = "<text>"; // named in messages; includes are relative to its folder
};

/// Everything that a set of files says.
struct Document {
  ContainerConfiguration container;
  ServerConfiguration server;
  /// One sentence each, with its place: elements that are known and have no meaning (yet).
  std::vector<std::string> warnings;
};

/// A whole document; the format is told by its first character ('<' XML, '{' JSON, else YAML).
Result<Document> read(std::string_view text, const ReadOptions& options);
/// Several files; a later one adds to and overrides the earlier ones.
Result<Document> read_files(const std::vector<std::string>& paths, const ReadOptions& options);

/// One cache (or template), as administration sends it: a fragment such as <local-cache/>, {"local-cache":{}}, with or
/// without a name, or a whole document with one cache. `templates` are those that it may inherit from.
struct NamedCache {
  std::string name;  // "" = the text has none
  bool is_template = false;
  CacheConfiguration configuration;
  std::vector<std::string> warnings;
};
Result<NamedCache> read_cache(std::string_view text, const ReadOptions& options, const std::map<std::string, CacheConfiguration>& templates);

/// org.infinispan.LOCAL, DIST_SYNC, ...: templates that exist without being declared.
const std::map<std::string, CacheConfiguration>& builtin_templates();

/// Reading it again gives the same document (without its warnings). Caches name their templates.
std::string write(const Document& document, Format format);
/// One cache, without its template: everything that differs from the defaults.
/// JSON and YAML: {"name":{"local-cache":{...}}}, or {"local-cache":{...}} without a name.
std::string write_cache(const NamedCache& cache, Format format);

/// One cache or template as the global state keeps it and nodes tell it to each other: XML with everything that differs
/// from the defaults, and the name of its template, which reading does not look up: the template may have changed or gone.
std::string write_definition(const NamedCache& cache);
Result<NamedCache> read_definition(std::string_view text);

/// The same settings in another format, properties left as they are. A whole document or one cache. Names are checked,
/// values are not; `read_file` serves includes.
Result<std::string> convert(std::string_view text, const ReadOptions& options, Format to);

std::string xml_schema();
std::string json_schema();

/// One row for each setting, for the coverage page, the manual and completion.
struct SettingInfo {
  std::string path;    // "distributed-cache/memory@max-count"
  std::string type;    // "integer", "duration", "size", "boolean", "string", "one of A, B"
  std::string fallback;// the default, as text
  std::string doc;
  std::string since;
  bool mutable_at_runtime = false;
  bool built = true;   // false: accepted with a warning, has no effect yet
};
std::vector<SettingInfo> settings();

}  // namespace holdfast::config
