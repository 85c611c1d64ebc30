#include "engine/plan/host.h"

#include <algorithm>
#include <charconv>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/config/module_source.h"
#include "engine/config/yaml_value.h"

namespace plumb {

namespace {

// An error that was reported where it happened; whoever meets it says nothing more.
Error silent() { return Error{}; }

std::optional<std::size_t> list_index(std::string_view key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size() || index == 0) return std::nullopt;
  return index - 1;
}

}  // namespace

bool WorldHost::read(NodeId node) {
  scope_.reads.push_back(node);
  return world_.work.need(node, /*soft=*/false);
}

Access WorldHost::root(std::string_view name) {
  if (name == "var") return ObjectRef{kVar, 0};
  if (name == "locals") return ObjectRef{kLocals, 0};
  if (name == "each") {
    if (scope_.each.key != nullptr) return ObjectRef{kEach, 0};
    return Error{"`each` has a meaning only in a block with `for_each`", "name the value itself"};
  }
  if (name == "self") {
    if (scope_.self != nullptr) return *scope_.self;
    return Error{"`self` has a meaning only in a postcondition", "name the resource itself"};
  }
  if (name == "stack") return Value(world_.in.stack->name);
  if (name == "data") return ObjectRef{kData, 0};
  if (name == "module") return ObjectRef{kModule, 0};
  if (world_.in.registry->find(name) != nullptr) return ObjectRef{kProvider, world_.name_id(name)};
  return Error{"`" + std::string(name) + "` is not supported yet in this version", "remove the reference"};
}

Access WorldHost::variable(std::string_view name) {
  const auto unknown_name = [&](const std::vector<std::string>& known, const char* what) {
    return Error{"there is no " + std::string(what) + " " + quoted(name) + did_you_mean(name, known),
                 "declare it under `variables:`"};
  };
  if (scope_.scope == 0) {
    const auto it = world_.in.variables.find(std::string(name));
    if (it != world_.in.variables.end()) return it->second;
    std::vector<std::string> known;
    for (const VariableBlock& block : world_.in.stack->variables) known.push_back(block.name);
    return unknown_name(known, "variable");
  }
  const auto it = names().inputs.find(std::string(name));
  if (it == names().inputs.end()) {
    std::vector<std::string> known;
    for (const auto& [input, index] : names().inputs) known.push_back(input);
    std::sort(known.begin(), known.end());
    return unknown_name(known, "input");
  }
  const NodeId node = world_.inputs[it->second].node;
  if (!read(node)) return Demand{};
  if (world_.info[node].failed) return silent();
  return world_.inputs[it->second].value;
}

Access WorldHost::local(std::string_view name) {
  const auto it = names().locals.find(std::string(name));
  if (it == names().locals.end()) {
    return Error{"there is no local " + quoted(name), "declare it under `locals:`"};
  }
  const LocalNode& node = world_.locals[it->second];
  if (!read(node.node)) return Demand{};
  if (world_.info[node.node].failed) return silent();
  return world_.locals[it->second].value;
}

Access WorldHost::call_by_name(std::string_view name) {
  const auto it = names().calls.find(std::string(name));
  if (it == names().calls.end()) {
    std::vector<std::string> known;
    for (const auto& [call, index] : names().calls) known.push_back(call);
    std::sort(known.begin(), known.end());
    return Error{"there is no module " + quoted(name) + did_you_mean(name, known), "call it under `modules:`"};
  }
  const CallNode& call = world_.calls[it->second];
  if (call.keyed()) return ObjectRef{kCall, it->second};
  if (auto early = call_ready(call)) return std::move(*early);
  return ObjectRef{kScope, call.scopes.front()};
}

std::optional<Access> WorldHost::call_ready(const CallNode& call) {
  if (!read(call.node)) return Demand{};
  if (world_.info[call.node].failed) return silent();
  if (call.deferred) return Value::unknown();
  if (call.absent) return Nil{};
  return std::nullopt;
}

