// Variables, resources and data sources: the blocks with keys of their own.
#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/config/blocks.h"
#include "engine/config/timeout.h"
#include "engine/model/schema.h"

namespace plumb {
namespace {

Tree take(Tree::Entry& entry) { return std::move(entry.value); }

}  // namespace

void BlockReader::variables(Tree::Entry& section) {
  if (!want_map(section, "a map of names to variables")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    if (!good_name(entry.key, "variable", entry.pos) || !first_of("variable", entry.key, entry.pos)) continue;
    if (want_map(entry, "a map with `type`, `default` and the like")) variable(entry);
  }
}

void BlockReader::variable(Tree::Entry& entry) {
  VariableBlock block;
  block.name = entry.key;
  block.pos = entry.pos;
  for (Tree::Entry& member : entry.value.entries) {
    if (member.key == "type") {
      const std::optional<std::string> text = constant_text(member);
      if (!text) continue;
      Result<TypePtr> type = parse_type(*text);
      if (type.has_value()) {
        block.type = *std::move(type);
        continue;
      }
      report(placed(std::move(type).error(), member.value.pos));
    } else if (member.key == "default") {
      if (member.value.constant()) {
        block.default_value = take(member);
      } else {
        error("a default may hold no expression", "write the value itself, or make it a local", member.value.pos);
      }
    } else if (member.key == "sensitive") {
      block.sensitive = constant_bool(member).value_or(true);
    } else if (member.key == "description") {
      block.description = constant_text(member).value_or("");
    } else if (member.key == "validation") {
      validation(member, block);
    } else if (member.key == "opaque") {
      opaque(member, block);
    } else if (kind_ == DocumentKind::script) {
      unknown_key(member, "in a variable", {"type", "default", "sensitive", "opaque", "description"});
    } else {
      unknown_key(member, "in a variable", {"type", "default", "sensitive", "description", "validation"});
    }
  }
  check_opaque(block);
  document_.variables.push_back(std::move(block));
}

void BlockReader::script_variables(Tree& tree) {
  Tree::Entry section{"variables", tree.pos, std::move(tree)};
  variables(section);
  context_.clear();
}

void BlockReader::validation(Tree::Entry& entry, VariableBlock& block) {
  if (kind_ == DocumentKind::script) {
    error("a script's variables have no `validation`", "check the input in `build`, and call `error`", entry.pos);
    return;
  }
  conditions(entry, "validation", block.validations);
}

void BlockReader::opaque(const Tree::Entry& entry, VariableBlock& block) {
  if (kind_ == DocumentKind::script) {
    block.opaque = constant_bool(entry).value_or(true);
    return;
  }
  error("`opaque` is for the variables of a module.lua: only a script could look into them", "remove it", entry.pos);
}

void BlockReader::check_opaque(const VariableBlock& block) {
  if (kind_ != DocumentKind::script || block.opaque) return;
  if (!block.sensitive && block.type->str().find("sensitive(") == std::string::npos) return;
  error("the sensitive variable `" + block.name + "` is not opaque: the script may not look into it",
        "add `opaque = true`", block.pos);
}

void BlockReader::conditions(Tree::Entry& entry, std::string_view noun, std::vector<Validation>& out) {
  if (!want_list(entry, "write it as `- { condition: ..., message: ... }` lines")) return;
  for (Tree& item : entry.value.items) condition(item, noun, out);
}

void BlockReader::condition(Tree& item, std::string_view noun, std::vector<Validation>& out) {
  const std::string one = (noun == "assert" ? "an " : "a ") + std::string(noun);
  const std::string next = "write it as `- { condition: ..., message: ... }` lines";
  if (!want_item(item, one + " must be a map with `condition` and `message`", next)) return;
  std::optional<Tree> condition, message;
  for (Tree::Entry& member : item.entries) {
    if (member.key == "condition") {
      condition = take(member);
    } else if (member.key == "message") {
      message = take(member);
    } else {
      unknown_key(member, "in " + one, {"condition", "message"});
    }
  }
  if (!condition || !message) {
    error(one + " needs `condition` and `message`", next, item.pos);
    return;
  }
  want_bool(condition, "condition");
  if (message->kind != Tree::Kind::scalar && message->kind != Tree::Kind::template_) {
    error("`message` must be text", "say what is wrong, and what to do", message->pos);
  }
  out.push_back({*std::move(condition), *std::move(message)});
}

void BlockReader::data(Tree::Entry& section) {
  if (!want_map(section, "a map of addresses to data sources")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    resource(entry, true, {}, document_.data);
  }
}

void BlockReader::resources(Tree::Entry& section) {
  if (!want_map(section, "a map of addresses to resources")) return;
  document_.resources.reserve(document_.resources.size() + section.value.entries.size());
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    resource(entry, false, {}, document_.resources);
  }
}

