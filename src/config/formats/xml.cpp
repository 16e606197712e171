#include "config/formats/xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

namespace holdfast::config {
namespace {

constexpr std::size_t kDepthMax = 100;
constexpr std::string_view kSchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";
constexpr std::string_view kXml = "http://www.w3.org/XML/1998/namespace";

std::string to_string(const xmlChar* text) { return text ? reinterpret_cast<const char*>(text) : ""; }

/// What the callbacks of one parse share.
struct Parse {
  std::string_view text;
  std::shared_ptr<const std::string> file;
  xmlParserCtxtPtr context = nullptr;
  std::vector<std::size_t> line_starts;  // offsets
  std::optional<Node> root;
  std::vector<Node> open;  // the elements that are not closed yet
  std::optional<Error> error;

  Place place(std::size_t offset) const {
    const auto line = std::upper_bound(line_starts.begin(), line_starts.end(), offset) - line_starts.begin();
    const auto start = line_starts[static_cast<std::size_t>(line) - 1];
    return {file, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(offset - start + 1)};
  }
  void fail(Error why) {
    if (!error) error = std::move(why);
    xmlStopParser(context);
  }
  /// Where the start tag that was just read begins: '<' may not stand in attribute values.
  std::size_t tag_begin() const {
    const long consumed = xmlByteConsumed(context);
    const auto end = std::min<std::size_t>(consumed < 0 ? 0 : static_cast<std::size_t>(consumed), text.size());
    const auto begin = text.substr(0, end).rfind('<');
    return begin == std::string_view::npos ? 0 : begin;
  }
};

Parse& parse_of(void* user) { return *static_cast<Parse*>(user); }

/// Where attribute `name` (with its prefix) begins inside the tag at `begin`.
std::size_t find_attribute(std::string_view text, std::size_t begin, const std::string& name) {
  char quote = 0;
  for (std::size_t i = begin; i < text.size() && (quote || text[i] != '>'); ++i) {
    if (quote) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (std::strchr(" \t\r\n", text[i]) && text.substr(i + 1, name.size()) == name) {
      const auto after = i + 1 + name.size();
      if (after < text.size() && std::strchr("= \t\r\n", text[after])) return i + 1;
    }
  }
  return begin;
}

void on_start(void* user, const xmlChar* name, const xmlChar*, const xmlChar* space, int, const xmlChar**, int count,
              int, const xmlChar** attributes) {
  Parse& parse = parse_of(user);
  const auto begin = parse.tag_begin();
  Node node;
  node.name = to_string(name);
  node.space = to_string(space);
  node.place = parse.place(begin);
  if (parse.open.size() >= kDepthMax) return parse.fail(error_at(node.place, "elements are nested deeper than " + std::to_string(kDepthMax)));
  for (int i = 0; i < count; ++i) {
    const xmlChar** a = attributes + 5 * i;  // name, prefix, namespace, value, end of value
    const std::string attribute_space = to_string(a[2]);
    if (attribute_space == kSchemaInstance || attribute_space == kXml) continue;
    const std::string prefix = to_string(a[1]);
    const std::string written = (prefix.empty() ? "" : prefix + ":") + to_string(a[0]);
    node.attributes.push_back({to_string(a[0]), std::string(reinterpret_cast<const char*>(a[3]), static_cast<std::size_t>(a[4] - a[3])),
                               parse.place(find_attribute(parse.text, begin, written))});
  }
  parse.open.push_back(std::move(node));
}

void on_end(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
  Parse& parse = parse_of(user);
  if (parse.open.empty()) return;
  Node node = std::move(parse.open.back());
  parse.open.pop_back();
  node.text = std::string(trim(node.text));
  if (parse.open.empty()) {
    parse.root = std::move(node);
  } else {
    parse.open.back().children.push_back(std::move(node));
  }
}

void on_text(void* user, const xmlChar* text, int length) {
  Parse& parse = parse_of(user);
  if (!parse.open.empty()) parse.open.back().text.append(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
}

void on_document_type(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
  Parse& parse = parse_of(user);
  parse.fail(error_at(parse.place(parse.tag_begin()), "a document type (<!DOCTYPE>) is not accepted; remove it"));
}

void on_error(void* user, xmlErrorPtr why) {
  Parse& parse = parse_of(user);
  const bool about_uri = why->code == XML_WAR_NS_URI;  // urn:infinispan:config:${version}: the name is all that counts
  if (parse.error || why->level < XML_ERR_ERROR || about_uri) return;
  std::string sentence = why->message ? why->message : "not well-formed";
  sentence = std::string(trim(sentence));
  const Place place{parse.file, static_cast<std::uint32_t>(std::max(why->line, 0)), static_cast<std::uint32_t>(std::max(why->int2, 0))};
  parse.error = error_at(place, "not well-formed XML: " + sentence);
}

xmlSAXHandler make_handler() {
  xmlSAXHandler handler{};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = on_start;
  handler.endElementNs = on_end;
  handler.characters = on_text;
  handler.cdataBlock = on_text;
  handler.ignorableWhitespace = on_text;
  handler.internalSubset = on_document_type;
  handler.serror = on_error;
  return handler;
}

struct FreeContext {
  void operator()(xmlParserCtxtPtr context) const { xmlFreeParserCtxt(context); }
};

}  // namespace

Result<Node> parse_xml(std::string_view text, const std::string& file) {
  Parse parse;
  parse.text = text;
  parse.file = std::make_shared<const std::string>(file);
  parse.line_starts.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') parse.line_starts.push_back(i + 1);
  }
  const std::unique_ptr<xmlParserCtxt, FreeContext> context(xmlCreateMemoryParserCtxt(text.data(), static_cast<int>(text.size())));
  if (!context) return error_at({parse.file, 1, 1}, "there is no XML in it");
  static const xmlSAXHandler kHandler = make_handler();
  *context->sax = kHandler;
  context->userData = &parse;
  parse.context = context.get();
  xmlCtxtUseOptions(context.get(), XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);  // NOENT: XML's own five, there are no others
  xmlParseDocument(context.get());
  if (parse.error) return *parse.error;
  if (!context->wellFormed || !parse.root) return error_at({parse.file, 1, 1}, "not well-formed XML");
  return std::move(*parse.root);
}

}  // namespace holdfast::config
