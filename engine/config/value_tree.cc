#include "engine/config/value_tree.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/config/template.h"

namespace plumb {
namespace {

constexpr std::size_t deepest = 100;  // as in YAML

class Maker {
 public:
  Maker(SourcePos pos, Diagnostics& diagnostics) : pos_(pos), diagnostics_(diagnostics) {}

  // Recursion is bounded by `deepest`.
  Tree make(const Value& value) {
    Tree tree;
    tree.pos = pos_;
    switch (value.kind()) {
      case Value::Kind::string:
        text(value.as_string(), tree);
        break;
      case Value::Kind::list:
        if (enter()) list(value.as_list(), tree);
        break;
      case Value::Kind::map:
        if (enter()) map(value.as_map(), tree);
        break;
      case Value::Kind::boolean:
      case Value::Kind::integer:
      case Value::Kind::number:
        tree.kind = Tree::Kind::scalar;
        tree.plain = true;
        tree.text = scalar_text(value).value_or("");
        break;
      default:
        break;
    }
    return tree;
  }

 private:
  bool enter() {
    if (steps_.size() < deepest) return true;
    error(Error{"the table is nested deeper than " + std::to_string(deepest) + " levels", "flatten it"});
    return false;
  }

  void list(const Value::List& items, Tree& tree) {
    tree.kind = Tree::Kind::list;
    tree.items.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      steps_.emplace_back(static_cast<std::int64_t>(i));
      tree.items.push_back(make(items[i]));
      steps_.pop_back();
    }
  }

  void map(const ValueMap& map, Tree& tree) {
    tree.kind = Tree::Kind::map;
    tree.entries.reserve(map.size());
    for (const auto& [key, value] : map) {
      steps_.emplace_back(key);
      tree.entries.push_back({map_key(key), pos_, make(value)});
      steps_.pop_back();
    }
  }

  std::string map_key(const std::string& key) {
    if (key.find("${") == std::string::npos) return key;
    Diagnostics found;
    const SourceText source(key, pos_.file);
    std::string out = key_text(key, source, 0, found);
    pass_on(found);
    return out;
  }

  void text(const std::string& text, Tree& tree) {
    tree.kind = Tree::Kind::scalar;
    tree.text = text;
    if (text.find("${") == std::string::npos) return;
    Diagnostics found;
    const SourceText source(text, pos_.file);
    split_template(tree, source, 0, found);
    for (Piece& piece : tree.pieces) piece.pos = pos_;
    pass_on(found);
  }

  void pass_on(const Diagnostics& found) {
    for (const Diagnostic& item : found.sorted()) error(Error{item.message, item.next_step});
  }

  void error(Error error) {
    error.pos = pos_;
    diagnostics_.add(std::move(error).in(printable(Path(steps_).str())));
  }

  SourcePos pos_;
  Diagnostics& diagnostics_;
  std::vector<PathStep> steps_;
};

}  // namespace

Tree tree_of_value(const Value& value, SourcePos pos, Diagnostics& diagnostics) {
  return Maker(pos, diagnostics).make(value);
}

}  // namespace plumb
