// Ordering: the vertices and edges behind the steps of a plan. Internal to plan/; order.cc and order_edges.cc.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/plan/world.h"

namespace plumb {

// Vertices: one forward vertex a node (its create or update, or nothing), one delete vertex an instance that loses its
// object, one for each deposed object, and three a recorded dependency set, which gather "everybody who depended on
// this": their deletes, all of them as far as that closes no cycle, and their forward steps. All linear in what is
// there.
class Ordering {
 public:
  explicit Ordering(World& world) : world_(world), forwards_(static_cast<Vertex>(world.info.size())) {}

  void run(ExecutionGraph& out);

 private:
  using Vertex = Digraph::Index;

  struct Edge {
    Vertex from, to;
    // Not 0: given up when it would close a cycle, those of class 1 before those of class 2.
    int soft;
  };
  static constexpr int kFirstToGo = 1, kSoft = 2;

  // What stands in the way of others.
  struct Cause {
    Address address;
    bool deferred = false;
    bool deposed = false;  // what the instance left behind, not the instance itself
  };

  // order.cc
  static bool has_forward(const InstanceNode& instance);
  static bool has_delete(const InstanceNode& instance);
  static bool stands(const InstanceNode& instance, const World& world);
  static StepKind kind_of(const InstanceNode& instance, bool forward);
  void index_steps();
  void place_nodes();
  void place_modules();
  [[nodiscard]] Digraph build() const;
  void give_up(int soft);
  bool sort();
  void report(const Cycle& cycle);
  [[nodiscard]] std::optional<std::uint32_t> instance_at(Vertex v) const;
  [[nodiscard]] std::optional<std::uint32_t> deposed_at(Vertex v) const;
  [[nodiscard]] bool is_step(Vertex v) const;
  void block_dependents();
  void block_one(InstanceNode& instance, const Cause& cause);
  void block_deposed(DeposedNode& deposed, const Cause& cause);
  [[nodiscard]] Step step_of(Vertex v) const;
  void emit(ExecutionGraph& out);

  // order_edges.cc
  void index_records();
  // Nodes are given by their id, other vertices as they are.
  [[nodiscard]] Vertex vertex(Vertex v) const { return v < forwards_ ? place_[v] : v; }
  void edge(Vertex from, Vertex to, int soft = 0) { edges_.push_back({vertex(from), vertex(to), soft}); }
  [[nodiscard]] Vertex set_delete(SetId set) const { return sets_from_ + 3 * set; }
  [[nodiscard]] Vertex set_all(SetId set) const { return sets_from_ + 3 * set + 1; }
  [[nodiscard]] Vertex set_forward(SetId set) const { return sets_from_ + 3 * set + 2; }
  void add_edges();
  [[nodiscard]] const InstanceRecord* record_at(std::uint32_t i) const;
  void add_delete_edges();
  void add_instance_set_edges(std::uint32_t i);
  void add_member_edges(SetId set, std::uint32_t member);
  void note_movers(SetId set, std::uint32_t replaced);
  void add_movers();
  void add_reader_edges();
  void add_deposed_edges();

  World& world_;
  Vertex forwards_;
  Vertex deposed_from_ = 0, sets_from_ = 0, vertex_count_ = 0;
  bool gathers_ = false;                   // something is deleted only when its readers have moved on
  std::vector<Vertex> place_;              // by node
  std::vector<NodeId> node_at_;            // the reverse
  std::vector<std::uint32_t> by_address_;  // instances
  std::vector<std::uint32_t> forward_steps_, delete_steps_;
  std::unordered_map<std::uint32_t, Vertex> delete_of_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> deposed_of_;  // instance -> World::deposed
  std::unordered_map<std::string, std::uint32_t> by_uid_;
  std::unordered_map<SetId, std::vector<std::uint32_t>> replaced_in_;
  std::vector<Edge> edges_;
  Digraph graph_;
  Order order_;
};

}  // namespace plumb
