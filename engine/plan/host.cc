#include "engine/plan/host.h"

#include <charconv>

#include "engine/base/suggest.h"
#include "engine/base/text.h"

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
    if (scope_.each != nullptr && scope_.each->address.key) return ObjectRef{kEach, 0};
    return Error{"`each` has a meaning only in a resource with `for_each`", "name the value itself"};
  }
  if (name == "stack") return Value(world_.in.stack->name);
  if (world_.in.registry->find(name) != nullptr) return ObjectRef{kProvider, world_.name_id(name)};
  return Error{"`" + std::string(name) + "` is not supported yet in this version", "remove the reference"};
}

Access WorldHost::variable(std::string_view name) {
  const auto it = world_.in.variables.find(std::string(name));
  if (it == world_.in.variables.end()) {
    std::vector<std::string> names;
    for (const VariableBlock& block : world_.in.stack->variables) names.push_back(block.name);
    return Error{"there is no variable " + quoted(name) + did_you_mean(name, names), "declare it under `variables:`"};
  }
  return it->second;
}

Access WorldHost::local(std::string_view name) {
  const auto it = world_.local_by_name.find(std::string(name));
  if (it == world_.local_by_name.end()) {
    return Error{"there is no local " + quoted(name), "declare it under `locals:`"};
  }
  const LocalNode& node = world_.locals[it->second];
  if (!read(node.node)) return Demand{};
  if (world_.info[node.node].failed) return silent();
  return world_.locals[it->second].value;
}

std::optional<Error> WorldHost::expanded(ResourceNode& resource, bool& ready) {
  ready = read(resource.node);
  if (ready && world_.info[resource.node].failed) return silent();
  return std::nullopt;
}

Access WorldHost::resource_by_name(std::uint32_t type_index, std::string_view name) {
  const std::string& type = world_.names[type_index];
  const auto it = world_.resource_by_name.find(type + "." + std::string(name));
  if (it == world_.resource_by_name.end()) {
    return Error{"there is no resource " + type + "." + std::string(name), "declare it under `resources:`"};
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
  return Error{resource.block->address.str() + " has no instance with key " + quoted(key) + did_you_mean(key, keys),
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
  if (world_.applying && !instance.published && (mutates(instance.action) || instance.action == Action::adopt)) {
    return Error{"internal error: " + instance.address.str() + " is read in apply before its step has run",
                 "report this: it is a bug of Plumb",
                 {},
                 Fault::internal};
  }
  if (instance.value.is_unknown() || instance.value.is_unavailable()) return instance.value;
  return instance.value.get(name);
}

Access WorldHost::member(ObjectRef object, std::string_view key) {
  switch (object.kind) {
    case kVar:
      return variable(key);
    case kLocals:
      return local(key);
    case kEach:
      if (key == "key") return Value(*scope_.each->address.key);
      if (key == "value") return scope_.each->each_value;
      return Error{"`each` has `key` and `value`, not " + quoted(key), "write each.key or each.value"};
    case kProvider: {
      const std::string type = world_.names[object.id] + "." + std::string(key);
      if (const auto known = world_.in.registry->type(type); !known.has_value()) return known.error();
      return ObjectRef{kType, world_.name_id(type)};
    }
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
  if (object.kind == kVar) {
    for (const auto& [name, value] : world_.in.variables) out.push_back(name);
    return out;
  }
  if (object.kind == kLocals) {
    for (const LocalNode& local : world_.locals) out.push_back(local.block->name);
    std::sort(out.begin(), out.end());
    return out;
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
  const auto names = keys(object);
  if (std::holds_alternative<Demand>(names)) return Demand{};
  if (const auto* error = std::get_if<Error>(&names)) return *error;
  ValueMap map;
  for (const std::string& name : std::get<std::vector<std::string>>(names)) {
    Access access = member(object, name);
    if (auto* value = std::get_if<Value>(&access)) {
      map.set(name, std::move(*value));
    } else if (!std::holds_alternative<Nil>(access)) {
      return access;
    }
  }
  return Value(std::move(map));
}

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
