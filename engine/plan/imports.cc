// `import` blocks: which instance takes which object over. Those with `for_each` name theirs in plan.
#include <algorithm>

#include "engine/plan/world.h"

namespace plumb {

namespace {

void add_import(World& world, Address address, ImportNode import) {
  const SourcePos pos = import.block->pos;
  const auto [it, added] = world.imports.emplace(std::move(address), std::move(import));
  if (added) return;
  Diagnostic diagnostic{Severity::error, "two imports name " + it->first.str(), "keep one of them", pos};
  diagnostic.related.emplace_back(it->second.block->pos, "the other is here");
  world.diagnostics->add(std::move(diagnostic));
}

// Modules are there only once they are called.
bool resource_there(World& world, const Address& address, const SourcePos& pos) {
  if (!address.modules.empty() || world.find_resource(address)) return true;
  world.diagnostics->error("import: there is no resource " + address.resource().str(),
                           "write its block first; import needs something to compare with", pos);
  return false;
}

void tell_one(World& world, const ImportBlock& block, std::string key, Value value) {
  ImportNode import{&block, std::move(key), std::move(value)};
  EvalScope scope;
  scope.each = {&*import.key, &import.each_value};
  Value to;
  if (evaluate_typed(world, scope, block.to, *string_type(), "import: to", to) != Evaluated::done) return;
  if (!to.is_string() || !to.fully_known() || to.any_sensitive()) {
    world.diagnostics->error("import: `to` is " + std::string(to.any_sensitive() ? "a secret" : "not known in plan"),
                             "write the address as text, with `${each.key}` for the key", block.to.pos);
    return;
  }
  auto address = Address::parse(to.as_string());
  if (!address.has_value()) {
    world.diagnostics->add(std::move(address).error().in("import: to").at(block.to.pos));
    return;
  }
  if (resource_there(world, *address, block.to.pos)) add_import(world, std::move(*address), std::move(import));
}

void tell(World& world, const ImportBlock& block, const Value& keys) {
  const auto refuse = [&](const std::string& message, const std::string& next_step) {
    world.diagnostics->error("import: `for_each` " + message, next_step, block.for_each->pos);
  };
  if (keys.any_sensitive()) return refuse("is a secret, and its keys would be shown", "take keys that are not secret");
  if (!keys.fully_known())
    return refuse("is known only after apply", "import what plan can name; apply the rest first");
  if (keys.is_map()) {
    for (const auto& [key, value] : keys.as_map()) tell_one(world, block, key, value);
    return;
  }
  const auto is_text = [](const Value& item) { return item.is_string(); };
  if (!keys.is_list() || !std::all_of(keys.as_list().begin(), keys.as_list().end(), is_text)) {
    return refuse("must be a map, a set or a list of strings, got " + std::string(keys.kind_name()),
                  "write a map, or a list such as [a, b]");
  }
  for (const Value& key : keys.as_list()) tell_one(world, block, key.as_string(), key);
}

}  // namespace

void build_imports(World& world) {
  for (const ImportBlock& block : world.in.stack->imports) {
    if (!block.for_each) {
      if (resource_there(world, block.address, block.pos)) add_import(world, block.address, {&block, {}, {}});
      continue;
    }
    // Evaluated like a local that nobody can name.
    LocalBlock& local = *world.import_blocks.emplace_back(std::make_unique<LocalBlock>());
    local.name = "import";
    local.pos = block.for_each->pos;
    local.value = *block.for_each;
    const auto index = static_cast<std::uint32_t>(world.locals.size());
    world.locals.push_back({&local, 0, world.add_node(NodeKind::local, index), {}});
    world.import_keys.emplace_back(index, &block);
  }
}

bool imports_ready(World& world, NodeId asking) {
  if (world.imports_told) return true;
  bool ready = true;
  for (const auto& [local, block] : world.import_keys) {
    if (!world.work.need(world.locals[local].node, /*soft=*/true)) ready = false;
  }
  // The keys come from the very instance that asks: it is none of those that they name.
  if (!ready) return world.work.hints_off(asking);
  world.imports_told = true;
  for (const auto& [local, block] : world.import_keys) {
    if (!world.info[world.locals[local].node].failed) tell(world, *block, world.locals[local].value);
  }
  return true;
}

}  // namespace plumb
