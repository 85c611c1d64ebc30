#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/base/text.h"
#include "engine/config/document.h"
#include "engine/config/template.h"
#include "engine/model/address.h"

namespace plumb {
namespace {

// Recursion is bounded by max_depth, aliases included.
class Expander {
 public:
  Expander(RawDocument& document, const SourceText& source, const YamlOptions& options, Diagnostics& diagnostics)
      : nodes_(document.nodes), source_(source), options_(options), diagnostics_(diagnostics) {}

  // `depth` counts the collections around the node.
  Tree expand(std::uint32_t index, std::size_t depth) {
    RawNode& node = nodes_[index];
    if (node.kind == RawNode::Kind::alias) return expand_alias(node, depth);
    Tree tree;
    if (stopped_ || !charge()) return tree;
    const bool shared = std::exchange(keep_, keep_ || node.aliased);
    switch (node.kind) {
      case RawNode::Kind::scalar:
        scalar(node, tree);
        break;
      case RawNode::Kind::list:
      case RawNode::Kind::map:
        tree.pos = source_.at(node.offset);
        if (depth >= options_.max_depth) {
          stop("aliases nest the document deeper than " + std::to_string(options_.max_depth) + " levels", "flatten it");
        } else if (node.kind == RawNode::Kind::list) {
          list(node, depth, tree);
        } else {
          map(node, depth, tree);
        }
        break;
      default:
        tree.pos = source_.at(node.offset);
        break;
    }
    keep_ = shared;
    return tree;
  }

 private:
  void stop(std::string message, std::string next_step) {
    if (!stopped_) diagnostics_.error(std::move(message), std::move(next_step), source_.at(alias_));
    stopped_ = true;
  }

  // Counts a node that comes from an alias.
  bool charge() {
    if (aliases_ == 0 || ++charged_ <= options_.max_alias_nodes) return true;
    stop("aliases make more than " + std::to_string(options_.max_alias_nodes) + " nodes",
         "use fewer aliases of aliases, or an expression");
    return false;
  }

  Tree expand_alias(const RawNode& alias, std::size_t depth) {
    if (aliases_ == 0) alias_ = alias.offset;
    ++aliases_;
    Tree tree = expand(alias.target, depth);
    --aliases_;
    return tree;
  }

  void scalar(RawNode& node, Tree& tree) {
    tree.kind = Tree::Kind::scalar;
    tree.pos = source_.at(node.offset);
    tree.plain = node.plain;
    tree.text = keep_ ? node.text : std::move(node.text);
    if (options_.templates) split_template(tree, source_, node.offset, diagnostics_);
  }

  void list(const RawNode& node, std::size_t depth, Tree& tree) {
    tree.kind = Tree::Kind::list;
    tree.items.reserve(node.children);
    for (std::uint32_t child = node.first; child != RawNode::none && !stopped_; child = nodes_[child].next) {
      tree.items.push_back(expand(child, depth + 1));
    }
  }

  // Own entries in order, then what merge keys add.
  void map(const RawNode& node, std::size_t depth, Tree& tree) {
    tree.kind = Tree::Kind::map;
    tree.entries.reserve(node.children / 2);
    Keys keys(node.children / 2);
    std::vector<Tree> merged;
    for (std::uint32_t k = node.first; k != RawNode::none && !stopped_;) {
      const RawNode& key = nodes_[k];
      const std::uint32_t value = key.next;
      if (value == RawNode::none) break;
      k = nodes_[value].next;
      const bool merge = key.plain && key.text == "<<";
      if (!keys.add(key)) {
        duplicate(key, *keys.first(key));
      } else if (merge) {
        merge_value(key, expand(value, depth + 1), merged);
      } else {
        tree.entries.push_back({entry_key(key), source_.at(key.offset), expand(value, depth + 1)});
      }
    }
    if (!merged.empty()) merge_entries(tree, std::move(merged));
  }

