// Calls of modules.
#include <utility>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/config/blocks.h"

namespace plumb {

void BlockReader::modules(Tree::Entry& section) {
  if (!want_map(section, "a map of names to calls of modules")) return;
  for (Tree::Entry& entry : section.value.entries) {
    enter(section.key, entry.key);
    if (!good_name(entry.key, "module", entry.pos) || !first_of("module", entry.key, entry.pos)) continue;
    if (want_map(entry, "a map with `source` and `inputs`")) module(entry);
  }
}

void BlockReader::module(Tree::Entry& entry) {
  ModuleBlock block;
  block.name = entry.key;
  block.pos = entry.pos;
  bool source = false, good = true;
  for (Tree::Entry& member : entry.value.entries) {
    const std::string_view key = member.key;
    if (key == "source") {
      source = true;
      block.source_pos = member.value.pos;
      std::optional<std::string> text = constant_text(member);
      good = text.has_value();
      if (good) block.source = *std::move(text);
    } else if (key == "inputs") {
      module_inputs(member, block);
    } else if (key == "for_each") {
      block.for_each = std::move(member.value);
    } else if (key == "when") {
      block.when = std::move(member.value);
    } else if (key == "depends_on") {
      depends_on(member, block.depends_on);
    } else if (key == "providers") {
      module_providers(member, block);
    } else {
      const std::vector<std::string> known = {"source", "inputs", "for_each", "when", "depends_on", "providers"};
      error("unknown key `" + printable(member.key) + "` in the call of a module" + did_you_mean(member.key, known),
            "use one of: " + join(known, ", ") + "; what the module takes stands under `inputs:`", member.pos);
    }
  }
  if (!source) {
    error("the module `" + block.name + "` has no `source`", "name its folder: `source: ./modules/" + block.name + "`",
          block.pos);
    return;
  }
  if (good) document_.modules.push_back(std::move(block));
}

void BlockReader::module_inputs(Tree::Entry& entry, ModuleBlock& block) {
  if (entry.value.kind == Tree::Kind::template_) {
    error("`inputs` must be a map of names to values", "write each input by its name, as `name: ${...}`",
          entry.value.pos);
    return;
  }
  if (!want_map(entry, "a map of names to values")) return;
  block.inputs.reserve(entry.value.entries.size());
  for (Tree::Entry& input : entry.value.entries) {
    if (!good_name(input.key, "input", input.pos)) continue;
    block.inputs.push_back({std::move(input.key), input.pos, std::move(input.value)});
  }
}

void BlockReader::module_providers(Tree::Entry& entry, ModuleBlock& block) {
  block.providers_pos = entry.value.pos;
  if (!want_map(entry, "a map of names in the module to provider instances")) return;
  for (const Tree::Entry& member : entry.value.entries) {
    if (!good_name(member.key, "provider", member.pos)) continue;
    const std::optional<std::string> instance = constant_text(member);
    if (instance && good_name(*instance, "provider", member.value.pos)) block.providers.emplace(member.key, *instance);
  }
}

}  // namespace plumb
