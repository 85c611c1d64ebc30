// Order: steps and edges, fixed in plan (the rules are in engine/DESIGN.md, "Order"). Here: vertices, and what becomes
// of them; the edges are in order_edges.cc.
#include <algorithm>
#include <deque>

#include "engine/plan/ordering.h"

namespace plumb {

void Ordering::run(ExecutionGraph& out) {
  place_nodes();
  index_steps();
  if (forward_steps_.empty() && delete_steps_.empty() && world_.deposed.empty()) return;
  index_records();
  add_edges();
  if (!sort()) return;
  block_dependents();
  emit(out);
}

bool Ordering::has_forward(const InstanceNode& instance) {
  const Action action = instance.action;
  return action == Action::create || action == Action::update || action == Action::replace || action == Action::adopt ||
         action == Action::read || (instance.resource != kNone && instance.needs_record);
}

bool Ordering::has_delete(const InstanceNode& instance) {
  const Action action = instance.action;
  // Made first, what only state knows is written over.
  if (action == Action::replace) return !instance.create_first || instance.type->outside_effect;
  return action == Action::remove || action == Action::forget || (instance.resource == kNone && instance.needs_record);
}

// A blocked one stands where its step would stand, so that what waits for it is blocked too.
bool Ordering::stands(const InstanceNode& instance, const World& world) {
  if (!instance.blocked || instance.change == kNone) return false;
  const Action intended = world.changes[instance.change].intended;
  return mutates(intended) || intended == Action::adopt || intended == Action::read;
}

void Ordering::index_steps() {
  for (const std::uint32_t i : by_address_) {
    const InstanceNode& instance = world_.instances[i];
    const bool blocked = stands(instance, world_);
    const Action intended = blocked ? world_.changes[instance.change].intended : instance.action;
    if (has_forward(instance) || (blocked && intended != Action::remove)) forward_steps_.push_back(i);
    if (has_delete(instance) || (blocked && destroys(intended))) {
      delete_of_[i] = forwards_ + static_cast<Vertex>(delete_steps_.size());
      delete_steps_.push_back(i);
    }
  }
  for (std::uint32_t d = 0; d < world_.deposed.size(); ++d) deposed_of_[world_.deposed[d].instance].push_back(d);
}

// Instances are numbered as they were expanded, which depends on which server answered first. Here they stand in the
// order of their addresses, so that the same inputs give the same graph.
void Ordering::place_nodes() {
  std::vector<std::uint32_t> order(world_.instances.size());
  std::vector<NodeId> slots;
  slots.reserve(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    slots.push_back(world_.instances[i].node);
  }
  std::sort(slots.begin(), slots.end());
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const InstanceNode &one = world_.instances[a], &two = world_.instances[b];
    const auto by_address = one.address <=> two.address;
    return by_address != 0 ? by_address < 0 : one.resource < two.resource;
  });
  place_.resize(forwards_);
  node_at_.resize(forwards_);
  for (NodeId node = 0; node < forwards_; ++node) place_[node] = node;
  for (std::size_t k = 0; k < order.size(); ++k) place_[world_.instances[order[k]].node] = slots[k];
  place_modules();
  for (NodeId node = 0; node < forwards_; ++node) node_at_[place_[node]] = node;
  by_address_ = std::move(order);
}

// Modules are called as their keys become known: their nodes stand in the order of their paths.
void Ordering::place_modules() {
  std::vector<NodeId> slots, in_order;
  for (const auto& [path, scope] : world_.scope_by_path) {
    if (scope == 0) continue;
    const auto& nodes = world_.scopes[scope].nodes;
    in_order.insert(in_order.end(), nodes.begin(), nodes.end());
  }
  slots = in_order;
  std::sort(slots.begin(), slots.end());
  for (std::size_t k = 0; k < slots.size(); ++k) place_[in_order[k]] = slots[k];
}

Digraph Ordering::build() const {
  Digraph graph;
  graph.add_nodes(vertex_count_);
  for (const Edge& e : edges_) graph.add_edge(e.from, e.to);
  return graph;
}

// Drops the soft edges of a class that lie inside a cycle.
void Ordering::give_up(int soft) {
  std::vector<std::uint32_t> component(vertex_count_);
  const auto components = strongly_connected(graph_);
  for (std::uint32_t c = 0; c < components.size(); ++c) {
    for (const Vertex v : components[c]) component[v] = c;
  }
  std::erase_if(edges_, [&](const Edge& e) { return e.soft == soft && component[e.from] == component[e.to]; });
  graph_ = build();
}

