// `moved` blocks: records take their new addresses before anything looks at state. Apply journals the moves first.
#include <algorithm>
#include <set>

#include "engine/config/module_source.h"
#include "engine/plan/world.h"

namespace plumb {

namespace {

// A move as a stack's address means it; `any_call` patterns stand for all calls of a module.
struct Move {
  Address from, to;
  SourcePos pos{};
};

// What `to` gives for an address that `from` covers.
Address moved_address(const Move& move, const Address& address) {
  Address out = address;
  if (move.from.is_module()) {
    const std::size_t depth = move.from.modules.size();
    std::vector<ModuleStep> path = move.to.modules;
    // `module.a` to `module.b` keeps the keys of the calls.
    if (!move.from.modules.back().key && !move.to.modules.back().key) path.back().key = address.modules[depth - 1].key;
    path.insert(path.end(), address.modules.begin() + static_cast<std::ptrdiff_t>(depth), address.modules.end());
    out.modules = std::move(path);
    return out;
  }
  out.modules = move.to.modules;
  out.name = move.to.name;
  if (move.from.key || move.to.key) out.key = move.to.key;
  return out;
}

// A resource without a key that moves to one, or back: its only instance.
bool applies(const Move& move, const Address& address) {
  if (!move.from.covers(address)) return false;
  if (move.from.is_module()) {
    const std::size_t depth = move.from.modules.size();
    const bool keyed = address.modules[depth - 1].key.has_value();
    // `module.a` to `module.b["x"]` means the call without a key.
    return move.from.modules.back().key || !move.to.modules.back().key || !keyed;
  }
  return move.from.key || !move.to.key || !address.key;
}

// The moves that a module's document says, for every call of it that state holds something of.
void add_module_moves(const World& world, const Document& document, const std::vector<std::string>& names,
                      std::vector<Move>& out) {
  std::vector<std::vector<ModuleStep>> paths;
  if (names.empty()) {
    paths.emplace_back();
  } else if (!document.moved.empty()) {
    for (const auto& [address, record] : world.in.state->instances) {
      if (address.modules.size() < names.size()) continue;
      const auto same = [](const ModuleStep& step, const std::string& name) { return step.name == name; };
      if (!std::equal(names.begin(), names.end(), address.modules.begin(),
                      [&](const std::string& name, const ModuleStep& step) { return same(step, name); }))
        continue;
      std::vector<ModuleStep> path(address.modules.begin(),
                                   address.modules.begin() + static_cast<std::ptrdiff_t>(names.size()));
      if (paths.empty() || paths.back() != path) paths.push_back(std::move(path));  // state is sorted by module first
    }
  }
  for (const auto& path : paths) {
    for (const MovedBlock& block : document.moved) {
      Move move{block.from, block.to, block.pos};
      move.from.modules.insert(move.from.modules.begin(), path.begin(), path.end());
      move.to.modules.insert(move.to.modules.begin(), path.begin(), path.end());
      out.push_back(std::move(move));
    }
  }
  for (const ModuleBlock& block : document.modules) {
    if (block.loaded == nullptr || block.loaded->is_lua()) continue;
    std::vector<std::string> inside = names;
    inside.push_back(block.name);
    add_module_moves(world, block.loaded->document, inside, out);
  }
}

// Moves by the resource they start from; those of modules are few and tried one by one.
class Moves {
 public:
  explicit Moves(std::vector<Move> moves) : moves_(std::move(moves)) {
    for (const Move& move : moves_) {
      if (move.from.is_module()) {
        modules_.push_back(&move);
      } else {
        resources_[move.from.resource()].push_back(&move);
      }
    }
  }

  [[nodiscard]] const Move* find(const Address& address) const {
    if (const auto it = resources_.find(address.resource()); it != resources_.end()) {
      for (const Move* move : it->second) {
        if (applies(*move, address)) return move;
      }
    }
    for (const Move* move : modules_) {
      if (applies(*move, address)) return move;
    }
    return nullptr;
  }
  [[nodiscard]] std::size_t size() const { return moves_.size(); }