void BlockReader::resource(Tree::Entry& entry, bool data, const std::string& scope, std::vector<ResourceBlock>& out) {
  Tree key;
  key.kind = Tree::Kind::scalar;
  key.pos = entry.pos;
  key.text = entry.key;
  std::optional<Address> parsed = address(key);
  if (!parsed) return;
  const std::string noun = data ? "data source" : "resource";
  if (!parsed->modules.empty() || parsed->key || parsed->data) {
    error("a " + noun + "'s key is its type and name, as `postgres.role.app`",
          parsed->key ? "give the keys with `for_each:`"
          : parsed->modules.empty()
              ? (data ? "write it without `data.`" : "write data sources under `data:`, without `data.`")
              : "write what belongs to a module in the module",
          entry.pos);
    return;
  }
  if (!good_name(parsed->name, noun, entry.pos) || !first_of(noun, entry.key, entry.pos, scope)) return;
  if (!want_map(entry, "a map of attributes")) return;
  ResourceBlock block;
  block.address = *std::move(parsed);
  block.address.data = data;
  block.pos = entry.pos;
  block.attributes.reserve(entry.value.entries.size());
  for (Tree::Entry& member : entry.value.entries) {
    if (meta_key(member, block)) continue;
    block.attributes.push_back({std::move(member.key), member.pos, std::move(member.value)});
  }
  out.push_back(std::move(block));
}

bool BlockReader::meta_key(Tree::Entry& entry, ResourceBlock& block) {
  const std::string_view key = entry.key;
  if (key == "for_each") {
    block.for_each = take(entry);
  } else if (key == "when") {
    block.when = take(entry);
  } else if (key == "depends_on") {
    depends_on(entry, block.depends_on);
  } else if (key == "provider") {
    block.provider = constant_text(entry);
    block.provider_pos = entry.value.pos;
  } else if (key == "lifecycle") {
    lifecycle(entry, block.lifecycle, block.address.data);
  } else if (key == "timeouts") {
    timeouts(entry, block.timeouts, block.address.data);
  } else if (key == "hold") {
    hold(entry, block);
  } else {
    return false;
  }
  return true;
}

void BlockReader::depends_on(Tree::Entry& entry, std::optional<Tree>& out) {
  const bool empty = entry.value.kind == Tree::Kind::map && entry.value.entries.empty();
  if (entry.value.kind != Tree::Kind::list && !empty) {
    error("`depends_on` must be a list of addresses", "write it as `[postgres.role.app, module.billing]`",
          entry.value.pos);
    return;
  }
  entry.value.kind = Tree::Kind::list;
  for (const Tree& item : entry.value.items) static_cast<void>(address(item, true));
  out = take(entry);
}

void BlockReader::hold(Tree::Entry& entry, ResourceBlock& block) {
  if (block.address.data) {
    error("a data source has no `hold`: it is only read", "remove it", entry.pos);
    return;
  }
  if (entry.value.constant()) {
    const Result<Value> value =
        entry.value.kind == Tree::Kind::scalar ? resolve_scalar(entry.value) : Result<Value>(Value());
    const bool good = value.has_value() && (value->is_bool() || (value->is_string() && !value->as_string().empty()));
    if (!good) {
      error("`hold` must be true, false or the reason as text", "write why, as `hold: until the audit is over`",
            entry.value.pos);
    }
  }
  block.hold = take(entry);
}

void BlockReader::timeouts(Tree::Entry& entry, TimeoutsBlock& block, bool data) {
  if (!want_map(entry, "a map")) return;
  const std::vector<std::string> known =
      data ? std::vector<std::string>{"read"} : std::vector<std::string>{"create", "update", "delete", "read"};
  for (Tree::Entry& member : entry.value.entries) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      unknown_key(member, data ? "in the `timeouts` of a data source" : "in `timeouts`", known);
      continue;
    }
    const Tree& value = member.value;
    if (value.kind != Tree::Kind::template_) {
      Result<std::chrono::milliseconds> parsed = parse_timeout(value.kind == Tree::Kind::scalar ? value.text : "");
      if (!parsed.has_value()) report(placed(std::move(parsed).error(), value.pos).in("`" + member.key + "`"));
    }
    std::optional<Tree>& out = member.key == "create"   ? block.create
                               : member.key == "update" ? block.update
                               : member.key == "delete" ? block.remove
                                                        : block.read;
    out = take(member);
  }
}

}  // namespace plumb