bool Ordering::sort() {
  graph_ = build();
  auto result = topological_order(graph_);
  for (const int soft : {kFirstToGo, kSoft}) {
    if (std::holds_alternative<Order>(result)) break;
    give_up(soft);
    result = topological_order(graph_);
  }
  if (const auto* cycle = std::get_if<Cycle>(&result)) {
    report(*cycle);
    return false;
  }
  order_ = std::move(std::get<Order>(result));
  return true;
}

void Ordering::report(const Cycle& cycle) {
  std::string text;
  for (const Vertex v : cycle.path) {
    const std::optional<std::uint32_t> i = instance_at(v);
    if (!i) continue;
    if (!text.empty()) text += " -> ";
    text += (v >= forwards_ ? "delete " : "") + world_.instances[*i].address.str();
  }
  world_.diagnostics->error("the steps of this plan wait for each other: " + text,
                            "apply part of it first, with --target", {});
}

std::optional<std::uint32_t> Ordering::instance_at(Vertex v) const {
  if (v < forwards_) {
    const NodeInfo& info = world_.info[node_at_[v]];
    if (info.kind != NodeKind::instance) return std::nullopt;
    return info.index;
  }
  if (v < deposed_from_) return delete_steps_[v - forwards_];
  return std::nullopt;
}

std::optional<std::uint32_t> Ordering::deposed_at(Vertex v) const {
  if (v < deposed_from_ || v >= sets_from_) return std::nullopt;
  return v - deposed_from_;
}

bool Ordering::is_step(Vertex v) const {
  if (const auto d = deposed_at(v)) return !world_.deposed[*d].blocked;
  const auto i = instance_at(v);
  if (!i || world_.instances[*i].blocked) return false;
  return v < forwards_ ? has_forward(world_.instances[*i]) : has_delete(world_.instances[*i]);
}

// A blocked instance blocks every step that waits for it, and both halves of a replacement at once. What reads
// something that cannot be known in this apply waits for the next one.
void Ordering::block_dependents() {
  std::vector<std::pair<Vertex, const Cause*>> open;
  std::deque<Cause> causes;
  std::vector<bool> seen(vertex_count_, false);
  const auto push = [&](Vertex v, const Cause* cause) {
    if (seen[v]) return;
    seen[v] = true;
    open.emplace_back(v, cause);
  };
  const auto push_instance = [&](std::uint32_t i, const Cause* cause) {
    push(vertex(world_.instances[i].node), cause);
    if (const auto it = delete_of_.find(i); it != delete_of_.end()) push(it->second, cause);
  };
  for (const std::uint32_t i : by_address_) {
    const InstanceNode& instance = world_.instances[i];
    const bool waits = instance.action == Action::deferred && instance.value.any_unknown();
    if (waits || stands(instance, world_))
      push_instance(i, &causes.emplace_back(Cause{instance.address, waits, false}));
  }
  for (std::uint32_t d = 0; d < world_.deposed.size(); ++d) {
    if (!world_.deposed[d].blocked) continue;
    const bool waits = world_.changes[world_.deposed[d].change].action == Action::deferred;
    push(deposed_from_ + d,
         &causes.emplace_back(Cause{world_.instances[world_.deposed[d].instance].address, waits, true}));
  }
  for (const ResourceNode& resource : world_.resources) {
    if (resource.deferred) push(vertex(resource.node), &causes.emplace_back(Cause{resource.address, true, false}));
  }
  for (const CallNode& call : world_.calls) {
    if (call.deferred) push(vertex(call.node), &causes.emplace_back(Cause{call.address, true, false}));
    for (const std::uint32_t s : call.scopes) {
      if (!world_.scopes[s].deferred) continue;
      Address address;
      address.modules = world_.scopes[s].path;
      push(vertex(world_.scopes[s].node), &causes.emplace_back(Cause{std::move(address), true, false}));
    }
  }
  for (std::size_t k = 0; k < open.size(); ++k) {  // breadth first: the nearest cause is named
    const auto [v, cause] = open[k];
    if (const auto d = deposed_at(v); d && !world_.deposed[*d].blocked) block_deposed(world_.deposed[*d], *cause);
    if (const auto i = instance_at(v); i && (cause->deposed || world_.instances[*i].address != cause->address)) {
      InstanceNode& instance = world_.instances[*i];
      const bool steps = v < forwards_ ? has_forward(instance) : has_delete(instance);
      if (steps && !instance.blocked) {
        block_one(instance, *cause);
        push_instance(*i, cause);
      }
    }
    for (const Vertex to : graph_.successors(v)) push(to, cause);
  }
}

