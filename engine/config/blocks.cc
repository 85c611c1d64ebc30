#include "engine/config/blocks.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/schema.h"

namespace plumb {
namespace {

bool is_later_section(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 8> keys = {"data",   "modules",  "moved", "removed",
                                                    "checks", "policies", "reads", "ignore"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::vector<std::string> top_level_keys() {
  return {"stack", "include", "variables", "locals", "providers", "data",  "resources", "modules", "outputs",
          "moved", "removed", "import",    "checks", "policies",  "reads", "state",     "ignore"};
}

// An error that a parser of text placed inside of the text, placed in the file.
Error placed(Error error, SourcePos text) {
  if (error.pos.column > 1) text.column += error.pos.column - 1;
  error.pos = text;
  return error;
}

}  // namespace

void BlockReader::error(std::string message, std::string next_step, SourcePos pos) {
  diagnostics_.error(std::move(message), std::move(next_step), pos);
}

bool BlockReader::first_of(const std::string& kind, const std::string& name, SourcePos pos) {
  const auto [it, added] = seen_.emplace(name.empty() ? kind : kind + " " + name, pos);
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
  diagnostics_.add(std::move(checked).error().at(pos));
  return false;
}

bool BlockReader::want_map(Tree::Entry& entry, std::string_view what) {
  if (entry.value.kind == Tree::Kind::null) entry.value.kind = Tree::Kind::map;
  if (entry.value.kind == Tree::Kind::map) return true;
  error("`" + printable(entry.key) + "` must be " + std::string(what), "write it as `key: value` lines, indented",
        entry.value.pos);
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

std::optional<Address> BlockReader::address(const Tree& tree, const std::string& text, SourcePos pos) {
  if (tree.kind != Tree::Kind::scalar) {
    error("an address must be text, without an expression", "write it as `postgres.role.app`", pos);
    return std::nullopt;
  }
  Result<Address> parsed = Address::parse(text);
  if (!parsed.has_value()) {
    diagnostics_.add(placed(std::move(parsed).error(), pos));
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

BlockReader::Section BlockReader::section_of(std::string_view key) noexcept {
  constexpr std::array<std::pair<std::string_view, Section>, 8> sections = {{
      {"stack", &BlockReader::stack_name},
      {"variables", &BlockReader::variables},
      {"locals", &BlockReader::locals},
      {"providers", &BlockReader::providers},
      {"resources", &BlockReader::resources},
      {"outputs", &BlockReader::outputs},
      {"import", &BlockReader::imports},
      {"state", &BlockReader::state},
  }};
  for (const auto& [name, section] : sections) {
    if (name == key) return section;
  }
  return nullptr;
}

void BlockReader::document(Tree& tree, const std::string& path) {
  path_ = path;
  if (tree.kind == Tree::Kind::null) return;
  if (tree.kind != Tree::Kind::map) {
    error("the document must be a map", "begin it with `resources:` or another of the top-level keys", tree.pos);
    return;
  }
  for (Tree::Entry& entry : tree.entries) {
    if (entry.key == "include") continue;
    if (const Section section = section_of(entry.key); section != nullptr) {
      (this->*section)(entry);
    } else if (is_later_section(entry.key)) {
      not_supported(entry);
    } else {
      unknown_key(entry, "at the top level", top_level_keys());
    }
  }
}

void BlockReader::stack_name(Tree::Entry& entry) {
  if (!first_of("stack", {}, entry.pos)) return;
  const std::optional<std::string> name = constant_text(entry);
  if (!name) return;
  const bool good = !name->empty() && *name == printable(*name) && name->find_first_of("/\\ ") == std::string::npos;
  if (!good) error("`stack` must be a name without spaces and slashes", "write one as `platform`", entry.value.pos);
  stack_.name = *name;
}

void BlockReader::locals(Tree::Entry& section) {
  if (!want_map(section, "a map of names to values")) return;
  for (Tree::Entry& entry : section.value.entries) {
    if (!good_name(entry.key, "local", entry.pos) || !first_of("local", entry.key, entry.pos)) continue;
    stack_.locals.push_back({entry.key, entry.pos, std::move(entry.value)});
  }
}

void BlockReader::providers(Tree::Entry& section) {
  if (!want_map(section, "a map of names to provider blocks")) return;
  for (Tree::Entry& entry : section.value.entries) {
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
    stack_.providers.push_back(std::move(block));
  }
}

void BlockReader::outputs(Tree::Entry& section) {
  if (!want_map(section, "a map of names to outputs")) return;
  for (Tree::Entry& entry : section.value.entries) {
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
  stack_.outputs.push_back(std::move(block));
}

void BlockReader::imports(Tree::Entry& section) {
  if (section.value.kind != Tree::Kind::list) {
    error("`import` must be a list", "write it as `- { to: postgres.role.app, id: { name: app } }` lines",
          section.value.pos);
    return;
  }
  for (Tree& item : section.value.items) import(item);
}

void BlockReader::import(Tree& tree) {
  if (tree.kind != Tree::Kind::map) {
    error("an import must be a map with `to` and `id`", "write it as `{ to: postgres.role.app, id: { name: app } }`",
          tree.pos);
    return;
  }
  ImportBlock block;
  block.pos = tree.pos;
  bool to = false, id = false;
  for (Tree::Entry& member : tree.entries) {
    if (member.key == "to") {
      to = true;
      if (auto parsed = address(member.value, member.value.text, member.value.pos)) {
        block.address = *std::move(parsed);
        block.to = std::move(member.value);
      }
    } else if (member.key == "id") {
      id = true;
      const bool good = member.value.kind == Tree::Kind::map || member.value.kind == Tree::Kind::scalar ||
                        member.value.kind == Tree::Kind::template_;
      if (!good) {
        error("`id` must be the identity: text, or a map of its attributes", "write it as `{ name: app }`",
              member.value.pos);
      }
      block.id = std::move(member.value);
    } else {
      unknown_key(member, "in an import", {"to", "id"});
    }
  }
  if (!to) error("the import has no `to`", "name the resource: `to: postgres.role.app`", tree.pos);
  if (!id) error("the import has no `id`", "give the identity: `id: { name: app }`", tree.pos);
  if (to && id && first_of("import to", block.address.str(), block.pos)) stack_.imports.push_back(std::move(block));
}

void BlockReader::state(Tree::Entry& section) {
  if (!first_of("state", {}, section.pos) || !want_map(section, "a map")) return;
  for (Tree::Entry& member : section.value.entries) {
    if (member.key != "key") {
      unknown_key(member, "in `state`", {"key"});
    } else if (want_map(member, "a map with `file`, `env` or `passphrase`")) {
      state_key(member.value);
    }
  }
}

void BlockReader::state_key(Tree& tree) {
  int sources = 0;
  for (const Tree::Entry& member : tree.entries) {
    if (member.key == "vault_transit") {
      not_supported(member);
      ++sources;
      continue;
    }
    if (member.key != "file" && member.key != "env" && member.key != "passphrase") {
      unknown_key(member, "in `state.key`", {"file", "env", "passphrase"});
      continue;
    }
    ++sources;
    std::optional<std::string> text = constant_text(member);
    if (!text) continue;
    if (member.key == "file") {
      // As all relative paths: from the file that holds it.
      stack_.key_file = (std::filesystem::path(path_).parent_path() / *text).lexically_normal().generic_string();
    } else {
      const bool name = !text->empty() && text->find_first_not_of(
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                              "0123456789_") == std::string::npos;
      // Not shown: it may be the passphrase itself.
      if (!name) {
        error("`" + member.key + "` must name an environment variable", "write the name, as `PLUMB_STATE_KEY`",
              member.value.pos);
        continue;
      }
      (member.key == "env" ? stack_.key_env : stack_.key_passphrase_env) = std::move(*text);
    }
  }
  if (sources != 1) error("`state.key` takes exactly one of `file`, `env` and `passphrase`", "give one", tree.pos);
}

}  // namespace plumb
