#include "engine/plan/expectations.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/plan/plan.h"

namespace plumb {

namespace {

const std::string kPlanAgain = "plan again with --out, and look at it before you apply it";

using StepKey = std::tuple<Address, StepKind, std::string>;

StepKey key_of(const Step& step) { return {step.address, step.kind, step.deposed}; }

// What a token says, for people; empty when it is a digest.
std::string shown(const std::string& token) {
  if (token == "?") return "(known after apply)";
  if (token == "!") return "(unavailable)";
  return token.starts_with("=") ? token.substr(1) : std::string();
}

// ` (16402 -> 16409)`, as far as both can be told.
std::string moved_text(const std::string& was, const std::string& is) {
  const std::string before = shown(was), after = shown(is);
  return before.empty() || after.empty() ? std::string() : " (" + before + " -> " + after + ")";
}

// The words of one moved expectation; either token is empty where there is none.
std::string words(const std::string& name, const std::string& was, const std::string& is) {
  const auto rest = [&](std::string_view prefix) { return name.substr(prefix.size()); };
  if (name == "action") return "it was to be planned as " + shown(was) + ", and is " + shown(is) + " now";
  if (name == "approval") return "its protection would be lowered now, and was not to, or the reverse";
  if (name == "identity") return "it would be another object" + moved_text(was, is);
  if (name == "provider") return "its provider leads to another server" + moved_text(was, is);
  if (name == "record") {
    if (was == "=null") return "it is in state now";
    return is == "=null" ? "it is not in state any more" : "its record in state changed";
  }
  if (name == "record.uid") return "state holds another object under this address";
  if (name == "live") {
    if (is == "=\"absent\"") return "it is not on the server any more";
    if (is == "=\"unreadable\"") return "it cannot be read any more";
    if (is.empty()) return "it cannot be looked at before apply any more";
    return was == "=\"absent\"" ? "it is on the server now" : "it can be read now";
  }
  if (name == "server_id") return "another object has its place on the server" + moved_text(was, is);
  if (name == "dependents") return "other things in state depend on it now, or do not any more";
  const std::string null = "=null";
  const std::string values = moved_text(was.empty() ? null : was, is.empty() ? null : is);
  if (name.starts_with("live.")) return "`" + rest("live.") + "` changed on the server" + values;
  if (name.starts_with("read ")) return "what it reads of " + rest("read ") + " changed";
  if (name.starts_with("keys ")) return "the keys of " + rest("keys ") + " changed";
  if (name.starts_with("planned.")) return "`" + rest("planned.") + "` would become something else" + values;
  return name + " changed";
}

// What only follows from the rest is told when nothing else is to tell.
bool follows(const std::string& name) {
  return name == "action" || name == "record.uid" || name == "identity" || name.starts_with("planned.");
}

class Comparing {
 public:
  Comparing(const Plan& saved, const Plan& now) : saved_(saved), now_(now) {
    for (StepId id = 0; id < now.graph.steps.size(); ++id) steps_.emplace(key_of(now.graph.steps[id]), id);
    for (const PlannedChange& change : now.changes) changes_.emplace(change.address, &change);
  }

  std::vector<Mismatch> run() {
    if (!saved_.expectations || !now_.expectations) {
      add("the plan", "has no expectations to compare", {});
      return std::move(out_);
    }
    const Expectations& expected = *saved_.expectations;
    const Expectations& found = *now_.expectations;
    for (StepId id = 0; id < saved_.graph.steps.size(); ++id) {
      const Step& step = saved_.graph.steps[id];
      if (quiet(step, expected.steps[id])) continue;
      const auto it = steps_.find(key_of(step));
      if (it == steps_.end() || quiet(now_.graph.steps[it->second], found.steps[it->second])) {
        missing(step, expected.steps[id]);
      } else {
        compare(step.address, expected.steps[id], found.steps[it->second], true);
      }
    }
    for (const auto& [name, tokens] : expected.outputs) compare_output(name, tokens, found);
    for (const auto& [name, tokens] : found.outputs) {
      if (!expected.outputs.contains(name)) add("output " + name, "would change now, and was not to", {});
    }
    compare_moves();
    find_upstream();
    return std::move(out_);
  }