namespace {

Error waits_for(const std::string& what, bool deferred, const SourcePos& pos) {
  return deferred
             ? Error{"it waits for " + what + ", which cannot be planned yet", "apply this plan, then plan again", pos}
             : Error{"it waits for " + what + ", which is blocked", "clear that one first", pos};
}

}  // namespace

void Ordering::block_one(InstanceNode& instance, const Cause& cause) {
  instance.blocked = true;
  instance.needs_record = false;
  if (instance.change == kNone) {
    instance.action = Action::no_op;  // only its record was to be written
    return;
  }
  PlannedChange& change = world_.changes[instance.change];
  change.intended = change.action;
  change.action = instance.action = cause.deferred ? Action::deferred : Action::blocked;
  change.blocked =
      waits_for((cause.deposed ? "what was left behind of " : "") + cause.address.str(), cause.deferred, change.pos);
}

void Ordering::block_deposed(DeposedNode& deposed, const Cause& cause) {
  deposed.blocked = true;
  if (deposed.change == kNone) return;
  PlannedChange& change = world_.changes[deposed.change];
  change.intended = Action::remove;
  change.action = cause.deferred ? Action::deferred : Action::blocked;
  change.blocked = waits_for(cause.address.str(), cause.deferred, change.pos);
}

StepKind Ordering::kind_of(const InstanceNode& instance, bool forward) {
  if (!forward) {
    if (instance.action == Action::remove || instance.action == Action::replace) return StepKind::remove;
    return instance.action == Action::forget ? StepKind::forget : StepKind::record;
  }
  switch (instance.action) {
    case Action::create:
    case Action::replace:
      return StepKind::create;
    case Action::update:
      return StepKind::update;
    case Action::adopt:
      return StepKind::adopt;
    case Action::read:
      return StepKind::read;
    default:
      return StepKind::record;
  }
}

Step Ordering::step_of(Vertex v) const {
  Step step;
  const auto d = deposed_at(v);
  const InstanceNode& instance = world_.instances[d ? world_.deposed[*d].instance : *instance_at(v)];
  const std::uint32_t change = d ? world_.deposed[*d].change : instance.change;
  if (change != kNone) step.change = change;
  step.kind = !d ? kind_of(instance, v < forwards_) : change == kNone ? StepKind::record : StepKind::remove;
  step.address = instance.address;
  step.provider = world_.providers[instance.provider].name;
  step.type = instance.type;
  if (d) step.deposed = world_.deposed[*d].object->id;
  step.node = instance.node;
  return step;
}

void Ordering::emit(ExecutionGraph& out) {
  std::vector<Vertex> steps, joins;
  for (const Vertex v : order_) (is_step(v) ? steps : joins).push_back(v);
  std::vector<StepId> id(vertex_count_);
  for (std::size_t k = 0; k < steps.size(); ++k) id[steps[k]] = static_cast<StepId>(k);
  for (std::size_t k = 0; k < joins.size(); ++k) id[joins[k]] = static_cast<StepId>(steps.size() + k);
  out.steps.reserve(steps.size());
  out.joins.resize(joins.size());
  for (const Vertex v : steps) out.steps.push_back(step_of(v));
  for (Vertex v = 0; v < vertex_count_; ++v) {
    for (const Vertex to : graph_.successors(v)) {
      auto& after = id[to] < steps.size() ? out.steps[id[to]].after : out.joins[id[to] - steps.size()];
      after.push_back(id[v]);
    }
  }
  const auto tidy = [](std::vector<StepId>& after) {
    std::sort(after.begin(), after.end());
    after.erase(std::unique(after.begin(), after.end()), after.end());
  };
  for (Step& step : out.steps) tidy(step.after);
  for (auto& join : out.joins) tidy(join);
}

void order_steps(World& world, ExecutionGraph& graph) { Ordering(world).run(graph); }

}  // namespace plumb
