#include "engine/config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <new>
#include <sstream>
#include <utility>

#include "engine/config/document.h"
#include "engine/config/template.h"

namespace plumb {
namespace {

// Thrown out of a handler to end the parser's run; never leaves this file.
struct Stop {};

constexpr std::string_view core_tags = "tag:yaml.org,2002:";

enum class Tag : std::uint8_t { none, string, checked, list, map, unknown };

Tag tag_of(const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return Tag::none;
  if (!tag.starts_with(core_tags)) return Tag::unknown;
  const std::string_view name = std::string_view(tag).substr(core_tags.size());
  if (name == "str") return Tag::string;
  if (name == "int" || name == "float" || name == "bool" || name == "null") return Tag::checked;
  if (name == "seq") return Tag::list;
  return name == "map" ? Tag::map : Tag::unknown;
}

std::string shown(const std::string& tag) {
  return tag.starts_with(core_tags) ? "!!" + tag.substr(core_tags.size()) : tag;
}

// What the core schema reads in a plain scalar, as the name of a tag.
std::string_view core_name(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
      return "bool";
    case Value::Kind::integer:
      return "int";
    case Value::Kind::number:
      return "float";
    default:
      return "str";
  }
}

// Writes the events down. Errors that leave the structure whole are gathered; the others stop.
class Writer final : public YAML::EventHandler {
 public:
  Writer(const SourceText& source, std::size_t max_depth, Diagnostics& diagnostics)
      : source_(source), max_depth_(max_depth), diagnostics_(diagnostics) {
    document.nodes.reserve(source.text().size() / 12);
  }

  RawDocument document;

  // Lists and maps as keys; told last, since endless nesting looks like such keys too.
  void tell_keys() {
    for (const std::size_t offset : odd_keys_) {
      error("a key must be text, not a list or a map", "write the key as text", offset);
    }
  }