Access WorldHost::scope_by_key(const CallNode& call, std::string_view key) {
  if (auto early = call_ready(call)) return std::move(*early);
  if (const auto it = call.by_key.find(std::string(key)); it != call.by_key.end()) return ObjectRef{kScope, it->second};
  std::vector<std::string> known;
  for (const std::uint32_t s : call.scopes) known.push_back(*world_.scopes[s].path.back().key);
  return Error{call.address.str() + " has no call with key " + quoted(key) + did_you_mean(key, known),
               "its keys come from `for_each` in " + call.block->pos.line_str()};
}

Access WorldHost::output(std::uint32_t index, std::string_view name) {
  const ScopeNode& scope = world_.scopes[index];
  if (!read(scope.node)) return Demand{};
  if (world_.info[scope.node].failed) return silent();
  if (scope.deferred) return Value::unknown();
  const auto it = scope.outputs.find(std::string(name));
  if (it == scope.outputs.end()) {
    std::vector<std::string> known;
    for (const auto& [output_name, i] : scope.outputs) known.push_back(output_name);
    std::sort(known.begin(), known.end());
    return Error{"module " + scope.path.back().name + " has no output " + quoted(name) + did_you_mean(name, known),
                 known.empty() ? "it has none: add it under `outputs:` in the module" : "it has: " + join(known, ", ")};
  }
  const NodeId node = world_.outputs[it->second].node;
  if (!read(node)) return Demand{};
  if (world_.info[node].failed) return silent();
  return world_.outputs[it->second].value;
}

std::optional<Error> WorldHost::expanded(ResourceNode& resource, bool& ready) {
  ready = read(resource.node);
  if (ready && world_.info[resource.node].failed) return silent();
  return std::nullopt;
}

Access WorldHost::resource_by_name(std::uint32_t type_index, std::string_view name) {
  const std::string& type = world_.names[type_index];
  const std::string wanted = type + "." + std::string(name);
  auto it = scope_.check == nullptr ? names().resources.end()
                                    : names().resources.find(check_data_name(*scope_.check, wanted));
  if (it == names().resources.end()) it = names().resources.find(wanted);
  if (it == names().resources.end()) {
    const bool data = type.starts_with("data.");
    return Error{std::string("there is no ") + (data ? "data source " : "resource ") + type + "." + std::string(name),
                 data ? "declare it under `data:`" : "declare it under `resources:`"};
  }
  ResourceNode& resource = world_.resources[it->second];
  if (resource.keyed()) return ObjectRef{kResource, it->second};
  bool ready = false;
  if (auto error = expanded(resource, ready)) return *error;
  if (!ready) return Demand{};
  if (resource.deferred) return Value::unknown();
  if (resource.absent || resource.instances.empty()) return Nil{};
  return ObjectRef{kInstance, resource.instances.front()};
}

Access WorldHost::instance_by_key(ResourceNode& resource, std::string_view key) {
  bool ready = false;
  if (auto error = expanded(resource, ready)) return *error;
  if (!ready) return Demand{};
  if (resource.deferred) return Value::unknown();
  if (resource.absent) return Nil{};
  const auto it = resource.by_key.find(std::string(key));
  if (it != resource.by_key.end()) return ObjectRef{kInstance, it->second};
  std::vector<std::string> keys;
  for (const std::uint32_t i : resource.instances) keys.push_back(*world_.instances[i].address.key);
  return Error{resource.address.str() + " has no instance with key " + quoted(key) + did_you_mean(key, keys),
               "its keys come from `for_each` in " + resource.block->pos.line_str()};
}