 private:
  std::vector<Move> moves_;
  std::map<Address, std::vector<const Move*>> resources_;
  std::vector<const Move*> modules_;
};

// Where an address ends up, move after move; nullopt after an error.
std::optional<Address> follow(World& world, const Moves& moves, const Address& from, SourcePos& pos) {
  Address at = from;
  for (std::size_t i = 0; i <= moves.size(); ++i) {
    const Move* move = moves.find(at);
    if (move == nullptr) return at;
    pos = move->pos;
    at = moved_address(*move, at);
  }
  world.diagnostics->error("`moved` leads " + from.str() + " in a circle", "remove one of the moves", pos);
  return std::nullopt;
}

// What state holds, or may hold when an interrupted create is looked into.
std::set<Address> held_addresses(const State& state) {
  std::set<Address> out;
  for (const auto& [address, record] : state.instances) out.insert(address);
  for (const auto& [id, intent] : state.pending) out.insert(intent.address);
  return out;
}

}  // namespace

void apply_moves(World& world) {
  if (world.in.options.mode == PlanMode::validate) return;
  std::vector<Move> all;
  add_module_moves(world, *world.in.stack, {}, all);
  if (all.empty()) return;
  const Moves moves(std::move(all));
  std::map<Address, std::pair<Address, SourcePos>> taken;  // where things end up -> where they came from
  for (const Address& address : held_addresses(*world.in.state)) {
    SourcePos pos;
    const auto to = follow(world, moves, address, pos);
    if (!to) continue;
    const auto [it, free] = taken.emplace(*to, std::make_pair(address, pos));
    if (!free) {
      // One of the two moves; the other may have been there all along.
      const bool mover = pos.known();
      const Address& moving = mover ? address : it->second.first;
      const Address& other = mover ? it->second.first : address;
      world.diagnostics->error("`moved` cannot put " + moving.str() + " at " + to->str() + ": " +
                                   (other == *to ? "that is in state already" : other.str() + " goes there too"),
                               "remove the move, or delete or rename the other one first",
                               mover ? pos : it->second.second);
      continue;
    }
    if (*to != address) world.moves.emplace_back(address, *to);
  }
  if (world.moves.empty()) return;
  // Journalled one after the other: whoever makes room goes first.
  std::map<Address, std::size_t> leaving;
  for (std::size_t i = 0; i < world.moves.size(); ++i) leaving.emplace(world.moves[i].first, i);
  std::vector<std::pair<Address, Address>> ordered;
  std::vector<bool> placed(world.moves.size(), false);
  for (std::size_t i = 0; i < world.moves.size(); ++i) {
    std::vector<std::size_t> chain;
    for (std::size_t at = i; !placed[at];) {
      placed[at] = true;
      chain.push_back(at);
      const auto next = leaving.find(world.moves[at].second);
      if (next == leaving.end()) break;
      at = next->second;
    }
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) ordered.push_back(world.moves[*it]);
  }
  world.moves = std::move(ordered);
  world.moved_state = *world.in.state;
  for (const auto& [from, to] : world.moves) fold(*world.moved_state, Moved{from, to});
  world.in.state = &*world.moved_state;
  for (const auto& [from, to] : world.moves) world.records.push_back({to, "was " + from.str() + " (moved)", true});
}

void check_moves(World& world) {
  for (const MovedBlock& block : world.in.stack->moved) {
    const ScopeNode& stack = world.scopes[0];
    const bool there = block.from.is_module() ? !block.from.modules.back().key && block.from.modules.size() == 1 &&
                                                    stack.calls.contains(block.from.modules.back().name)
                                              : !block.from.key && world.find_resource(block.from).has_value();
    // From a resource to a key of its own: `for_each` came.
    const bool same = !block.from.is_module() && block.to.resource() == block.from.resource();
    const bool same_module = block.from.is_module() && block.to.is_module() && block.to.modules.size() == 1 &&
                             block.to.modules.back().name == block.from.modules.back().name;
    if (!there || same || same_module) continue;
    world.diagnostics->error("`moved` from " + block.from.str() + ", which is still in configuration",
                             "remove its block, or the move", block.pos);
  }
}

}  // namespace plumb
