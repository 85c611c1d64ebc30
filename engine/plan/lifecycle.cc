// Lifecycle: the flags, lists, durations and triggers of one instance, evaluated like its attributes.
#include "engine/plan/lifecycle.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/config/timeout.h"
#include "engine/model/digest.h"
#include "engine/model/json_text.h"
#include "engine/plan/settle.h"

namespace plumb {

namespace {

// Reads one block after the other; waits and failures add up, so that all mistakes are told at once.
class LifecycleReader {
 public:
  LifecycleReader(World& world, EvalScope& scope, const InstanceNode& instance, const ResourceBlock& block,
                  Lifecycle& out)
      : world_(world), scope_(scope), instance_(instance), block_(block), out_(out) {}

  Evaluated run() {
    const LifecycleBlock& from = block_.lifecycle;
    flag(from.prevent_destroy, "prevent_destroy", instance_.type->holds_data, out_.prevent_destroy);
    flag(from.create_before_destroy, "create_before_destroy", false, out_.create_before_destroy);
    flag(from.retain, "retain", false, out_.retain);
    ignore();
    adopt();
    replace_when();
    timeout(block_.timeouts.create, "create", out_.timeouts.create);
    timeout(block_.timeouts.update, "update", out_.timeouts.update);
    timeout(block_.timeouts.remove, "delete", out_.timeouts.remove);
    timeout(block_.timeouts.read, "read", out_.timeouts.read);
    hold();
    return worst_;
  }

 private:
  [[nodiscard]] std::string called(const std::string& name) const { return instance_.address.str() + ": " + name; }

  void note(Evaluated status) {
    if (worst_ != Evaluated::failed && status != Evaluated::done) worst_ = status;
  }

  void refuse(std::string message, std::string next_step, const SourcePos& pos) {
    world_.diagnostics->error(std::move(message), std::move(next_step), pos);
    worst_ = Evaluated::failed;
  }

  // True: a value, and not null. What decides about a plan must be known in it.
  bool known(const Tree& tree, const Type& type, const std::string& what, Value& value) {
    const Evaluated status = evaluate_typed(world_, scope_, tree, type, what, value);
    note(status);
    if (status != Evaluated::done || value.is_null()) return false;
    if (value.fully_known()) return true;
    refuse(what + " is known only after apply", "decide by something that plan knows", tree.pos);
    return false;
  }

  void flag(const std::optional<Tree>& tree, const std::string& name, bool fallback, bool& out) {
    out = fallback;
    Value value;
    if (tree && known(*tree, *bool_type(), called("lifecycle." + name), value)) out = value.as_bool();
  }

  void ignore() {
    if (!block_.lifecycle.ignore_changes) return;
    const Tree& tree = *block_.lifecycle.ignore_changes;
    const std::string what = block_.address.str() + ": lifecycle.ignore_changes";
    const TypePtr type = list_type(string_type());
    Value value;
    if (!known(tree, *type, what, value)) return;
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      const Value& item = value.as_list()[i];
      if (!item.is_string()) continue;
      auto path = Path::parse(item.as_string());
      if (path.has_value()) {
        out_.ignore.push_back(std::move(path).value());
        continue;
      }
      world_.diagnostics->add(
          std::move(path).error().in(what).at(position_at(tree, Path() / static_cast<std::int64_t>(i))));
      worst_ = Evaluated::failed;
    }
  }

  void adopt() {
    if (!block_.lifecycle.adopt) return;
    const TypePtr type = enum_type({"never", "always"});
    Value value;
    if (known(*block_.lifecycle.adopt, *type, called("lifecycle.adopt"), value))
      out_.adopt_always = value.as_string() == "always";
  }

  void replace_when() {
    if (block_.lifecycle.replace_when.empty()) return;
    Value::List values;
    for (const Tree& tree : block_.lifecycle.replace_when) {
      note(evaluate_tree(world_, scope_, tree, *any_type(), values.emplace_back()));
    }
    out_.replace_when = Value(std::move(values));
  }

  void timeout(const std::optional<Tree>& tree, const std::string& name, std::chrono::milliseconds& out) {
    if (!tree) return;
    const std::string what = called("timeouts." + name);
    Value value;
    if (!known(*tree, *string_type(), what, value)) return;
    auto parsed = parse_timeout(value.as_string());
    if (parsed.has_value()) {
      out = *parsed;
      return;
    }
    Error error = std::move(parsed).error();
    if (value.any_sensitive()) error.message = "its value is no duration";
    world_.diagnostics->add(std::move(error).in(what).at(tree->pos));
    worst_ = Evaluated::failed;
  }

  void hold() {
    if (!block_.hold) return;
    Value value;
    if (!known(*block_.hold, *any_type(), called("hold"), value)) return;
    if (value.is_bool()) {
      if (value.as_bool()) out_.hold = std::string();
    } else if (value.is_string()) {
      if (!value.as_string().empty()) out_.hold = value.any_sensitive() ? std::string() : value.as_string();
    } else {
      refuse(called("hold") + " must be true, false or the reason as text, got " + std::string(value.kind_name()),
             "write `hold: true`, or why as text", block_.hold->pos);
    }
  }

  World& world_;
  EvalScope& scope_;
  const InstanceNode& instance_;
  const ResourceBlock& block_;
  Lifecycle& out_;
  Evaluated worst_ = Evaluated::done;
};

}  // namespace

Evaluated evaluate_lifecycle(World& world, EvalScope& scope, const InstanceNode& instance, const ResourceBlock& block,
                             Lifecycle& out) {
  return LifecycleReader(world, scope, instance, block, out).run();
}

std::optional<std::string> trigger_of(const World& world, const InstanceNode& instance) {
  const Value& values = instance.lifecycle.replace_when;
  if (values.is_null()) return std::string();
  if (values.any_unknown()) return std::nullopt;
  const std::string before = instance.record != nullptr ? instance.record->trigger : std::string();
  if (values.any_unavailable()) return before;
  if (!values.any_sensitive()) return hex(bytes(sha256(json_text(values))));
  // A secret leaves nothing that could be guessed at without the key.
  return world.in.digest_key ? value_digest(*world.in.digest_key, values) : before;
}

std::optional<std::string> triggered(World& world, const InstanceNode& instance) {
  if (instance.resource == kNone || instance.record == nullptr || instance.recovered) return std::nullopt;
  // Without a recorded one there is nothing to compare with: it is recorded now, and counts from then on.
  if (instance.record->trigger.empty() || instance.lifecycle.replace_when.is_null()) return std::nullopt;
  const auto now = trigger_of(world, instance);
  if (now && *now == instance.record->trigger) return std::nullopt;
  const std::vector<Tree>& trees = world.resources[instance.resource].block->lifecycle.replace_when;
  for (const Tree& tree : trees) {
    if (const auto upstream = upstream_of(world, instance, tree))
      return "because `replace_when` comes from " + upstream->str();
  }
  return "because `replace_when` changed in " + trees.front().pos.line_str();
}

}  // namespace plumb
