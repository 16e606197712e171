#include "config/formats/yaml.h"

#include <libfyaml.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>

namespace holdfast::config {
namespace {

constexpr std::size_t kDepthMax = 60;  // libfyaml itself ends at 64
constexpr std::size_t kValuesMax = 200000;  // with what aliases unfold to

struct FreeParser {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
using Parser = std::unique_ptr<fy_parser, FreeParser>;

class Event {
 public:
  explicit Event(fy_parser* parser) : parser_(parser), event_(fy_parser_parse(parser)) {}
  ~Event() { fy_parser_event_free(parser_, event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  explicit operator bool() const { return event_ != nullptr; }
  fy_event_type type() const { return event_->type; }
  fy_event* get() const { return event_; }

 private:
  fy_parser* parser_;
  fy_event* event_;
};

struct FreeIterator {
  void operator()(fy_token_iter* iterator) const { fy_token_iter_destroy(iterator); }
};

/// By an iterator: fy_token_get_text() of libfyaml 0.7 loses memory for texts of many parts.
std::string text_of(fy_token* token) {
  std::string text;
  if (!token) return text;
  const std::unique_ptr<fy_token_iter, FreeIterator> iterator(fy_token_iter_create(token));
  if (!iterator) return text;
  int error = 0;
  const fy_iter_chunk* chunk = nullptr;
  while ((chunk = fy_token_iter_chunk_next(iterator.get(), chunk, &error))) text.append(chunk->str, chunk->len);
  return text;
}

std::size_t count(const Tree& tree) {
  std::size_t n = 1;
  for (const auto& item : tree.items) n += count(item);
  return n;
}

class Reader {
 public:
  Reader(fy_parser* parser, const std::string& file, const std::string& complaint)
      : parser_(parser), complaint_(complaint) {
    place_.file = std::make_shared<const std::string>(file);
    place_.line = place_.column = 1;
  }

  Result<Tree> document() {
    std::optional<Tree> root;
    while (true) {
      const Event event(parser_);
      if (!event) break;
      move_to(event);
      if (event.type() == FYET_DOCUMENT_START && root) return error_at(place_, "one document is expected, there is a second one");
      if (event.type() == FYET_STREAM_END) break;
      if (event.type() == FYET_STREAM_START || event.type() == FYET_DOCUMENT_START || event.type() == FYET_DOCUMENT_END) continue;
      HF_ASSIGN(root, value(event, 0));
    }
    HF_TRY(trouble());
    if (!root) return error_at(place_, "there is nothing in it");
    return std::move(*root);
  }

 private:
  void move_to(const Event& event) {
    const fy_mark* mark = fy_event_start_mark(event.get());
    if (!mark || mark->line < 0 || mark->column < 0) return;
    place_.line = static_cast<std::uint32_t>(mark->line) + 1;
    const bool quoted = event.type() == FYET_SCALAR && event.get()->scalar.value &&
                        (fy_token_scalar_style(event.get()->scalar.value) == FYSS_DOUBLE_QUOTED ||
                         fy_token_scalar_style(event.get()->scalar.value) == FYSS_SINGLE_QUOTED);
    place_.column = static_cast<std::uint32_t>(mark->column) + (quoted && mark->column > 0 ? 0 : 1);  // the mark is behind the quote
  }

  /// What libfyaml complained about, at the place that it names, else at the last one that was understood.
  Status trouble() const {
    if (complaint_.empty() && !fy_parser_get_stream_error(parser_)) return success();
    // "<memory-@...>:3:14: error: what it is"
    Place place = place_;
    constexpr std::string_view kMark = " error: ";
    const auto mark = complaint_.find(kMark);
    const auto sentence = mark == std::string::npos ? complaint_ : complaint_.substr(mark + kMark.size());
    unsigned line = 0, column = 0;
    const auto end_of_name = complaint_.find(">:");
    if (mark != std::string::npos && end_of_name < mark &&
        std::sscanf(complaint_.c_str() + end_of_name, ">:%9u:%9u:", &line, &column) == 2) {
      place.line = line;
      place.column = column;
    }
    return error_at(place, "not well-formed: " + (sentence.empty() ? "the text cannot be read" : sentence));
  }

  Result<Tree> value(const Event& event, std::size_t depth) {
    if (depth > kDepthMax) return error_at(place_, "values are nested deeper than " + std::to_string(kDepthMax));
    if (++values_ > kValuesMax) return error_at(place_, "there are more than " + std::to_string(kValuesMax) + " values");
    if (event.type() == FYET_ALIAS) return alias(text_of(event.get()->alias.anchor));
    Tree tree;
    tree.place = place_;
    const std::string anchor = text_of(fy_event_get_anchor_token(event.get()));
    if (event.type() == FYET_SCALAR) {
      scalar(event, tree);
    } else if (event.type() == FYET_MAPPING_START) {
      tree.kind = Tree::Kind::map;
      HF_TRY(members(tree, depth));
    } else if (event.type() == FYET_SEQUENCE_START) {
      tree.kind = Tree::Kind::list;
      HF_TRY(items(tree, depth));
    } else {
      return error_at(place_, "a value is expected");
    }
    if (!anchor.empty()) anchors_[anchor] = tree;
    return tree;
  }

  static void scalar(const Event& event, Tree& tree) {
    fy_token* token = event.get()->scalar.value;
    tree.text = text_of(token);
    const bool plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
    const bool null = plain && (tree.text.empty() || tree.text == "null" || tree.text == "~");
    tree.kind = null ? Tree::Kind::null : Tree::Kind::scalar;
    if (null) tree.text.clear();
  }

  Result<Tree> alias(const std::string& name) {
    const auto at = anchors_.find(name);
    if (at == anchors_.end()) return error_at(place_, "the alias *" + name + " has no anchor before it");
    values_ += count(at->second);
    if (values_ > kValuesMax) return error_at(place_, "aliases unfold to more than " + std::to_string(kValuesMax) + " values");
    return at->second;
  }

  Status items(Tree& list, std::size_t depth) {
    while (true) {
      const Event event(parser_);
      if (!event) return incomplete();
      move_to(event);
      if (event.type() == FYET_SEQUENCE_END) return success();
      HF_ASSIGN(Tree item, value(event, depth + 1));
      list.items.push_back(std::move(item));
    }
  }

  Status members(Tree& map, std::size_t depth) {
    while (true) {
      const Event event(parser_);
      if (!event) return incomplete();
      move_to(event);
      if (event.type() == FYET_MAPPING_END) return success();
      if (event.type() != FYET_SCALAR) return error_at(place_, "a name is expected as the key");
      const Place key_place = place_;
      const std::string key = text_of(event.get()->scalar.value);
      if (map.find(key)) return error_at(key_place, "'" + key + "' is there twice");
      const Event next(parser_);
      if (!next) return incomplete();
      move_to(next);
      HF_ASSIGN(Tree member, value(next, depth + 1));
      member.key = key;
      member.place = key_place;
      map.items.push_back(std::move(member));
    }
  }

  Status incomplete() const {
    HF_TRY(trouble());
    return error_at(place_, "the text ends too early");
  }

  fy_parser* parser_;
  const std::string& complaint_;
  Place place_;
  std::size_t values_ = 0;
  std::map<std::string, Tree> anchors_;
};

/// Directives (%YAML, %TAG) say nothing in a configuration, and libfyaml 0.7 does not end on some of them.
Status refuse_directives(std::string_view text, const std::string& file) {
  std::uint32_t line = 1;
  bool begins = true;
  for (const char c : text) {
    if (begins && c == '%') return error_at({std::make_shared<const std::string>(file), line, 1}, "a line may not begin with %: directives of YAML are not accepted");
    begins = c == '\n' || c == '\r' || (begins && (static_cast<unsigned char>(c) >= 0x80));
    line += c == '\n' ? 1 : 0;
  }
  return success();
}

void keep_first(fy_diag*, void* user, const char* text, std::size_t size) {
  auto& complaint = *static_cast<std::string*>(user);
  if (complaint.empty()) complaint = std::string(trim({text, size}));
}

struct DropDiag {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

}  // namespace

Result<Tree> parse_yaml(std::string_view text, const std::string& file, bool json) {
  HF_TRY(refuse_directives(text, file));
  std::string complaint;
  fy_diag_cfg diag_configuration{};
  fy_diag_cfg_default(&diag_configuration);
  diag_configuration.fp = nullptr;
  diag_configuration.output_fn = keep_first;
  diag_configuration.user = &complaint;
  diag_configuration.level = FYET_ERROR;
  diag_configuration.colorize = diag_configuration.show_source = diag_configuration.show_position = false;
  diag_configuration.show_type = diag_configuration.show_module = false;
  const std::unique_ptr<fy_diag, DropDiag> diag(fy_diag_create(&diag_configuration));
  fy_parse_cfg configuration{};
  configuration.search_path = "";
  configuration.flags = json ? FYPCF_JSON_FORCE : FYPCF_JSON_NONE;
  configuration.diag = diag.get();
  const Parser parser(fy_parser_create(&configuration));
  if (!parser || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) {
    return Error(Errc::internal, file + ": the parser of YAML did not start");
  }
  return Reader(parser.get(), file, complaint).document();
}

}  // namespace holdfast::config
