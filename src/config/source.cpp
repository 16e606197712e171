#include "config/source.h"

#include <charconv>

#include "config/formats/xml.h"
#include "config/formats/yaml.h"
#include "config/paths.h"
#include "config/properties.h"
#include "config/shape.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kIncludeSpace = "http://www.w3.org/2001/XInclude";
constexpr int kIncludeDepthMax = 8;
constexpr int kOldestMajor = 9, kOldestMinor = 4;

constexpr std::size_t kTextBytesMax = std::size_t{16} << 20;

/// How many bytes the character at the front has; 0 = it is no UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : byte(0) < 0xf5 ? 4 : 0;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

/// The parsers get nothing but UTF-8 without control characters.
Status check_characters(std::string_view text, const std::string& file) {
  if (text.size() > kTextBytesMax) return Error(Errc::too_large, file + ": a configuration may have 16 MiB at most");
  std::uint32_t line = 1, column = 1;
  while (!text.empty()) {
    const std::size_t size = character_bytes(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (size == 0 || c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
      return error_at({std::make_shared<const std::string>(file), line, column}, size == 0 ? "the text is not in UTF-8" : "control characters are not accepted");
    }
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
    text.remove_prefix(size);
  }
  return success();
}

std::vector<std::string> cache_element_names() {
  std::vector<std::string> names;
  for (const auto& one : cache_elements()) names.push_back(one.element->name);
  return names;
}

// ---- includes

class Includes {
 public:
  Includes(const ReadOptions& options, bool resolve) : options_(options), resolve_(resolve) {}

  Status expand(Node& node, const std::string& file, int depth) {
    if (is_include(node)) HF_TRY(replace(node, file, depth));
    else {
      for (auto& child : node.children) HF_TRY(expand(child, file, depth));
    }
    return success();
  }

 private:
  static bool is_include(const Node& node) { return node.name == "include" && node.space == kIncludeSpace; }

  Status replace(Node& node, const std::string& file, int depth) {
    const Place place = node.place;
    if (depth >= kIncludeDepthMax) return error_at(place, "includes are nested deeper than " + std::to_string(kIncludeDepthMax) + "; does a file include itself?");
    for (const auto& attribute : node.attributes) {
      if (attribute.name != "href") return error_at(attribute.place, "<xi:include> takes href only, not '" + attribute.name + "'");
    }
    if (!node.children.empty()) return error_at(node.children.front().place, "<xi:include> takes no <" + node.children.front().name + ">");
    const auto* href = node.attribute("href");
    if (!href || href->value.empty()) return error_at(place, "<xi:include> needs href");
    if (!options_.read_file) return error_at(place, "includes are not accepted here");
    HF_ASSIGN(const std::string wanted, resolve_properties(href->value, options_.property, href->place));
    const std::string path = join_path(folder_of(file), wanted);
    auto text = options_.read_file(path);
    if (!text.ok()) return Error(text.code(), place.text() + ": the included file cannot be read: " + text.error().message());
    HF_TRY(check_characters(*text, path));
    HF_ASSIGN(Node included, parse_xml(*text, path));
    if (resolve_) HF_TRY(resolve_properties(included, options_.property));
    node = std::move(included);
    return expand(node, path, depth + 1);
  }

  const ReadOptions& options_;
  const bool resolve_;
};

// ---- namespaces

/// urn:infinispan:config:12.1 -> 12 and 1; false = it ends in no version.
bool version_of(std::string_view space, int& major, int& minor) {
  const auto text = space.substr(space.rfind(':') + 1);
  const char* end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, major);
  return error == std::errc() && dot != end && *dot == '.' && std::from_chars(dot + 1, end, minor).ec == std::errc();
}