 private:
  void add(const std::string& what, const std::string& message, const SourcePos& pos) {
    out_.push_back({what + ": " + message, kPlanAgain, pos});
  }

  // State only, and not told to anybody: whatever the servers say now is recorded.
  static bool quiet(const Step& step, const Expected& expected) {
    return step.kind == StepKind::record && !expected.contains("approval");
  }

  SourcePos pos_of(const Address& address) const {
    const auto change = changes_.find(address);
    return change == changes_.end() ? SourcePos{} : change->second->pos;
  }

  // True: something was told. Of an instance without a step only what does not follow is compared.
  bool compare(const Address& address, const Expected& expected, const Expected& found, bool all) {
    std::vector<std::pair<std::string, std::string>> causes, effects;
    auto a = expected.begin();
    auto b = found.begin();
    const auto note = [&](const std::string& name, const std::string& was, const std::string& is) {
      (follows(name) ? effects : causes).emplace_back(name, words(name, was, is));
    };
    while (a != expected.end() || b != found.end()) {
      if (b == found.end() || (a != expected.end() && a->first < b->first)) {
        note(a->first, a->second, {});
        ++a;
      } else if (a == expected.end() || b->first < a->first) {
        note(b->first, {}, b->second);
        ++b;
      } else {
        if (a->second != b->second) note(a->first, a->second, b->second);
        ++a, ++b;
      }
    }
    // An object that came or went brings all of its attributes with it.
    const bool came = std::any_of(causes.begin(), causes.end(), [](const auto& c) { return c.first == "live"; });
    if (came) {
      std::erase_if(causes, [](const auto& c) { return c.first.starts_with("live.") || c.first == "server_id"; });
    }
    if (causes.empty() && all) causes = std::move(effects);
    for (const auto& [name, message] : causes) {
      if (!said_.insert(address.str() + '\0' + message).second) continue;  // both halves of a replacement say it
      add(address.str(), message, pos_of(address));
    }
    return !causes.empty();
  }

  void missing(const Step& step, const Expected& expected) {
    Expected rest = expected;
    rest.erase("dependents");
    bool told = false;
    if (const auto idle = now_.expectations->idle.find(step.address); idle != now_.expectations->idle.end()) {
      told = compare(step.address, rest, idle->second, false);
    } else if (const auto other = steps_.lower_bound({step.address, StepKind::create, {}});
               other != steps_.end() && std::get<Address>(other->first) == step.address) {
      Expected found = now_.expectations->steps[other->second];
      found.erase("dependents");
      told = compare(step.address, rest, found, false);
    }
    const std::string was = "it was to be planned as " + shown(expected.at("action"));
    const auto change = changes_.find(step.address);
    if (change != changes_.end() && change->second->blocked) {
      const PlannedChange& one = *change->second;
      const std::string message = was + ", and is " + std::string(word(one.action)) + " now: " + one.blocked->message;
      if (said_.insert(step.address.str() + '\0' + message).second) add(step.address.str(), message, one.pos);
    } else if (!told) {
      const std::string message = change != changes_.end()
                                      ? was + ", and is " + std::string(word(change->second->action)) + " now"
                                      : was + ", and there is nothing to do now";
      if (said_.insert(step.address.str() + '\0' + message).second)
        add(step.address.str(), message, pos_of(step.address));
    }
  }

  void compare_output(const std::string& name, const Expected& tokens, const Expectations& found) {
    const auto it = found.outputs.find(name);
    if (it == found.outputs.end()) {
      add("output " + name, "it was to change, and would not any more", {});
    } else if (it->second != tokens) {
      const auto token = [](const Expected& in, const char* key) {
        const auto at = in.find(key);
        return at == in.end() ? std::string("=null") : at->second;
      };
      const char* key = token(tokens, "after") == token(it->second, "after") ? "before" : "after";
      add("output " + name,
          (std::string(key) == "after" ? "it would become something else" : "its value in state changed") +
              moved_text(token(tokens, key), token(it->second, key)),
          {});
    }
  }

