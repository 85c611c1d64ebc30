#include "engine/plan/worklist.h"

#include <algorithm>
#include <unordered_map>

#include "engine/graph/graph.h"

namespace plumb {

NodeId Worklist::add() {
  nodes_.emplace_back();
  return static_cast<NodeId>(nodes_.size() - 1);
}

void Worklist::request(NodeId node) {
  if (nodes_[node].status == Status::idle) queue(node);
}

void Worklist::queue(NodeId node) {
  Node& n = nodes_[node];
  n.status = Status::queued;
  n.waits.clear();
  n.open = 0;
  ++n.epoch;
  queue_.push_back(node);
}

bool Worklist::need(NodeId on, bool soft) {
  if (nodes_[on].status == Status::done) return true;
  request(on);
  Node& waiter = nodes_[current_];
  waiter.waits.push_back({on, soft});
  ++waiter.open;
  nodes_[on].waiters.push_back({current_, waiter.epoch});
  return false;
}

void Worklist::hold() { nodes_[current_].status = Status::held; }

void Worklist::resume(NodeId node) {
  if (nodes_[node].status == Status::held) queue(node);
}

void Worklist::reset(NodeId node) {
  if (nodes_[node].status == Status::done) nodes_[node].status = Status::idle;
}

void Worklist::finish(NodeId node) {
  nodes_[node].status = Status::done;
  nodes_[node].waits.clear();
  std::vector<Waiter> waiters;
  waiters.swap(nodes_[node].waiters);
  for (const Waiter& waiter : waiters) {
    Node& n = nodes_[waiter.node];
    if (n.epoch != waiter.epoch || n.open == 0) continue;
    if (--n.open == 0 && n.status == Status::waiting) queue(waiter.node);
  }
}

void Worklist::drain(const Callbacks& callbacks) {
  for (;;) {
    while (!queue_.empty()) {
      current_ = queue_.front();
      queue_.pop_front();
      nodes_[current_].status = Status::running;
      const NodeId running = current_;
      if (callbacks.run(running)) {
        finish(running);
        continue;
      }
      Node& n = nodes_[running];
      if (n.status == Status::held) continue;
      n.status = Status::waiting;
      if (n.open == 0) {
        queue(running);  // what it asked for got done meanwhile
      } else {
        stalled_.push_back(running);
      }
    }
    if (callbacks.idle()) continue;
    if (!break_stall(callbacks)) return;
  }
}

// Nothing runs and nothing is outside, yet nodes wait: there are cycles. Soft demands inside them are given up, all at
// once; when there are none, one cycle of hard demands is reported.
bool Worklist::break_stall(const Callbacks& callbacks) {
  std::sort(stalled_.begin(), stalled_.end());
  stalled_.erase(std::unique(stalled_.begin(), stalled_.end()), stalled_.end());
  std::erase_if(stalled_, [&](NodeId node) { return nodes_[node].status != Status::waiting; });
  if (stalled_.empty()) return false;

  std::unordered_map<NodeId, std::uint32_t> local;
  local.reserve(stalled_.size());
  Digraph waits;
  for (const NodeId node : stalled_) local.emplace(node, waits.add_node());
  for (const NodeId node : stalled_) {
    for (const Wait& wait : nodes_[node].waits) {
      if (const auto it = local.find(wait.on); it != local.end()) waits.add_edge(local.at(node), it->second);
    }
  }
  const auto components = strongly_connected(waits);
  std::vector<std::uint32_t> component_of(stalled_.size());
  for (std::uint32_t c = 0; c < components.size(); ++c) {
    for (const std::uint32_t member : components[c]) component_of[member] = c;
  }

  bool released = false;
  for (const NodeId node : stalled_) {
    const std::uint32_t mine = local.at(node);
    const bool soft = std::any_of(nodes_[node].waits.begin(), nodes_[node].waits.end(), [&](const Wait& wait) {
      const auto it = local.find(wait.on);
      return wait.soft && it != local.end() && component_of[it->second] == component_of[mine];
    });
    if (!soft) continue;
    nodes_[node].hints_off = true;
    queue(node);
    released = true;
  }
  if (released) return true;

  // Follow hard waits inside one component until a node repeats.
  for (const NodeId start : stalled_) {
    std::vector<NodeId> path;
    std::unordered_map<NodeId, std::size_t> seen;
    NodeId at = start;
    while (!seen.contains(at)) {
      seen.emplace(at, path.size());
      path.push_back(at);
      const auto next = std::find_if(nodes_[at].waits.begin(), nodes_[at].waits.end(), [&](const Wait& wait) {
        const auto it = local.find(wait.on);
        return it != local.end() && component_of[it->second] == component_of[local.at(at)];
      });
      if (next == nodes_[at].waits.end()) break;
      at = next->on;
    }
    if (!seen.contains(at) || (path.size() == 1 && at != path[0])) continue;
    const bool closed = std::any_of(nodes_[path.back()].waits.begin(), nodes_[path.back()].waits.end(),
                                    [&](const Wait& wait) { return wait.on == at; });
    if (!closed) continue;
    const std::vector<NodeId> cycle(path.begin() + static_cast<std::ptrdiff_t>(seen.at(at)), path.end());
    callbacks.cycle(cycle);
    // All of them first, so that none wakes another.
    for (const NodeId node : cycle) nodes_[node].status = Status::done;
    for (const NodeId node : cycle) finish(node);
    return true;
  }
  return false;
}

}  // namespace plumb