  // The keys met so far, by text: `a` and `"a"` are one key. Views into the nodes, whose keys are never moved out.
  class Keys {
   public:
    explicit Keys(std::size_t count) {
      if (count > few) index_.reserve(count);
      indexed_ = count > few;
    }
    bool add(const RawNode& key) {
      if (indexed_) return index_.emplace(key.text, &key).second;
      if (first(key) != nullptr) return false;
      seen_[size_++] = &key;
      return true;
    }
    [[nodiscard]] const RawNode* first(const RawNode& key) const {
      if (indexed_) return index_.at(key.text);
      for (std::size_t i = 0; i < size_; ++i) {
        if (seen_[i]->text == key.text) return seen_[i];
      }
      return nullptr;
    }

   private:
    static constexpr std::size_t few = 12;
    bool indexed_ = false;
    std::size_t size_ = 0;
    const RawNode* seen_[few] = {};
    std::unordered_map<std::string_view, const RawNode*> index_;
  };

  void duplicate(const RawNode& key, const RawNode& first) {
    if (aliases_ > 0) return;  // told where it is written
    const SourcePos before = source_.at(first.offset);
    diagnostics_.add(Diagnostic{Severity::error,
                                "the key " + quoted(key.text) + " is given twice in one map, first at " + before.str(),
                                "remove one of the two",
                                source_.at(key.offset),
                                {{before, "first given here"}}});
  }

  std::string entry_key(const RawNode& key) {
    const bool odd = std::any_of(key.text.begin(), key.text.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte < 0x20 || byte >= 0x7f;
    });
    if (odd && printable(key.text) != key.text) {
      diagnostics_.error("the key \"" + printable(key.text) + "\" holds control characters",
                         "write it without line breaks, control and direction characters", source_.at(key.offset));
    }
    return options_.templates ? key_text(key.text, source_, key.offset, diagnostics_) : key.text;
  }

  void merge_value(const RawNode& key, Tree value, std::vector<Tree>& merged) {
    if (value.kind == Tree::Kind::map) {
      merged.push_back(std::move(value));
      return;
    }
    const bool maps =
        value.kind == Tree::Kind::list && std::all_of(value.items.begin(), value.items.end(),
                                                      [](const Tree& item) { return item.kind == Tree::Kind::map; });
    if (!maps) {
      if (!stopped_) {
        diagnostics_.error("the merge key `<<` takes a map or a list of maps",
                           "give it an alias to a map, or quote it if it is an ordinary key", source_.at(key.offset));
      }
      return;
    }
    for (Tree& item : value.items) merged.push_back(std::move(item));
  }

  // What stands in the map wins over what is merged, and what is merged first over what is merged later.
  static void merge_entries(Tree& tree, std::vector<Tree> merged) {
    std::size_t count = tree.entries.size();
    for (const Tree& from : merged) count += from.entries.size();
    tree.entries.reserve(count);  // so that the views below stay
    std::unordered_set<std::string_view> keys;
    for (const Tree::Entry& entry : tree.entries) keys.insert(entry.key);
    for (Tree& from : merged) {
      for (Tree::Entry& entry : from.entries) {
        if (keys.contains(entry.key)) continue;
        tree.entries.push_back(std::move(entry));
        keys.insert(tree.entries.back().key);
      }
    }
  }

  std::vector<RawNode>& nodes_;
  const SourceText& source_;
  const YamlOptions& options_;
  Diagnostics& diagnostics_;
  bool keep_ = false;  // an alias will want the texts again
  bool stopped_ = false;
  std::size_t aliases_ = 0;  // how many we are in
  std::size_t charged_ = 0;
  std::uint32_t alias_ = 0;  // offset of the outermost
};

}  // namespace

Tree expand_document(RawDocument& document, const SourceText& source, const YamlOptions& options,
                     Diagnostics& diagnostics) {
  return Expander(document, source, options, diagnostics).expand(0, 0);
}

}  // namespace plumb
