// Trees to values: expressions evaluated, scalars read for the type that is wanted.
#include <algorithm>

#include "engine/plan/host.h"

namespace plumb {

namespace {

const Type& element_of(const Type& type, std::string_view key) {
  static const TypePtr any = any_type();
  if (type.kind == Type::Kind::list || type.kind == Type::Kind::set || type.kind == Type::Kind::map ||
      type.kind == Type::Kind::keyed_list) {
    return type.element ? *type.element : *any;
  }
  const auto field = [&](const std::vector<Field>& fields) -> const Type* {
    for (const Field& f : fields) {
      if (f.name == key) return f.type.get();
    }
    return nullptr;
  };
  if (const Type* found = field(type.fields)) return *found;
  for (const Variant& variant : type.variants) {
    if (const Type* found = field(variant.fields)) return *found;
  }
  return *any;
}

Evaluated report(World& world, Error error, const SourcePos& pos) {
  // An empty message was reported where it happened.
  if (!error.message.empty()) world.diagnostics->add(std::move(error).at(pos));
  return Evaluated::failed;
}

Evaluated evaluate_piece(World& world, EvalScope& scope, const Piece& piece, Value& out) {
  const auto id = world.interpreter->compile(piece.text, piece.pos);
  if (!id.has_value()) return report(world, id.error(), piece.pos);
  const References& references = world.interpreter->references_of(id.value());
  WorldHost host(world, scope, piece.pos.file);
  if (references.whole && references.chains.size() == 1) {
    Access access = host.chain(references.chains.front());
    if (std::holds_alternative<Demand>(access)) return Evaluated::wait;
    if (auto* error = std::get_if<Error>(&access)) return report(world, std::move(*error), piece.pos);
    out = std::holds_alternative<Nil>(access) ? Value() : std::get<Value>(std::move(access));
  } else {
    Evaluation result = world.interpreter->evaluate(id.value(), host);
    if (result.status == Evaluation::Status::demand) return Evaluated::wait;
    if (result.status == Evaluation::Status::error) return report(world, std::move(result.error), piece.pos);
    if (result.used_nonsensitive) world.nonsensitive.push_back(piece.pos.str());
    out = std::move(result.value);
  }
  if (out.any_unknown()) scope.met_unknown = true;
  return Evaluated::done;
}

// Text around and between expressions: whatever is unknown or unavailable makes the whole so; marks add up.
Evaluated evaluate_text(World& world, EvalScope& scope, const Tree& tree, Value& out) {
  std::string text;
  bool sensitive = false, unknown = false, unavailable = false, wait = false;
  for (const Piece& piece : tree.pieces) {
    if (!piece.expression) {
      text += piece.text;
      continue;
    }
    Value value;
    const Evaluated status = evaluate_piece(world, scope, piece, value);
    if (status == Evaluated::failed) return status;
    if (status == Evaluated::wait) {
      wait = true;  // the other pieces tell what they need in the same go
      continue;
    }
    sensitive = sensitive || value.any_sensitive();
    unknown = unknown || value.any_unknown();
    unavailable = unavailable || value.any_unavailable();
    if (value.any_unknown() || value.any_unavailable()) continue;
    const auto part = scalar_text(value);
    if (!part) {
      return report(world,
                    Error{"a " + std::string(value.kind_name()) + " cannot stand inside text",
                          "pick a member, or use join() or json_encode()"},
                    piece.pos);
    }
    text += *part;
  }
  if (wait) return Evaluated::wait;
  if (unknown) {
    out = Value::unknown();
  } else if (unavailable) {
    out = Value::unavailable();
  } else {
    out = Value(std::move(text));
  }
  if (sensitive) out = out.with_sensitive();
  return Evaluated::done;
}

template <class Items, class Each>
Evaluated for_all(const Items& items, Each each) {
  Evaluated worst = Evaluated::done;
  for (const auto& item : items) {
    const Evaluated status = each(item);
    if (status == Evaluated::failed) return status;
    if (status == Evaluated::wait) worst = status;
  }
  return worst;
}

}  // namespace

Evaluated evaluate_tree(World& world, EvalScope& scope, const Tree& tree, const Type& type, Value& out) {
  switch (tree.kind) {
    case Tree::Kind::null:
      out = Value();
      return Evaluated::done;
    case Tree::Kind::scalar: {
      auto value = scalar_as(tree, type);
      if (!value.has_value()) return report(world, std::move(value).error(), tree.pos);
      out = std::move(value).value();
      return Evaluated::done;
    }
    case Tree::Kind::template_:
      if (tree.lone_expression()) return evaluate_piece(world, scope, tree.pieces.front(), out);
      return evaluate_text(world, scope, tree, out);
    case Tree::Kind::list: {
      Value::List list;
      list.reserve(tree.items.size());
      const Evaluated status = for_all(tree.items, [&](const Tree& item) {
        return evaluate_tree(world, scope, item, element_of(type, {}), list.emplace_back());
      });
      out = Value(std::move(list));
      return status;
    }
    case Tree::Kind::map: {
      std::vector<ValueMap::Entry> entries;
      entries.reserve(tree.entries.size());
      const Evaluated status = for_all(tree.entries, [&](const Tree::Entry& entry) {
        return evaluate_tree(world, scope, entry.value, element_of(type, entry.key),
                             entries.emplace_back(entry.key, Value()).second);
      });
      out = Value(ValueMap::from(std::move(entries)));
      return status;
    }
  }
  return Evaluated::failed;
}

SourcePos position_at(const Tree& tree, const Path& path) {
  const Tree* at = &tree;
  for (const PathStep& step : path.steps()) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      const Tree::Entry* entry = at->find(*key);
      if (entry == nullptr) break;
      at = &entry->value;
    } else {
      const auto index = static_cast<std::size_t>(std::get<std::int64_t>(step));
      if (at->kind != Tree::Kind::list || index >= at->items.size()) break;
      at = &at->items[index];
    }
  }
  return at->pos;
}