  void compare_moves() {
    const auto holds = [](const Plan& plan, const std::pair<Address, Address>& move) {
      return std::find(plan.moves.begin(), plan.moves.end(), move) != plan.moves.end();
    };
    for (const auto& move : saved_.moves) {
      if (!holds(now_, move))
        add(move.first.str(), "it was to move to " + move.second.str() + ", and would not now", {});
    }
    for (const auto& move : now_.moves) {
      if (!holds(saved_, move)) add(move.first.str(), "it would move to " + move.second.str() + ", and was not to", {});
    }
  }

  // Steps that nobody approved, and that saved ones would have to wait for.
  void find_upstream() {
    const ExecutionGraph& graph = now_.graph;
    std::vector<bool> seen(graph.steps.size() + graph.joins.size(), false);
    std::set<StepKey> saved;
    for (const Step& step : saved_.graph.steps) saved.insert(key_of(step));
    std::vector<StepId> open;
    for (StepId id = 0; id < graph.steps.size(); ++id) {
      if (saved.contains(key_of(graph.steps[id]))) open.push_back(id);
    }
    std::vector<StepId> found;
    while (!open.empty()) {
      const StepId id = open.back();
      open.pop_back();
      for (const StepId before :
           id < graph.steps.size() ? graph.steps[id].after : graph.joins[id - graph.steps.size()]) {
        if (seen[before]) continue;
        seen[before] = true;
        open.push_back(before);
        if (before >= graph.steps.size() || graph.steps[before].kind == StepKind::record) continue;
        if (!saved.contains(key_of(graph.steps[before]))) found.push_back(before);
      }
    }
    std::sort(found.begin(), found.end());
    for (const StepId id : found) {
      const std::string action = shown(now_.expectations->steps[id].at("action"));
      add(graph.steps[id].address.str(),
          "it would be planned as " + action + " before others of this plan, and was not",
          pos_of(graph.steps[id].address));
    }
  }

  const Plan& saved_;
  const Plan& now_;
  std::map<StepKey, StepId> steps_;
  std::map<Address, const PlannedChange*> changes_;
  std::set<std::string> said_;
  std::vector<Mismatch> out_;
};

}  // namespace

std::vector<Mismatch> mismatches(const Plan& saved, const Plan& now) { return Comparing(saved, now).run(); }

Plan saved_steps_of(Plan now, const Plan& saved) {
  std::set<StepKey> wanted;
  for (const Step& step : saved.graph.steps) wanted.insert(key_of(step));
  ExecutionGraph& graph = now.graph;
  const std::size_t steps = graph.steps.size();
  std::vector<StepId> id(steps + graph.joins.size());
  std::size_t kept = 0;
  for (StepId i = 0; i < steps; ++i) {
    if (wanted.contains(key_of(graph.steps[i]))) id[i] = static_cast<StepId>(kept++);
  }
  ExecutionGraph out;
  out.steps.resize(kept);
  out.joins.resize(id.size() - kept);
  auto join = static_cast<StepId>(kept);
  for (StepId i = 0; i < id.size(); ++i) {
    if (i >= steps || !wanted.contains(key_of(graph.steps[i]))) id[i] = join++;
  }
  const auto renamed = [&](std::vector<StepId> after) {
    for (StepId& one : after) one = id[one];
    std::sort(after.begin(), after.end());
    return after;
  };
  for (StepId i = 0; i < id.size(); ++i) {
    if (i >= steps) {
      out.joins[id[i] - kept] = renamed(std::move(graph.joins[i - steps]));
    } else if (id[i] >= kept) {
      out.joins[id[i] - kept] = renamed(std::move(graph.steps[i].after));
    } else {
      graph.steps[i].after = renamed(std::move(graph.steps[i].after));
      out.steps[id[i]] = std::move(graph.steps[i]);
    }
  }
  graph = std::move(out);
  now.expectations.reset();
  return now;
}

}  // namespace plumb
