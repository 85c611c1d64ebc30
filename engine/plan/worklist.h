// The work-list: nodes that are run when somebody asks for them, and run again once what they asked for is there.
//
// Everything is on the heap: a chain of 100,000 nodes needs no deeper stack than one. Cost is linear in nodes and
// demands. A demand is hard (a real read) or soft (a hint: it orders work, but does not close a cycle). One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace plumb {

using NodeId = std::uint32_t;

class Worklist {
 public:
  struct Callbacks {
    // Runs a node. True: it is done. False: it has called need() or hold() and wants to run again.
    std::function<bool(NodeId)> run;
    // Nothing can run: start what was put off, or wait for outside work. False: there is none.
    std::function<bool()> idle;
    // A cycle of hard demands, each waiting for the next. The nodes are done afterwards; the callback marks them
    // failed.
    std::function<void(const std::vector<NodeId>&)> cycle;
  };

  NodeId add();
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  // Queues a node that nobody has asked for yet.
  void request(NodeId node);
  [[nodiscard]] bool done(NodeId node) const noexcept { return nodes_[node].status == Status::done; }

  // Within run(): the running node needs `on`. True when it is done; else the running node will wait for it.
  bool need(NodeId on, bool soft);
  // Within run(): the running node waits for something outside; resume() queues it again.
  void hold();
  void resume(NodeId node);
  // Hints were given up for this node, because they closed a cycle.
  [[nodiscard]] bool hints_off(NodeId node) const noexcept { return nodes_[node].hints_off; }
  // A node that has come further asks for other hints, which may be had.
  void allow_hints(NodeId node) noexcept { nodes_[node].hints_off = false; }
  // A done node may be asked for again: apply learns what plan could not know.
  void reset(NodeId node);

  // Runs until nothing is left.
  void drain(const Callbacks& callbacks);

 private:
  enum class Status : std::uint8_t { idle, queued, running, waiting, held, done };
  struct Waiter {
    NodeId node;
    std::uint32_t epoch;  // a waiter that has moved on is left alone
  };
  struct Wait {
    NodeId on;
    bool soft;
  };
  struct Node {
    Status status = Status::idle;
    bool hints_off = false;
    std::uint32_t epoch = 0;
    std::uint32_t open = 0;
    std::vector<Wait> waits;
    std::vector<Waiter> waiters;
  };

  void queue(NodeId node);
  void finish(NodeId node);
  bool break_stall(const Callbacks& callbacks);

  std::vector<Node> nodes_;
  std::deque<NodeId> queue_;
  std::vector<NodeId> stalled_;  // nodes that have waited since the last stall; some may be done by now
  NodeId current_ = 0;
};

}  // namespace plumb