Status check_space(const Node& node) {
  const std::string_view space = node.space;
  if (space.empty() || space.starts_with("urn:org:jgroups") || space.starts_with("urn:holdfast")) return success();
  if (space.starts_with("urn:jboss:domain")) {
    return error_at(node.place, "<" + node.name + "> configures a server of version 9 or older (inside WildFly), which is not read; write the caches and endpoints into an <infinispan> file");
  }
  if (!space.starts_with("urn:infinispan:")) {
    return error_at(node.place, "<" + node.name + "> is in the unknown namespace '" + node.space + "'; use urn:infinispan:config:16.0");
  }
  int major = 0, minor = 0;
  if (version_of(space, major, minor) && (major < kOldestMajor || (major == kOldestMajor && minor < kOldestMinor))) {
    return error_at(node.place, "the schema '" + node.space + "' is older than 9.4, which is the oldest that is read; bring the file up to a newer one");
  }
  return success();
}

Status check_spaces(const Node& node) {
  HF_TRY(check_space(node));
  for (const auto& child : node.children) HF_TRY(check_spaces(child));
  return success();
}

// ---- roots

Error no_root(const Place& place, const std::string& name, bool allow_cache) {
  std::vector<std::string> names{"infinispan", "holdfast"};
  if (allow_cache) {
    const auto caches = cache_element_names();
    names.insert(names.end(), caches.begin(), caches.end());
  }
  return error_at(place, "'" + name + "' is no configuration" + (allow_cache ? " and no cache" : "") + suggestion(name, names) +
                             (allow_cache ? "; begin with a cache such as <local-cache/> or with <infinispan>" : "; the root is <infinispan>"));
}

Result<Source> source_of_xml(std::string_view text, const ReadOptions& options, const SourceOptions& how) {
  Source source;
  HF_ASSIGN(source.root, parse_xml(text, options.file));
  if (how.resolve) HF_TRY(resolve_properties(source.root, options.property));
  HF_TRY(Includes(options, how.resolve).expand(source.root, options.file, 0));
  HF_TRY(check_spaces(source.root));
  int minor = 0;
  if (!version_of(source.root.space, source.schema_major, minor)) source.schema_major = 0;
  if (how.allow_cache) source.cache = find_cache_element(source.root.name);
  if (!source.cache && !is_root_name(source.root.name)) return no_root(source.root.place, source.root.name, how.allow_cache);
  return source;
}

const CacheElement* cache_in(const Tree& tree) {
  const bool one = tree.kind == Tree::Kind::map && tree.items.size() == 1;
  if (!one) return nullptr;
  const auto* found = find_cache_element(tree.items.front().key);
  return found ? found : find_cache_element(kebab_case(tree.items.front().key));
}

Result<Source> source_of_tree(const Tree& tree, const ReadOptions& options, const SourceOptions& how) {
  if (tree.kind != Tree::Kind::map || tree.items.empty()) return error_at(tree.place, "a map is expected, such as {\"infinispan\": {...}}");
  const Tree& first = tree.items.front();
  if (tree.items.size() > 1) return error_at(tree.items[1].place, "'" + first.key + "' is the only member that is expected here, there is '" + tree.items[1].key + "' too");
  Source source;
  if (is_root_name(first.key)) {
    HF_ASSIGN(source.root, node_of_tree(*root_element(), first));
  } else if (const auto* cache = how.allow_cache ? cache_in(first) : nullptr) {
    source.cache = cache;
    source.cache_name = first.key;
    HF_ASSIGN(source.root, node_of_tree(*cache->element, first.items.front()));
  } else if (const auto* unnamed = how.allow_cache ? cache_in(tree) : nullptr) {
    source.cache = unnamed;
    HF_ASSIGN(source.root, node_of_tree(*unnamed->element, first));
  } else {
    return no_root(first.place, first.key, how.allow_cache);
  }
  if (how.resolve) HF_TRY(resolve_properties(source.root, options.property));
  return source;
}

}  // namespace

Format format_of(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const auto body = trim(text);
  if (body.starts_with('<')) return Format::xml;
  return body.starts_with('{') ? Format::json : Format::yaml;
}

Result<Source> read_source(std::string_view text, const ReadOptions& options, const SourceOptions& how) {
  HF_TRY(check_characters(text, options.file));
  const Format format = format_of(text);
  if (format == Format::xml) return source_of_xml(text, options, how);
  HF_ASSIGN(const Tree tree, parse_yaml(text, options.file, format == Format::json));
  return source_of_tree(tree, options, how);
}

}  // namespace holdfast::config
