#include "engine/graph/graph.h"

#include <algorithm>
#include <queue>

namespace plumb {

Digraph::Index Digraph::add_node() {
  successors_.emplace_back();
  return static_cast<Index>(successors_.size() - 1);
}

void Digraph::add_nodes(std::size_t count) { successors_.resize(successors_.size() + count); }

void Digraph::add_edge(Index from, Index to) { successors_[from].push_back(to); }

namespace {

// The shortest cycle through a node that lies on one, staying among open nodes: breadth first until it comes back.
Cycle shortest_cycle(const Digraph& graph, const std::vector<std::uint32_t>& open, Digraph::Index start) {
  std::vector<Digraph::Index> queue{start};
  std::vector<Digraph::Index> from(graph.size(), start);
  std::vector<bool> seen(graph.size(), false);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const Digraph::Index next : graph.successors(queue[i])) {
      if (next == start) {
        Cycle cycle;
        for (Digraph::Index at = queue[i]; at != start; at = from[at]) cycle.path.push_back(at);
        cycle.path.push_back(start);
        std::reverse(cycle.path.begin(), cycle.path.end());
        return cycle;
      }
      if (open[next] == 0 || seen[next]) continue;
      seen[next] = true;
      from[next] = queue[i];
      queue.push_back(next);
    }
  }
  return Cycle{{start}};
}

// One cycle among the nodes that never became ready: walk backwards along waits until a node repeats.
Cycle find_cycle(const Digraph& graph, const std::vector<std::uint32_t>& open) {
  const Digraph back = reversed(graph);
  Digraph::Index at = 0;
  while (open[at] == 0) ++at;
  std::vector<std::size_t> seen(graph.size(), 0);  // position + 1 in the walk
  std::vector<Digraph::Index> walk;
  while (seen[at] == 0) {
    walk.push_back(at);
    seen[at] = walk.size();
    Digraph::Index next = at;
    bool found = false;
    for (const Digraph::Index before : back.successors(at)) {
      if (open[before] > 0 && (!found || before < next)) {
        next = before;
        found = true;
      }
    }
    at = next;
  }
  return shortest_cycle(graph, open,
                        *std::min_element(walk.begin() + static_cast<std::ptrdiff_t>(seen[at] - 1), walk.end()));
}

}  // namespace

std::variant<Order, Cycle> topological_order(const Digraph& graph) {
  std::vector<std::uint32_t> open(graph.size(), 0);
  for (Digraph::Index node = 0; node < graph.size(); ++node) {
    for (const Digraph::Index next : graph.successors(node)) ++open[next];
  }
  std::priority_queue<Digraph::Index, std::vector<Digraph::Index>, std::greater<>> ready;
  for (Digraph::Index node = 0; node < graph.size(); ++node) {
    if (open[node] == 0) ready.push(node);
  }
  Order order;
  order.reserve(graph.size());
  while (!ready.empty()) {
    const Digraph::Index node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const Digraph::Index next : graph.successors(node)) {
      if (--open[next] == 0) ready.push(next);
    }
  }
  if (order.size() == graph.size()) return order;
  return find_cycle(graph, open);
}

std::vector<std::vector<Digraph::Index>> strongly_connected(const Digraph& graph) {
  struct Frame {
    Digraph::Index node;
    std::size_t next;
  };
  constexpr std::uint32_t kUnseen = 0;
  std::vector<std::uint32_t> number(graph.size(), kUnseen), low(graph.size(), 0);
  std::vector<bool> on_stack(graph.size(), false);
  std::vector<Digraph::Index> stack;
  std::vector<Frame> frames;
  std::vector<std::vector<Digraph::Index>> components;
  std::uint32_t counter = 0;
  const auto enter = [&](Digraph::Index node) {
    number[node] = low[node] = ++counter;
    stack.push_back(node);
    on_stack[node] = true;
    frames.push_back({node, 0});
  };
  for (Digraph::Index root = 0; root < graph.size(); ++root) {
    if (number[root] != kUnseen) continue;
    enter(root);
    while (!frames.empty()) {
      const Digraph::Index node = frames.back().node;
      if (frames.back().next < graph.successors(node).size()) {
        const Digraph::Index to = graph.successors(node)[frames.back().next++];
        if (number[to] == kUnseen) {
          enter(to);
        } else if (on_stack[to]) {
          low[node] = std::min(low[node], number[to]);
        }
        continue;
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().node] = std::min(low[frames.back().node], low[node]);
      if (low[node] != number[node]) continue;
      std::vector<Digraph::Index> component;
      Digraph::Index member = 0;
      do {
        member = stack.back();
        stack.pop_back();
        on_stack[member] = false;
        component.push_back(member);
      } while (member != node);
      std::sort(component.begin(), component.end());
      components.push_back(std::move(component));
    }
  }
  return components;
}

std::vector<Digraph::Index> reachable(const Digraph& graph, const std::vector<Digraph::Index>& start) {
  std::vector<bool> seen(graph.size(), false);
  std::vector<Digraph::Index> open;
  for (const Digraph::Index node : start) {
    if (!seen[node]) {
      seen[node] = true;
      open.push_back(node);
    }
  }
  while (!open.empty()) {
    const Digraph::Index node = open.back();
    open.pop_back();
    for (const Digraph::Index next : graph.successors(node)) {
      if (seen[next]) continue;
      seen[next] = true;
      open.push_back(next);
    }
  }
  std::vector<Digraph::Index> out;
  for (Digraph::Index node = 0; node < graph.size(); ++node) {
    if (seen[node]) out.push_back(node);
  }
  return out;
}

Digraph reversed(const Digraph& graph) {
  Digraph out;
  out.add_nodes(graph.size());
  for (Digraph::Index node = 0; node < graph.size(); ++node) {
    for (const Digraph::Index next : graph.successors(node)) out.add_edge(next, node);
  }
  return out;
}

std::string to_dot(const Digraph& graph, const std::function<std::string(Digraph::Index)>& label) {
  const auto name = [](Digraph::Index node) { return "n" + std::to_string(node); };
  const auto quote = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return out + '"';
  };
  std::string out = "digraph {\n";
  for (Digraph::Index node = 0; node < graph.size(); ++node) {
    out += "  " + name(node) + " [label=" + quote(label(node)) + "];\n";
  }
  for (Digraph::Index node = 0; node < graph.size(); ++node) {
    std::vector<Digraph::Index> next = graph.successors(node);
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    for (const Digraph::Index to : next) out += "  " + name(node) + " -> " + name(to) + ";\n";
  }
  return out + "}\n";
}

}  // namespace plumb
