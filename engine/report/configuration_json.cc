// The part `configuration` of a plan's JSON: addresses, and what each attribute refers to; no values.
#include <set>

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

std::vector<std::string> scope_of(const StackConfig& stack) {
  std::set<std::string> names{"var", "locals", "each", "data", "module", "stacks", "stack"};
  for (const ResourceBlock& block : stack.resources) names.emplace(block.address.provider());
  return {names.begin(), names.end()};
}

}  // namespace

Value configuration_json(const StackConfig& stack) {
  const std::vector<std::string> scope = scope_of(stack);
  std::vector<ValueMap::Entry> providers, outputs;
  for (const ProviderBlock& block : stack.providers) {
    providers.emplace_back(block.name,
                           ValueMap{{"expressions", expressions_json(block.attributes, scope)}, {"name", block.kind}});
  }
  for (const OutputBlock& block : stack.outputs) {
    outputs.emplace_back(block.name,
                         ValueMap{{"expression", references_json(block.value, scope)}, {"sensitive", block.sensitive}});
  }
  Value::List resources;
  for (const ResourceBlock& block : stack.resources) {
    ValueMap out;
    out.set("address", block.address.str());
    out.set("expressions", expressions_json(block.attributes, scope));
    out.set("for_each_expression", block.for_each ? references_json(*block.for_each, scope) : Value());
    out.set("mode", "managed");
    out.set("name", block.address.name);
    out.set("provider_config_key", block.provider ? *block.provider : std::string(block.address.provider()));
    out.set("type", block.address.type);
    resources.emplace_back(std::move(out));
  }
  ValueMap root;
  root.set("outputs", Value(ValueMap::from(std::move(outputs))));
  root.set("resources", Value(std::move(resources)));
  return ValueMap{{"provider_config", ValueMap::from(std::move(providers))}, {"root_module", std::move(root)}};
}

}  // namespace plumb