Access WorldHost::attribute(InstanceNode& instance, std::string_view name) {
  if (instance.type->find(name) == nullptr) {
    std::vector<std::string> names;
    for (const Attribute& attribute : instance.type->attributes) names.push_back(attribute.name);
    return Error{instance.type->name + " has no attribute " + quoted(name) + did_you_mean(name, names),
                 "`plumb schema " + instance.type->name + "` lists them"};
  }
  if (!read(instance.node)) return Demand{};
  if (world_.info[instance.node].failed) return silent();
  if (world_.applying && !instance.published &&
      (mutates(instance.action) || instance.action == Action::adopt || instance.action == Action::read)) {
    return Error{"internal error: " + instance.address.str() + " is read in apply before its step has run",
                 "report this: it is a bug of Plumb",
                 {},
                 Fault::internal};
  }
  if (instance.value.is_unknown() || instance.value.is_unavailable()) return instance.value;
  return instance.value.get(name);
}

Access WorldHost::type_by_name(std::uint32_t provider, std::string_view name) {
  const std::string type = world_.names[provider] + "." + std::string(name);
  const bool data = type.starts_with("data.");
  const auto known = data ? world_.in.registry->data_type(type.substr(5)) : world_.in.registry->type(type);
  if (!known.has_value()) return known.error();
  return ObjectRef{kType, world_.name_id(type)};
}

Access WorldHost::member(ObjectRef object, std::string_view key) {
  switch (object.kind) {
    case kVar:
      return variable(key);
    case kLocals:
      return local(key);
    case kEach:
      if (key == "key") return Value(*scope_.each.key);
      if (key == "value") return *scope_.each.value;
      return Error{"`each` has `key` and `value`, not " + quoted(key), "write each.key or each.value"};
    case kData:
      if (world_.in.registry->find(key) == nullptr) {
        return Error{"there is no provider " + quoted(key) + did_you_mean(key, world_.in.registry->names()),
                     "write data.PROVIDER.TYPE.NAME"};
      }
      return ObjectRef{kProvider, world_.name_id("data." + std::string(key))};
    case kProvider:
      return type_by_name(object.id, key);
    case kModule:
      return call_by_name(key);
    case kCall:
      return scope_by_key(world_.calls[object.id], key);
    case kScope:
      return output(object.id, key);
    case kType:
      return resource_by_name(object.id, key);
    case kResource:
      return instance_by_key(world_.resources[object.id], key);
    case kInstance:
      return attribute(world_.instances[object.id], key);
    default:
      return Nil{};
  }
}

std::variant<std::vector<std::string>, Demand, Error> WorldHost::keys(ObjectRef object) {
  std::vector<std::string> out;
  if (object.kind == kInstance) {
    for (const Attribute& attribute : world_.instances[object.id].type->attributes) out.push_back(attribute.name);
    std::sort(out.begin(), out.end());
    return out;
  }
  if (object.kind == kEach) return std::vector<std::string>{"key", "value"};
  const auto sorted_names = [&](const std::unordered_map<std::string, std::uint32_t>& map) {
    for (const auto& [name, index] : map) out.push_back(name);
    std::sort(out.begin(), out.end());
    return out;
  };
  if (object.kind == kVar) {
    if (scope_.scope != 0) return sorted_names(names().inputs);
    for (const auto& [name, value] : world_.in.variables) out.push_back(name);
    return out;
  }
  if (object.kind == kLocals) return sorted_names(names().locals);
  if (object.kind == kModule) return sorted_names(names().calls);
  if (object.kind == kCall) {
    const CallNode& call = world_.calls[object.id];
    if (!read(call.node)) return Demand{};
    if (world_.info[call.node].failed) return silent();
    for (const std::uint32_t s : call.scopes) out.push_back(*world_.scopes[s].path.back().key);
    return out;
  }
  if (object.kind == kScope) {
    const ScopeNode& scope = world_.scopes[object.id];
    if (!read(scope.node)) return Demand{};
    if (world_.info[scope.node].failed) return silent();
    return sorted_names(scope.outputs);
  }
  if (object.kind != kResource) {
    return Error{"a provider or a type has no list of members", "name the resource"};
  }
  ResourceNode& resource = world_.resources[object.id];
  bool ready = false;
  if (auto error = expanded(resource, ready)) return *error;
  if (!ready) return Demand{};
  for (const std::uint32_t i : resource.instances) out.push_back(*world_.instances[i].address.key);
  return out;
}

