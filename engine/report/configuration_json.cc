// The part `configuration` of a plan's JSON: addresses, and what each attribute refers to; no values.
#include <set>

#include "engine/config/module_source.h"
#include "engine/lua/expression.h"
#include "engine/report/plan_json.h"

namespace plumb {

namespace {

void gather(const Tree& tree, const std::vector<std::string>& scope, std::set<std::string>& out) {
  for (const Piece& piece : tree.pieces) {
    if (!piece.expression) continue;
    for (const ReferenceChain& chain : references(piece.text, scope).chains) {
      std::string text;
      for (const std::string& step : chain.steps) {
        const bool name = check_name(step, "a name").has_value() || is_scope_name(step);
        text += name ? (text.empty() ? "" : ".") + step : "[" + quoted(step) + "]";
      }
      out.insert(text);
    }
  }
  for (const Tree& item : tree.items) gather(item, scope, out);
  for (const Tree::Entry& entry : tree.entries) gather(entry.value, scope, out);
}

Value references_json(const Tree& tree, const std::vector<std::string>& scope) {
  std::set<std::string> found;
  gather(tree, scope, found);
  Value::List out;
  for (const std::string& text : found) out.emplace_back(text);
  return ValueMap{{"references", std::move(out)}};
}

Value expressions_json(const std::vector<AttributeEntry>& attributes, const std::vector<std::string>& scope) {
  std::vector<ValueMap::Entry> out;
  for (const AttributeEntry& attribute : attributes) {
    out.emplace_back(attribute.name, references_json(attribute.value, scope));
  }
  return ValueMap::from(std::move(out));
}

std::vector<std::string> scope_of(const Document& document) {
  std::set<std::string> names{"var", "locals", "each", "data", "module", "stacks", "stack", "self"};
  for (const ResourceBlock& block : document.resources) names.emplace(block.address.provider());
  for (const ResourceBlock& block : document.data) names.emplace(block.address.provider());
  return {names.begin(), names.end()};
}

Value optional_json(const std::optional<Tree>& tree, const std::vector<std::string>& scope) {
  return tree ? references_json(*tree, scope) : Value();
}

Value resource_json(const ResourceBlock& block, const std::vector<std::string>& scope) {
  ValueMap out;
  out.set("address", block.address.str());
  out.set("expressions", expressions_json(block.attributes, scope));
  out.set("for_each_expression", optional_json(block.for_each, scope));
  out.set("mode", block.address.data ? "data" : "managed");
  out.set("name", block.address.name);
  out.set("provider_config_key", block.provider ? *block.provider : std::string(block.address.provider()));
  out.set("type", block.address.type);
  return Value(std::move(out));
}

// Modules do not call themselves, so this ends. What a Lua module makes of its inputs is no configuration.
Value module_json(const Document& document) {
  const std::vector<std::string> scope = scope_of(document);
  std::vector<ValueMap::Entry> outputs, calls;
  for (const OutputBlock& block : document.outputs) {
    outputs.emplace_back(block.name,
                         ValueMap{{"expression", references_json(block.value, scope)}, {"sensitive", block.sensitive}});
  }
  Value::List resources;
  for (const ResourceBlock& block : document.resources) resources.push_back(resource_json(block, scope));
  for (const ResourceBlock& block : document.data) resources.push_back(resource_json(block, scope));
  for (const ModuleBlock& block : document.modules) {
    ValueMap call;
    call.set("expressions", expressions_json(block.inputs, scope));
    call.set("for_each_expression", optional_json(block.for_each, scope));
    call.set("module", block.loaded == nullptr ? Value() : module_json(block.loaded->document));
    call.set("source", block.source);
    calls.emplace_back(block.name, Value(std::move(call)));
  }
  ValueMap out;
  out.set("module_calls", Value(ValueMap::from(std::move(calls))));
  out.set("outputs", Value(ValueMap::from(std::move(outputs))));
  out.set("resources", Value(std::move(resources)));
  return Value(std::move(out));
}

}  // namespace

Value configuration_json(const StackConfig& stack) {
  const std::vector<std::string> scope = scope_of(stack);
  std::vector<ValueMap::Entry> providers;
  for (const ProviderBlock& block : stack.providers) {
    providers.emplace_back(block.name,
                           ValueMap{{"expressions", expressions_json(block.attributes, scope)}, {"name", block.kind}});
  }
  return ValueMap{{"provider_config", ValueMap::from(std::move(providers))}, {"root_module", module_json(stack)}};
}

}  // namespace plumb
