// Order: steps and edges, fixed in plan (the rules are in engine/DESIGN.md, "Order").
//
// Vertices: one forward vertex a node (its create or update, or nothing), one delete vertex an instance that loses its
// object, and two vertices a recorded dependency set, which gather "everybody who depended on this". All linear in what
// is there.
#include <algorithm>
#include <deque>

#include "engine/graph/graph.h"
#include "engine/plan/settle.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

using Vertex = Digraph::Index;

class Ordering {
 public:
  explicit Ordering(World& world) : world_(world), forwards_(static_cast<Vertex>(world.info.size())) {}

  void run(ExecutionGraph& out) {
    place_nodes();
    index_steps();
    if (forward_steps_.empty() && delete_steps_.empty()) return;
    index_records();
    add_edges();
    if (!sort()) return;
    block_dependents();
    emit(out);
  }

 private:
  struct Edge {
    Vertex from, to;
    // Not 0: given up when it would close a cycle, those of class 1 before those of class 2.
    int soft;
  };
  static constexpr int kFirstToGo = 1, kSoft = 2;

  static bool has_forward(const InstanceNode& instance) {
    const Action action = instance.action;
    return action == Action::create || action == Action::update || action == Action::replace ||
           action == Action::adopt || action == Action::read || (instance.resource != kNone && instance.needs_record);
  }
  static bool has_delete(const InstanceNode& instance) {
    const Action action = instance.action;
    return action == Action::replace || action == Action::remove || action == Action::forget ||
           (instance.resource == kNone && instance.needs_record);
  }
  // A blocked one stands where its step would stand, so that what waits for it is blocked too.
  static bool stands(const InstanceNode& instance, const World& world) {
    if (!instance.blocked || instance.change == kNone) return false;
    const Action intended = world.changes[instance.change].intended;
    return mutates(intended) || intended == Action::adopt || intended == Action::read;
  }

  void index_steps() {
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
  }

  void index_records() {
    for (const auto& [record, instance] : world_.records_seen) by_uid_.emplace(record->uid, instance);
    sets_from_ = forwards_ + static_cast<Vertex>(delete_steps_.size());
    const auto& sets = world_.in.state->sets;
    vertex_count_ = sets_from_ + (delete_steps_.empty() ? 0 : 2 * static_cast<Vertex>(sets.size()));
  }

  Vertex set_delete(SetId set) const { return sets_from_ + 2 * set; }
  Vertex set_all(SetId set) const { return sets_from_ + 2 * set + 1; }