Access WorldHost::whole(ObjectRef object) {
  if (object.kind == kInstance) {
    InstanceNode& instance = world_.instances[object.id];
    if (!read(instance.node)) return Demand{};
    if (world_.info[instance.node].failed) return silent();
    return world_.instances[object.id].value;
  }
  if (object.kind == kResource) {
    const NodeId node = world_.resources[object.id].whole;
    if (!read(node)) return Demand{};
    if (world_.info[node].failed) return silent();
    const ResourceNode& resource = world_.resources[object.id];
    if (resource.deferred) return Value::unknown();
    std::vector<ValueMap::Entry> entries;
    entries.reserve(resource.instances.size());
    for (const std::uint32_t i : resource.instances) {
      entries.emplace_back(*world_.instances[i].address.key, world_.instances[i].value);
    }
    return Value(ValueMap::from(std::move(entries)));
  }
  // One edge for all calls of a module, however many read them.
  if (object.kind == kCall) {
    const CallNode& call = world_.calls[object.id];
    if (!read(call.outputs)) return Demand{};
    if (world_.info[call.outputs].failed) return silent();
    if (call.deferred) return Value::unknown();
  }
  if (object.kind == kScope && world_.work.done(world_.scopes[object.id].node) && world_.scopes[object.id].deferred) {
    return output(object.id, {});
  }
  const auto listed = keys(object);
  if (std::holds_alternative<Demand>(listed)) return Demand{};
  if (const auto* error = std::get_if<Error>(&listed)) return *error;
  ValueMap map;
  for (const std::string& name : std::get<std::vector<std::string>>(listed)) {
    Access access = member(object, name);
    if (const auto* inner = std::get_if<ObjectRef>(&access)) access = whole(*inner);
    if (auto* value = std::get_if<Value>(&access)) {
      map.set(name, std::move(*value));
    } else if (!std::holds_alternative<Nil>(access)) {
      return access;
    }
  }
  return Value(std::move(map));
}

Result<std::string> WorldHost::read_file(std::string_view path) {
  const auto& loader = world_.in.stack->modules_loader;
  if (loader == nullptr) return ExpressionHost::read_file(path);
  return loader->read_file(std::string(path), file_.str());
}

Result<Value> WorldHost::parse_yaml(std::string_view text) { return yaml_value(text); }

Access WorldHost::chain(const ReferenceChain& chain) {
  Access at = root(chain.steps[0]);
  for (std::size_t i = 1; i < chain.steps.size(); ++i) {
    const std::string& step = chain.steps[i];
    if (const auto* object = std::get_if<ObjectRef>(&at)) {
      at = member(*object, step);
      continue;
    }
    if (std::holds_alternative<Nil>(at)) at = Value();
    auto* value = std::get_if<Value>(&at);
    if (value == nullptr) return at;
    if (value->is_unknown() || value->is_unavailable()) return at;
    if (value->is_map()) {
      at = Value(value->get(step));
    } else if (const auto index = list_index(step); value->is_list() && index) {
      const Value& list = *value;
      if (*index >= list.as_list().size()) {
        at = Value();
      } else {
        const Value item = list.as_list()[*index];
        at = list.sensitive() ? item.with_sensitive() : item;
      }
    } else {
      return Error{"cannot take " + quoted(step) + " of " +
                       (value->is_null() ? "nothing: `" + chain.steps[i - 1] + "` is null or not there"
                                         : "a value of kind " + std::string(value->kind_name())),
                   "use `x and x." + step + "` where it may be missing"};
    }
  }
  if (const auto* object = std::get_if<ObjectRef>(&at)) return whole(*object);
  return at;
}

}  // namespace plumb