// Values share their parts: forty locals that each hold the one before twice are small in memory, and endless to walk.
constexpr std::uint32_t kMostParts = 10'000'000;

Evaluated evaluate_typed(World& world, EvalScope& scope, const Tree& tree, const Type& type, const std::string& what,
                         Value& out) {
  Value raw;
  const Evaluated status = evaluate_tree(world, scope, tree, type, raw);
  if (status != Evaluated::done) return status;
  if (raw.weight() > kMostParts) {
    world.diagnostics->error(what + " has more than " + std::to_string(kMostParts) + " parts",
                             "look for values that hold others again and again", tree.pos);
    return Evaluated::failed;
  }
  if (raw.is_null()) {
    out = Value();
    return Evaluated::done;
  }
  Converted converted = convert(raw, type);
  for (const TypeError& error : converted.errors) {
    const std::string where = error.path.empty() ? what : what + ": " + error.path.str();
    world.diagnostics->error(where + ": " + error.message, error.next_step, position_at(tree, error.path));
  }
  if (!converted.errors.empty()) return Evaluated::failed;
  out = std::move(converted.value);
  return Evaluated::done;
}

namespace {

NodeId resource_hint_node(const World& world, const Hint& hint) {
  const ResourceNode& resource = world.resources[hint.index];
  if (!resource.expanded) return resource.node;
  if (!resource.keyed()) {
    return resource.instances.empty() ? resource.node : world.instances[resource.instances.front()].node;
  }
  if (hint.key) {
    const auto it = resource.by_key.find(*hint.key);
    return it == resource.by_key.end() ? resource.node : world.instances[it->second].node;
  }
  return resource.whole;
}

NodeId call_hint_node(const World& world, const Hint& hint) {
  const CallNode& call = world.calls[hint.index];
  if (!call.expanded || call.scopes.empty()) return call.node;
  std::uint32_t inside = call.scopes.front();
  if (call.keyed()) {
    if (!hint.key) return call.outputs;
    const auto it = call.by_key.find(*hint.key);
    if (it == call.by_key.end()) return call.node;
    inside = it->second;
  }
  const ScopeNode& scope = world.scopes[inside];
  if (!world.work.done(scope.node)) return scope.node;
  if (hint.output.empty()) return call.outputs;
  const auto output = scope.outputs.find(hint.output);
  return output == scope.outputs.end() ? scope.node : world.outputs[output->second].node;
}

}  // namespace

NodeId hint_node(World& world, const Hint& hint) {
  switch (hint.kind) {
    case Hint::Kind::local:
      return world.locals[hint.index].node;
    case Hint::Kind::input:
      return world.inputs[hint.index].node;
    case Hint::Kind::content:
      return world.calls[hint.index].content;
    case Hint::Kind::call:
      return call_hint_node(world, hint);
    case Hint::Kind::resource:
      return resource_hint_node(world, hint);
  }
  return 0;
}

EvalScope scope_of(const World& world, const InstanceNode& instance) {
  EvalScope scope{instance.node, world.resources[instance.resource].scope, {}, {}, false};
  if (instance.address.key) scope.each = {&*instance.address.key, &instance.each_value};
  return scope;
}

bool hints_ready(World& world, NodeId node, const std::vector<Hint>& hints) {
  if (world.work.hints_off(node)) return true;
  bool ready = true;
  for (const Hint& hint : hints) {
    // Expansion first, then what it gave; so a hint may need two rounds.
    const NodeId on = hint_node(world, hint);
    if (on == node) continue;
    if (!world.work.need(on, /*soft=*/true)) ready = false;
  }
  return ready;
}

bool store_reads(World& world, EvalScope& scope, const std::vector<Hint>& hints, const SourcePos& pos) {
  bool complete = true;
  if (scope.met_unknown) {
    for (const Hint& hint : hints) {
      const NodeId on = hint_node(world, hint);
      if (on == scope.node) continue;
      if (!world.work.done(on)) complete = false;
      scope.reads.push_back(on);
    }
  }
  if (!complete) {
    world.diagnostics->error("this is known only after apply, and what it may read leads back to itself",
                             "name the instances it reads with literal keys, so that the order of steps is certain",
                             pos);
    return false;
  }
  std::sort(scope.reads.begin(), scope.reads.end());
  scope.reads.erase(std::unique(scope.reads.begin(), scope.reads.end()), scope.reads.end());
  world.info[scope.node].reads = std::move(scope.reads);
  return true;
}

}  // namespace plumb