  // Instances are numbered as they were expanded, which depends on which server answered first. Here they stand in the
  // order of their addresses, so that the same inputs give the same graph.
  void place_nodes() {
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
  void place_modules() {
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

  // Nodes are given by their id, other vertices as they are.
  Vertex vertex(Vertex v) const { return v < forwards_ ? place_[v] : v; }
  void edge(Vertex from, Vertex to, int soft = 0) { edges_.push_back({vertex(from), vertex(to), soft}); }

  void add_edges() {
    // (a) and (c): a node follows what it reads; nodes without a step pass edges through.
    for (NodeId node = 0; node < world_.info.size(); ++node) {
      for (const NodeId read : world_.info[node].reads) {
        if (read != node) edge(read, node);
      }
    }
    for (const std::uint32_t i : delete_steps_) {
      const InstanceNode& instance = world_.instances[i];
      if (instance.action == Action::replace) edge(delete_of_.at(i), instance.node);
      // (f): a delete follows the updates of what its provider instance's configuration reads.
      edge(world_.providers[instance.provider].node, delete_of_.at(i), kSoft);
    }
    for (const InstanceNode& instance : world_.instances) {
      if (instance.waits_for == nullptr) continue;
      const auto holder = by_uid_.find(instance.waits_for->uid);
      if (holder == by_uid_.end() || !delete_of_.contains(holder->second)) continue;
      edge(delete_of_.at(holder->second), instance.node);
    }
    if (!delete_steps_.empty()) add_delete_edges();
  }

  // What state knows of an instance, told once: in a destroy the desired instance and the record's share it.
  const InstanceRecord* record_at(std::uint32_t i) const {
    const InstanceRecord* record = world_.instances[i].record;
    if (record == nullptr) return nullptr;
    const auto seen = world_.records_seen.find(record);
    return seen != world_.records_seen.end() && seen->second == i ? record : nullptr;
  }

  // (b): X's delete follows the delete half of every instance whose recorded dependencies hold X, and the update of
  // those that no longer read it. What is replaced may still be read; what is deleted cannot be.
  void add_delete_edges() {
    // Also what was imported, and has no recorded dependencies yet: a container goes after what is inside.
    for (const std::uint32_t i : delete_steps_) {
      for (const std::uint32_t container : recorded_containers(world_, world_.instances[i])) {
        const auto gone = delete_of_.find(container);
        if (gone != delete_of_.end() && container != i) edge(delete_of_.at(i), gone->second);
      }
    }
    const auto& sets = world_.in.state->sets;
    for (const std::uint32_t i : by_address_) {
      const InstanceNode& instance = world_.instances[i];
      const InstanceRecord* record = record_at(i);
      if (record == nullptr) continue;
      const SetId set = record->dependencies;
      if (set == 0 || set >= sets.size()) continue;
      if (const auto it = delete_of_.find(i); it != delete_of_.end()) {
        edge(it->second, set_delete(set));
        edge(it->second, set_all(set));
      }
      if (instance.resource != kNone) edge(instance.node, set_all(set), kFirstToGo);
    }
    for (SetId set = 0; set < sets.size(); ++set) {
      for (const SetId include : sets.includes(set)) {
        edge(set_delete(set), set_delete(include));
        edge(set_all(set), set_all(include));
      }
      for (const std::uint32_t member : sets.members(set)) {
        const auto it = by_uid_.find(world_.in.state->uids.uid(member));
        if (it == by_uid_.end()) continue;
        const auto gone = delete_of_.find(it->second);
        if (gone == delete_of_.end()) continue;
        const bool replaced = world_.instances[it->second].resource != kNone;
        // Who still reads a replaced one follows its create: then the edge into set_all is given up.
        edge(set_all(set), gone->second);
        if (replaced) note_movers(set, it->second);
      }
    }
    add_movers();
  }

  // Instances that read a replaced X before, and do not any more, step before X's delete.
  void note_movers(SetId set, std::uint32_t replaced) { replaced_in_[set].push_back(replaced); }

  void add_movers() {
    if (replaced_in_.empty()) return;
    for (const std::uint32_t i : by_address_) {
      const InstanceNode& instance = world_.instances[i];
      const InstanceRecord* record = record_at(i);
      if (record == nullptr) continue;
      if (instance.action != Action::update) continue;
      const auto it = replaced_in_.find(record->dependencies);
      if (it == replaced_in_.end()) continue;
      const auto& reads = world_.info[instance.node].reads;
      for (const std::uint32_t gone : it->second) {
        const bool still = std::find(reads.begin(), reads.end(), world_.instances[gone].node) != reads.end();
        if (!still) edge(instance.node, delete_of_.at(gone), kSoft);
      }
    }
  }

  Digraph build() const {
    Digraph graph;
    graph.add_nodes(vertex_count_);
    for (const Edge& e : edges_) graph.add_edge(e.from, e.to);
    return graph;
  }

  // Drops the soft edges of a class that lie inside a cycle.
  void give_up(int soft) {
    std::vector<std::uint32_t> component(vertex_count_);
    const auto components = strongly_connected(graph_);
    for (std::uint32_t c = 0; c < components.size(); ++c) {
      for (const Vertex v : components[c]) component[v] = c;
    }
    std::erase_if(edges_, [&](const Edge& e) { return e.soft == soft && component[e.from] == component[e.to]; });
    graph_ = build();
  }

  bool sort() {
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

  void report(const Cycle& cycle) {
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

  std::optional<std::uint32_t> instance_at(Vertex v) const {
    if (v < forwards_) {
      const NodeInfo& info = world_.info[node_at_[v]];
      if (info.kind != NodeKind::instance) return std::nullopt;
      return info.index;
    }
    if (v < sets_from_) return delete_steps_[v - forwards_];
    return std::nullopt;
  }

  // What stands in the way of others.
  struct Cause {
    Address address;
    bool deferred = false;
  };

  // A blocked instance blocks every step that waits for it, and both halves of a replacement at once. What reads
  // something that cannot be known in this apply waits for the next one.
  void block_dependents() {
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
      if (waits || stands(instance, world_)) push_instance(i, &causes.emplace_back(Cause{instance.address, waits}));
    }
    for (const ResourceNode& resource : world_.resources) {
      if (resource.deferred) push(vertex(resource.node), &causes.emplace_back(Cause{resource.address, true}));
    }
    for (const CallNode& call : world_.calls) {
      if (call.deferred) push(vertex(call.node), &causes.emplace_back(Cause{call.address, true}));
      for (const std::uint32_t s : call.scopes) {
        if (!world_.scopes[s].deferred) continue;
        Address address;
        address.modules = world_.scopes[s].path;
        push(vertex(world_.scopes[s].node), &causes.emplace_back(Cause{std::move(address), true}));
      }
    }
    for (std::size_t k = 0; k < open.size(); ++k) {  // breadth first: the nearest cause is named
      const auto [v, cause] = open[k];
      if (const auto i = instance_at(v); i && world_.instances[*i].address != cause->address) {
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

  void block_one(InstanceNode& instance, const Cause& cause) {
    instance.blocked = true;
    instance.needs_record = false;
    if (instance.change == kNone) {
      instance.action = Action::no_op;  // only its record was to be written
      return;
    }
    PlannedChange& change = world_.changes[instance.change];
    change.intended = change.action;
    change.action = instance.action = cause.deferred ? Action::deferred : Action::blocked;
    change.blocked = cause.deferred ? Error{"it waits for " + cause.address.str() + ", which cannot be planned yet",
                                            "apply this plan, then plan again", change.pos}
                                    : Error{"it waits for " + cause.address.str() + ", which is blocked",
                                            "clear that one first", change.pos};
  }

  static StepKind kind_of(const InstanceNode& instance, bool forward) {
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

  void emit(ExecutionGraph& out) {
    std::vector<Vertex> steps, joins;
    for (const Vertex v : order_) {
      const std::optional<std::uint32_t> i = instance_at(v);
      const bool forward = v < forwards_;
      const bool step = i && !world_.instances[*i].blocked &&
                        (forward ? has_forward(world_.instances[*i]) : has_delete(world_.instances[*i]));
      (step ? steps : joins).push_back(v);
    }
    std::vector<StepId> id(vertex_count_);
    for (std::size_t k = 0; k < steps.size(); ++k) id[steps[k]] = static_cast<StepId>(k);
    for (std::size_t k = 0; k < joins.size(); ++k) id[joins[k]] = static_cast<StepId>(steps.size() + k);
    out.steps.resize(steps.size());
    out.joins.resize(joins.size());
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const InstanceNode& instance = world_.instances[*instance_at(steps[k])];
      Step& step = out.steps[k];
      step.kind = kind_of(instance, steps[k] < forwards_);
      if (instance.change != kNone) step.change = instance.change;
      step.address = instance.address;
      step.provider = world_.providers[instance.provider].name;
      step.type = instance.type;
      step.node = instance.node;
    }
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

  World& world_;
  Vertex forwards_;
  Vertex sets_from_ = 0, vertex_count_ = 0;
  std::vector<Vertex> place_;              // by node
  std::vector<NodeId> node_at_;            // the reverse
  std::vector<std::uint32_t> by_address_;  // instances
  std::vector<std::uint32_t> forward_steps_, delete_steps_;
  std::unordered_map<std::uint32_t, Vertex> delete_of_;
  std::unordered_map<std::string, std::uint32_t> by_uid_;
  std::unordered_map<SetId, std::vector<std::uint32_t>> replaced_in_;
  std::vector<Edge> edges_;
  Digraph graph_;
  Order order_;
};

}  // namespace

void order_steps(World& world, ExecutionGraph& graph) { Ordering(world).run(graph); }

}  // namespace plumb