  // A quoted scalar that nobody closed runs to the end of the text, and yaml-cpp takes it if a line break came last.
  void check_last_quote() {
    if (!last_quote_) return;
    const char quote = source_.byte(*last_quote_);
    for (std::size_t i = *last_quote_ + 1; i < source_.text().size(); ++i) {
      const char c = source_.byte(i);
      if (c == '\\' && quote == '"') {
        ++i;
      } else if (c == quote) {
        if (quote == '"' || source_.byte(i + 1) != quote) return;
        ++i;
      }
    }
    error("the string has no closing quote", "close it", *last_quote_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    const auto at = static_cast<std::size_t>(mark.pos);
    const std::size_t last = document.nodes.empty() ? 0 : document.nodes.back().offset;
    const bool marked =
        source_.text().substr(last, at + 3 - std::min(last, at)).find("\n---") != std::string_view::npos;
    if (marked) {
      error("there is more than one document in the file", "put each into a file of its own", at);
    } else {
      error("there is text after the end of the document",
            "check the indentation: each line must stand in the column of its neighbours", at);
    }
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RawNode node;
    node.offset = null_offset(mark);
    if (at_key()) error("a key may not be null", "quote it, if that is its name", at(mark));
    keep(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RawNode node;
    node.kind = RawNode::Kind::alias;
    node.offset = at(mark);
    node.target = anchor < anchors_.size() ? anchors_[anchor] : RawNode::none;
    if (at_key()) error("an alias cannot be a key", "write the key out", at(mark));
    for (const Frame& frame : frames_) {
      if (frame.node != node.target) continue;
      error("the anchor contains itself", "break the circle", at(mark));
      throw Stop{};
    }
    if (node.target != RawNode::none) document.nodes[node.target].aliased = true;
    keep(std::move(node), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RawNode node;
    node.kind = RawNode::Kind::scalar;
    node.text = value;
    const std::size_t begin = behind_properties(at(mark));
    const char style = source_.byte(begin);
    const bool quoted = style == '"' || style == '\'';
    const bool block = style == '|' || style == '>';
    const bool bare = tag != "?" && !quoted && !block && value.empty();  // `!!str` and nothing behind it
    node.plain = tag == "?" || (tag != "!" && !quoted && !block);
    node.offset = static_cast<std::uint32_t>(bare ? at(mark) : quoted ? begin + 1 : block ? block_text(begin) : begin);
    if (quoted) last_quote_ = begin;
    check_scalar_tag(tag, mark, node);
    keep(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    check_collection_tag(tag, Tag::list, mark);
    open(RawNode::Kind::list, mark, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { frames_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    check_collection_tag(tag, Tag::map, mark);
    open(RawNode::Kind::map, mark, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { frames_.pop_back(); }

 private:
  struct Frame {
    std::uint32_t node;
    std::uint32_t last = RawNode::none;  // last child
    bool flow = false;
  };

  static std::uint32_t at(const YAML::Mark& mark) { return static_cast<std::uint32_t>(mark.pos < 0 ? 0 : mark.pos); }

  void error(std::string message, std::string next_step, std::size_t offset) {
    diagnostics_.error(std::move(message), std::move(next_step), source_.at(offset));
  }

  [[nodiscard]] bool in_map() const {
    return !frames_.empty() && document.nodes[frames_.back().node].kind == RawNode::Kind::map;
  }
  [[nodiscard]] bool at_key() const { return in_map() && document.nodes[frames_.back().node].children % 2 == 0; }

  std::uint32_t keep(RawNode node, YAML::anchor_t anchor) {
    const auto index = static_cast<std::uint32_t>(document.nodes.size());
    if (anchor != 0) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1, RawNode::none);
      anchors_[anchor] = index;
    }
    if (!frames_.empty()) {
      Frame& frame = frames_.back();
      RawNode& parent = document.nodes[frame.node];
      (frame.last == RawNode::none ? parent.first : document.nodes[frame.last].next) = index;
      frame.last = index;
      ++parent.children;
    }
    document.nodes.push_back(std::move(node));
    return index;
  }

  void open(RawNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, bool flow) {
    if (frames_.size() >= max_depth_) {
      odd_keys_.clear();
      error("the document is nested deeper than " + std::to_string(max_depth_) + " levels", "flatten it", at(mark));
      throw Stop{};
    }
    if (at_key()) odd_keys_.push_back(at(mark));
    RawNode node;
    node.kind = kind;
    node.offset = static_cast<std::uint32_t>(behind_properties(at(mark)));
    frames_.push_back({keep(std::move(node), anchor), RawNode::none, flow});
  }

  // Behind tags, anchors, white space and comments between them.
  [[nodiscard]] std::size_t behind_properties(std::size_t offset) const {
    const std::string_view text = source_.text();
    while (source_.byte(offset) == '!' || source_.byte(offset) == '&') {
      offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
      while (true) {
        offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
        if (source_.byte(offset) != '#') break;
        offset = source_.line_end(offset);
      }
    }
    return offset;
  }

  // The first byte of a block scalar's text.
  [[nodiscard]] std::size_t block_text(std::size_t indicator) const {
    const std::size_t text = source_.text().find_first_not_of(" \t\r\n", source_.line_end(indicator));
    return text == std::string_view::npos ? indicator : text;
  }

  // The null of `key:` stands where the next token does; it is better placed at its key. Finds two things that yaml-cpp
  // reads as null and YAML does not know.
  std::uint32_t null_offset(const YAML::Mark& mark) {
    const std::uint32_t offset = at(mark);
    if (frames_.empty()) return offset;
    const Frame& frame = frames_.back();
    if (!in_map()) {
      if (frame.flow && source_.byte(offset) == ',')
        error("the list has an item without a value", "remove a comma", offset);
      return offset;
    }
    if (at_key() || frame.last == RawNode::none) return offset;
    const RawNode& key = document.nodes[frame.last];
    if (!frame.flow && key.offset == offset && key.plain) {
      error("`" + key.text + "` has no `:` behind it", "write it as `" + key.text + ": value`", offset);
    }
    const char c = source_.byte(offset);
    return c == '~' || c == 'n' || c == 'N' ? offset : key.offset;
  }

  void check_scalar_tag(const std::string& tag, const YAML::Mark& mark, RawNode& node) {
    const Tag kind = tag_of(tag);
    if (kind == Tag::none) return;
    if (kind == Tag::string) {
      node.plain = false;
      return;
    }
    if (kind == Tag::unknown) {
      error("unknown tag `" + shown(tag) + "`", "remove it: values have no types of their own here", at(mark));
      return;
    }
    node.plain = true;
    Tree scalar{Tree::Kind::scalar, {}, true, node.text, {}, {}, {}};
    const Result<Value> value = resolve_scalar(scalar);
    const bool fits = kind == Tag::checked && value.has_value() && shown(tag) == "!!" + std::string(core_name(*value));
    if (!fits) error("the value does not fit its tag `" + shown(tag) + "`", "remove the tag", at(mark));
  }

  void check_collection_tag(const std::string& tag, Tag wanted, const YAML::Mark& mark) {
    const Tag kind = tag_of(tag);
    if (kind == Tag::none || kind == wanted) return;
    error(kind == Tag::unknown ? "unknown tag `" + shown(tag) + "`"
                               : "the value does not fit its tag `" + shown(tag) + "`",
          "remove it: values have no types of their own here", at(mark));
  }

  const SourceText& source_;
  std::size_t max_depth_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::vector<std::uint32_t> anchors_;  // by yaml-cpp's number
  std::optional<std::size_t> last_quote_;
  std::vector<std::size_t> odd_keys_;
  int documents_ = 0;
};

struct Words {
  std::string_view theirs;
  const char* message;
  const char* next_step;
};

// yaml-cpp's messages in ours.
constexpr std::array words{
    Words{"end of map not found", "the line does not fit into the map around it",
          "give the keys of one map the same column, and quote text that follows a quoted string"},
    Words{"end of map flow not found", "the `{...}` is not closed, or a comma is missing",
          "close it with `}`, put commas between its entries"},
    Words{"end of sequence not found", "the line does not fit into the list around it",
          "give the items of one list the same column, each with `- `"},
    Words{"end of sequence flow not found", "the `[...]` is not closed, or a comma is missing",
          "close it with `]`, put commas between its items"},
    Words{"illegal map value", "a `: ` stands where no value may begin",
          "quote the value if `: ` is part of it; else check the indentation"},
    Words{"illegal map key", "a key stands where none may begin", "check the indentation"},
    Words{"illegal block entry", "a `- ` stands where no item may begin", "check the indentation"},
    Words{"illegal flow end", "a closing bracket without its opening one", "remove it, or quote the text"},
    Words{"illegal EOF in scalar", "the string has no closing quote", "close it"},
    Words{"illegal document indicator in scalar", "the string has no closing quote before `---` or `...`", "close it"},
    Words{"unknown token", "no value may begin with this character", "quote the value"},
    Words{"the referenced anchor is not defined", "no anchor of this name stands before the alias",
          "define it with `&name`, or quote the text if it is no alias"},
    Words{"illegal tab when looking for indentation", "a tab cannot indent", "use spaces"},
};

void syntax_error(const SourceText& source, const YAML::Exception& exception, Diagnostics& diagnostics) {
  const bool placed = !exception.mark.is_null() && exception.mark.pos >= 0;
  const auto offset = placed ? static_cast<std::size_t>(exception.mark.pos) : 0;
  if (placed && explain_unquoted(source, offset, diagnostics)) return;
  const SourcePos pos = placed ? source.at(std::min(offset, source.text().size())) : SourcePos{source.file()};
  // A tab that was meant to indent shows itself only later.
  const std::size_t line = source.line_begin(std::min(offset, source.text().size()));
  const std::size_t indent_end = source.text().find_first_not_of(" \t", line);
  if (placed && source.text().substr(line, indent_end - line).find('\t') != std::string_view::npos) {
    diagnostics.error("a tab cannot indent", "use spaces", pos);
    return;
  }
  for (const Words& entry : words) {
    if (exception.msg != entry.theirs) continue;
    diagnostics.error(entry.message, entry.next_step, pos);
    return;
  }
  diagnostics.error("the YAML cannot be read: " + exception.msg, "mend it here or just before", pos);
}

void run_parser(const SourceText& source, Writer& writer, Diagnostics& diagnostics) {
  try {
    std::istringstream stream{std::string(source.text())};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(writer)) {
    }
    writer.check_last_quote();
  } catch (const Stop&) {
    // Its reason has been told.
  } catch (const YAML::Exception& exception) {
    syntax_error(source, exception, diagnostics);
  } catch (const std::bad_alloc&) {
    diagnostics.error("not enough memory to read the file", "split it into smaller ones", {source.file()});
  } catch (const std::exception& exception) {
    diagnostics.error(std::string("the YAML cannot be read: ") + exception.what(), "mend the file", {source.file()});
  }
  writer.tell_keys();
}

}  // namespace

std::optional<RawDocument> parse_document(const SourceText& source, std::size_t max_depth, Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.error_count();
  Writer writer(source, max_depth, diagnostics);
  run_parser(source, writer, diagnostics);
  if (diagnostics.error_count() > errors || writer.document.nodes.empty()) return std::nullopt;
  return std::move(writer.document);
}

Tree read_yaml(std::string_view text, FileName file, Diagnostics& diagnostics, const YamlOptions& options) {
  const std::size_t errors = diagnostics.error_count();
  const SourceText source(without_bom(text), file);
  Tree tree;
  tree.pos = {file, 1, 1};
  if (!check_bytes(source, diagnostics)) return tree;
  std::optional<RawDocument> document = parse_document(source, options.max_depth, diagnostics);
  if (diagnostics.error_count() > errors) return tree;
  if (!document) {
    tree.kind = Tree::Kind::map;
    return tree;
  }
  Tree expanded = expand_document(*document, source, options, diagnostics);
  return diagnostics.error_count() > errors ? tree : expanded;
}

}  // namespace plumb
