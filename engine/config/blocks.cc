#include "engine/config/blocks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/schema.h"

namespace plumb {
namespace {

// Where a section may stand.
constexpr unsigned in_stack = 1U << static_cast<unsigned>(DocumentKind::stack);
constexpr unsigned in_module = 1U << static_cast<unsigned>(DocumentKind::module);
constexpr unsigned in_script = 1U << static_cast<unsigned>(DocumentKind::script);
constexpr unsigned in_files = in_stack | in_module;
constexpr unsigned anywhere = in_files | in_script;

}  // namespace

void BlockReader::report(Error error) {
  if (!context_.empty()) error.message = context_ + ": " + error.message;
  diagnostics_.add(error);
}

void BlockReader::error(std::string message, std::string next_step, SourcePos pos) {
  report(Error{std::move(message), std::move(next_step), pos});
}

void BlockReader::enter(std::string_view section, std::string_view key) {
  if (kind_ != DocumentKind::script) return;
  context_ = section;
  if (!key.empty()) context_.append(".").append(printable(key));
}

Error BlockReader::placed(Error error, SourcePos text) const {
  if (kind_ != DocumentKind::script && error.pos.column > 1) text.column += error.pos.column - 1;
  error.pos = text;
  return error;
}

bool BlockReader::first_of(const std::string& kind, const std::string& name, SourcePos pos, const std::string& scope) {
  const auto [it, added] = seen_.emplace(scope + (name.empty() ? kind : kind + " " + name), pos);
  if (added) return true;
  const std::string what = name.empty() ? "`" + kind + "`" : "the " + kind + " `" + name + "`";
  diagnostics_.add(Diagnostic{Severity::error,
                              what + " is given twice, first at " + it->second.str(),
                              "remove one of the two",
                              pos,
                              {{it->second, "first given here"}}});
  return false;
}

bool BlockReader::good_name(const std::string& name, std::string_view what, SourcePos pos) {
  Result<void> checked = check_name(name, what);
  if (checked.has_value()) return true;
  report(std::move(checked).error().at(pos));
  return false;
}

bool BlockReader::want_map(Tree::Entry& entry, std::string_view what) {
  const bool empty_list = entry.value.kind == Tree::Kind::list && entry.value.items.empty();
  if (entry.value.kind == Tree::Kind::null || empty_list) entry.value.kind = Tree::Kind::map;
  if (entry.value.kind == Tree::Kind::map) return true;
  error("`" + printable(entry.key) + "` must be " + std::string(what), "write it as `key: value` lines, indented",
        entry.value.pos);
  return false;
}

bool BlockReader::want_list(Tree::Entry& entry, const std::string& next_step) {
  const bool empty_map = entry.value.kind == Tree::Kind::map && entry.value.entries.empty();
  if (entry.value.kind == Tree::Kind::null || empty_map) entry.value.kind = Tree::Kind::list;
  if (entry.value.kind == Tree::Kind::list) return true;
  error("`" + printable(entry.key) + "` must be a list", next_step, entry.value.pos);
  return false;
}

bool BlockReader::want_item(const Tree& item, const std::string& noun, const std::string& next_step) {
  if (item.kind == Tree::Kind::map) return true;
  error(noun, next_step, item.pos);
  return false;
}

std::optional<std::string> BlockReader::constant_text(const Tree::Entry& entry) {
  if (entry.value.kind == Tree::Kind::scalar) return entry.value.text;
  const bool expression = entry.value.kind == Tree::Kind::template_;
  error("`" + entry.key + "` must be text" + (expression ? ", and may hold no expression" : ""),
        "write the text itself", entry.value.pos);
  return std::nullopt;
}

std::optional<bool> BlockReader::constant_bool(const Tree::Entry& entry) {
  if (entry.value.kind == Tree::Kind::scalar) {
    const Result<Value> value = resolve_scalar(entry.value);
    if (value.has_value() && value->is_bool()) return value->as_bool();
  }
  error("`" + entry.key + "` must be true or false", "write `true` or `false`", entry.value.pos);
  return std::nullopt;
}

void BlockReader::want_bool(const std::optional<Tree>& tree, const char* name) {
  if (!tree || !tree->constant()) return;
  const Result<Value> value = tree->kind == Tree::Kind::scalar ? resolve_scalar(*tree) : Result<Value>(Value());
  if (value.has_value() && value->is_bool()) return;
  error(std::string("`") + name + "` must be true or false", "write `true` or `false`", tree->pos);
}

std::optional<Address> BlockReader::address(const Tree& tree, bool any) {
  if (tree.kind != Tree::Kind::scalar) {
    error("an address must be text, without an expression", "write it as `postgres.role.app`", tree.pos);
    return std::nullopt;
  }
  Result<Address> parsed = any ? Address::parse_any(tree.text) : Address::parse(tree.text);
  if (!parsed.has_value()) {
    report(placed(std::move(parsed).error(), tree.pos));
    return std::nullopt;
  }
  return *std::move(parsed);
}

void BlockReader::unknown_key(const Tree::Entry& entry, std::string_view where, const std::vector<std::string>& known) {
  error("unknown key `" + printable(entry.key) + "` " + std::string(where) + did_you_mean(entry.key, known),
        "use one of: " + join(known, ", "), entry.pos);
}

void BlockReader::not_supported(const Tree::Entry& entry) {
  error("`" + entry.key + "` is not supported yet in this version", "remove it", entry.pos);
}

struct BlockReader::SectionEntry {
  std::string_view key;
  unsigned where;
  Section read;  // null: not in this version; `include` is the caller's
};

const BlockReader::SectionEntry* BlockReader::section_of(std::string_view key) noexcept {
  static constexpr std::array<SectionEntry, 17> sections = {{
      {"stack", in_stack, &BlockReader::stack_name},
      {"include", in_files, nullptr},
      {"variables", in_files, &BlockReader::variables},
      {"locals", anywhere, &BlockReader::locals},
      {"providers", in_stack, &BlockReader::providers},
      {"data", anywhere, &BlockReader::data},
      {"resources", anywhere, &BlockReader::resources},
      {"modules", anywhere, &BlockReader::modules},
      {"outputs", anywhere, &BlockReader::outputs},
      {"moved", anywhere, &BlockReader::moves},
      {"removed", anywhere, &BlockReader::removals},
      {"import", anywhere, &BlockReader::imports},
      {"checks", anywhere, &BlockReader::checks},
      {"policies", in_stack, nullptr},
      {"reads", in_stack, nullptr},
      {"state", in_stack, &BlockReader::state},
      {"ignore", in_stack, &BlockReader::ignores},
  }};
  // A null key asks for the first; see top_level_keys().
  if (key.data() == nullptr) return sections.data();
  for (const SectionEntry& entry : sections) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::vector<std::string> BlockReader::top_level_keys() const {
  std::vector<std::string> out;
  const SectionEntry* const first = section_of({});
  const SectionEntry* const last = section_of("ignore");
  for (const SectionEntry* entry = first; entry <= last; ++entry) {
    if ((entry->where >> static_cast<unsigned>(kind_) & 1U) != 0) out.emplace_back(entry->key);
  }
  return out;
}

// A key of another kind of document.
void BlockReader::misplaced(const Tree::Entry& entry) {
  if (kind_ == DocumentKind::script) {
    const bool variables = entry.key == "variables";
    error("`" + entry.key + "` may not stand in what a module's script builds",
          variables ? "declare them in the script's `variables`, beside `build`" : "write it in the stack's plumb.yaml",
          entry.pos);
    return;
  }
  const bool providers = entry.key == "providers";
  error("`" + entry.key + "` may not stand in a module",
        providers ? "write the provider in the stack's plumb.yaml; a call passes others with its own `providers:`"
                  : "write it in the stack's plumb.yaml",
        entry.pos);
}

void BlockReader::document(Tree& tree, const std::string& path) {
  path_ = path;
  context_.clear();
  if (tree.kind == Tree::Kind::null) return;
  if (tree.kind == Tree::Kind::list && tree.items.empty()) tree.kind = Tree::Kind::map;
  if (tree.kind != Tree::Kind::map) {
    error("the document must be a map", "begin it with `resources:` or another of the top-level keys", tree.pos);
    return;
  }
  for (Tree::Entry& entry : tree.entries) {
    context_.clear();
    const SectionEntry* const section = section_of(entry.key);
    if (section == nullptr) {
      unknown_key(entry, "at the top level", top_level_keys());
    } else if ((section->where >> static_cast<unsigned>(kind_) & 1U) == 0) {
      misplaced(entry);
    } else if (section->read != nullptr) {
      (this->*section->read)(entry);
    } else if (entry.key != "include") {
      not_supported(entry);
    }
  }
}

void BlockReader::stack_name(Tree::Entry& entry) {
  if (!first_of("stack", {}, entry.pos)) return;
  const std::optional<std::string> name = constant_text(entry);
  if (!name) return;
  const bool good = !name->empty() && *name == printable(*name) && name->find_first_of("/\\ ") == std::string::npos;
  if (!good) error("`stack` must be a name without spaces and slashes", "write one as `platform`", entry.value.pos);
  stack_->name = *name;
}

void BlockReader::locals(Tree::Entry& section) {
  if (!want_map(section, "a map of names to values")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    if (!good_name(entry.key, "local", entry.pos) || !first_of("local", entry.key, entry.pos)) continue;
    document_.locals.push_back({entry.key, entry.pos, std::move(entry.value)});
  }
}

void BlockReader::providers(Tree::Entry& section) {
  if (!want_map(section, "a map of names to provider blocks")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    if (!good_name(entry.key, "provider", entry.pos) || !first_of("provider", entry.key, entry.pos)) continue;
    if (!want_map(entry, "a map of attributes")) continue;
    ProviderBlock block{entry.key, entry.key, entry.pos, {}};
    for (Tree::Entry& attribute : entry.value.entries) {
      if (attribute.key != "type") {
        block.attributes.push_back({std::move(attribute.key), attribute.pos, std::move(attribute.value)});
        continue;
      }
      const std::optional<std::string> kind = constant_text(attribute);
      if (kind && good_name(*kind, "provider's type", attribute.value.pos)) block.kind = *kind;
    }
    document_.providers.push_back(std::move(block));
  }
}

void BlockReader::outputs(Tree::Entry& section) {
  if (!want_map(section, "a map of names to outputs")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    if (!good_name(entry.key, "output", entry.pos) || !first_of("output", entry.key, entry.pos)) continue;
    output(entry);
  }
}

void BlockReader::output(Tree::Entry& entry) {
  if (entry.value.kind != Tree::Kind::map) {
    error("the output `" + entry.key + "` must be a map with `value`",
          "write it as `" + entry.key + ": { value: ... }`", entry.value.pos);
    return;
  }
  OutputBlock block;
  block.name = entry.key;
  block.pos = entry.pos;
  bool has_value = false;
  for (Tree::Entry& member : entry.value.entries) {
    if (member.key == "value") {
      has_value = true;
      block.value = std::move(member.value);
    } else if (member.key == "sensitive") {
      block.sensitive = constant_bool(member).value_or(false);
    } else if (member.key == "description") {
      block.description = constant_text(member).value_or("");
    } else {
      unknown_key(member, "in an output", {"value", "sensitive", "description"});
    }
  }
  if (!has_value) error("the output `" + entry.key + "` has no `value`", "give it one", entry.pos);
  document_.outputs.push_back(std::move(block));
}

void BlockReader::state(Tree::Entry& section) {
  if (!first_of("state", {}, section.pos) || !want_map(section, "a map")) return;
  for (Tree::Entry& member : section.value.entries) {
    if (member.key != "key") {
      unknown_key(member, "in `state`", {"key"});
    } else if (want_map(member, "a map with `file`, `env`, `passphrase` or `vault_transit`")) {
      state_key(member.value);
    }
  }
}

}  // namespace plumb
