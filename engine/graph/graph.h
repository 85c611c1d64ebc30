// A directed graph by small indices, and what plan and apply ask of it. No recursion anywhere; everything is
// deterministic.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace plumb {

// An edge (from, to) means that `to` waits for `from`. Repeated edges and self-loops may be added.
class Digraph {
 public:
  using Index = std::uint32_t;

  Index add_node();
  void add_nodes(std::size_t count);
  void add_edge(Index from, Index to);
  [[nodiscard]] std::size_t size() const noexcept { return successors_.size(); }
  [[nodiscard]] const std::vector<Index>& successors(Index node) const { return successors_[node]; }

 private:
  std::vector<std::vector<Index>> successors_;
};

using Order = std::vector<Digraph::Index>;
// The shortest one through its smallest node.
struct Cycle {
  std::vector<Digraph::Index> path;  // each waits for the one before, the first for the last
};

// Every node after what it waits for; among the ready ones the smallest index first. O((V + E) log V).
std::variant<Order, Cycle> topological_order(const Digraph& graph);
// Components in reverse topological order; members sorted. Iterative Tarjan, O(V + E).
std::vector<std::vector<Digraph::Index>> strongly_connected(const Digraph& graph);
// What can be reached from `start` along edges (start included), sorted.
std::vector<Digraph::Index> reachable(const Digraph& graph, const std::vector<Digraph::Index>& start);
// The graph with every edge turned round.
Digraph reversed(const Digraph& graph);
// Graphviz text; a repeated edge is drawn once.
std::string to_dot(const Digraph& graph, const std::function<std::string(Digraph::Index)>& label);

}  // namespace plumb
