#include "engine/graph/graph.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

using plumb::Cycle;
using plumb::Digraph;
using plumb::Order;
using plumb::topological_order;
using Indices = std::vector<Digraph::Index>;

namespace {

Digraph graph_of(std::size_t nodes, const std::vector<std::pair<Digraph::Index, Digraph::Index>>& edges) {
  Digraph graph;
  graph.add_nodes(nodes);
  for (const auto& [from, to] : edges) graph.add_edge(from, to);
  return graph;
}

Indices order_of(const Digraph& graph) {
  const auto result = topological_order(graph);
  REQUIRE(std::holds_alternative<Order>(result));
  return std::get<Order>(result);
}

Indices cycle_of(const Digraph& graph) {
  const auto result = topological_order(graph);
  REQUIRE(std::holds_alternative<Cycle>(result));
  return std::get<Cycle>(result).path;
}

bool has_edge(const Digraph& graph, Digraph::Index from, Digraph::Index to) {
  const auto& next = graph.successors(from);
  return std::find(next.begin(), next.end(), to) != next.end();
}

// What the rules say, written as plainly as can be.
Indices slow_order(const Digraph& graph) {
  std::set<Digraph::Index> left;
  for (Digraph::Index node = 0; node < graph.size(); ++node) left.insert(node);
  Indices order;
  while (!left.empty()) {
    const auto ready = std::find_if(left.begin(), left.end(), [&](Digraph::Index node) {
      return std::none_of(left.begin(), left.end(), [&](Digraph::Index from) { return has_edge(graph, from, node); });
    });
    if (ready == left.end()) return {};
    order.push_back(*ready);
    left.erase(ready);
  }
  return order;
}

}  // namespace

TEST_CASE("the smallest ready index comes first") {
  CHECK(order_of(graph_of(0, {})).empty());
  CHECK(order_of(graph_of(3, {})) == Indices{0, 1, 2});
  CHECK(order_of(graph_of(4, {{3, 0}, {2, 1}})) == Indices{2, 1, 3, 0});
}

TEST_CASE("a repeated edge counts once") { CHECK(order_of(graph_of(2, {{1, 0}, {1, 0}, {1, 0}})) == Indices{1, 0}); }

TEST_CASE("order and cycle agree with the plain rule on random graphs") {
  std::mt19937 random(7);
  int cyclic = 0;
  for (int round = 0; round < 300; ++round) {
    const std::size_t nodes = 1 + random() % 9;
    Digraph graph;
    graph.add_nodes(nodes);
    for (std::size_t i = random() % 12; i > 0; --i) {
      graph.add_edge(static_cast<Digraph::Index>(random() % nodes), static_cast<Digraph::Index>(random() % nodes));
    }
    const Indices expected = slow_order(graph);
    if (!expected.empty()) {
      CHECK(order_of(graph) == expected);
      continue;
    }
    ++cyclic;
    const Indices cycle = cycle_of(graph);
    CHECK(std::set<Digraph::Index>(cycle.begin(), cycle.end()).size() == cycle.size());
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      CHECK(has_edge(graph, cycle[i], cycle[(i + 1) % cycle.size()]));
    }
    CHECK(cycle == cycle_of(graph));
  }
  CHECK(cyclic > 20);
  CHECK(cyclic < 280);
}

TEST_CASE("a cycle is short and begins at its smallest node") {
  CHECK(cycle_of(graph_of(1, {{0, 0}})) == Indices{0});
  CHECK(cycle_of(graph_of(4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}})) == Indices{0, 1, 2, 3});
  // The long way round is not told when there is a short one.
  CHECK(cycle_of(graph_of(4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {1, 0}})) == Indices{0, 1});
  // What only hangs behind the cycle is not part of it.
  CHECK(cycle_of(graph_of(4, {{1, 0}, {3, 1}, {1, 3}, {0, 2}})) == Indices{1, 3});
}

TEST_CASE("a long chain and a long cycle need no stack") {
  constexpr Digraph::Index kLong = 300'000;
  Digraph graph;
  graph.add_nodes(kLong);
  for (Digraph::Index node = 0; node + 1 < kLong; ++node) graph.add_edge(node, node + 1);
  CHECK(order_of(graph).size() == kLong);
  CHECK(plumb::strongly_connected(graph).size() == kLong);
  CHECK(plumb::reachable(graph, {kLong / 2}).size() == kLong / 2);
  graph.add_edge(kLong - 1, 0);
  CHECK(cycle_of(graph).size() == kLong);
  CHECK(plumb::strongly_connected(graph).size() == 1);
}

TEST_CASE("components come in reverse order, their members sorted") {
  const Digraph graph = graph_of(6, {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {4, 4}});
  CHECK(plumb::strongly_connected(graph) == std::vector<Indices>{{3}, {1, 2}, {0}, {4}, {5}});
}

TEST_CASE("components are the nodes that reach each other") {
  std::mt19937 random(11);
  for (int round = 0; round < 100; ++round) {
    const std::size_t nodes = 1 + random() % 8;
    Digraph graph;
    graph.add_nodes(nodes);
    for (std::size_t i = random() % 14; i > 0; --i) {
      graph.add_edge(static_cast<Digraph::Index>(random() % nodes), static_cast<Digraph::Index>(random() % nodes));
    }
    std::vector<std::size_t> component(nodes, nodes);
    const auto components = plumb::strongly_connected(graph);
    for (std::size_t i = 0; i < components.size(); ++i) {
      for (const Digraph::Index node : components[i]) component[node] = i;
    }
    const auto reaches = [&](Digraph::Index from, Digraph::Index to) {
      const Indices all = plumb::reachable(graph, {from});
      return std::binary_search(all.begin(), all.end(), to);
    };
    for (Digraph::Index a = 0; a < nodes; ++a) {
      for (Digraph::Index b = 0; b < nodes; ++b) {
        CHECK((component[a] == component[b]) == (reaches(a, b) && reaches(b, a)));
        if (reaches(a, b)) CHECK(component[b] <= component[a]);
      }
    }
  }
}

TEST_CASE("reachable goes along edges, and back in the reversed graph") {
  const Digraph graph = graph_of(5, {{0, 1}, {1, 2}, {3, 2}});
  CHECK(plumb::reachable(graph, {}).empty());
  CHECK(plumb::reachable(graph, {1}) == Indices{1, 2});
  CHECK(plumb::reachable(graph, {4, 3, 3}) == Indices{2, 3, 4});
  CHECK(plumb::reachable(plumb::reversed(graph), {2}) == Indices{0, 1, 2, 3});
}

TEST_CASE("dot text escapes labels, draws an edge once and keeps equal labels apart") {
  const Digraph graph = graph_of(3, {{0, 1}, {0, 1}});
  const auto label = [](Digraph::Index node) {
    return node == 0 ? std::string("a[\"x\\y\"]\nb") : std::string("same");
  };
  CHECK(plumb::to_dot(graph, label) ==
        "digraph {\n"
        "  n0 [label=\"a[\\\"x\\\\y\\\"]\\nb\"];\n"
        "  n1 [label=\"same\"];\n"
        "  n2 [label=\"same\"];\n"
        "  n0 -> n1;\n"
        "}\n");
}
