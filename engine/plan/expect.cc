#include "engine/plan/expect.h"

#include <algorithm>
#include <array>

#include "engine/base/hash.h"
#include "engine/model/digest.h"
#include "engine/model/json_text.h"
#include "engine/plan/action.h"
#include "engine/plan/kept.h"

namespace plumb {

namespace {

constexpr std::size_t kShortest = 80;  // JSON up to this long stands as it is

// Whether a leaf that is known is a secret; those are compared by keyed digest.
bool holds_secret(const Value& value, bool marked) {
  marked = marked || value.sensitive();
  if (value.is_unknown() || value.is_unavailable() || value.is_null()) return false;
  if (value.is_list()) {
    if (!marked && !value.any_sensitive()) return false;
    return std::any_of(value.as_list().begin(), value.as_list().end(),
                       [&](const Value& item) { return holds_secret(item, marked); });
  }
  if (value.is_map()) {
    if (!marked && !value.any_sensitive()) return false;
    return std::any_of(value.as_map().begin(), value.as_map().end(),
                       [&](const auto& entry) { return holds_secret(entry.second, marked); });
  }
  return marked;
}

std::string digest_token(std::string_view raw) {
  const Digest digest = sha256(raw);
  return "#" + base64url(bytes(digest).substr(0, 18));
}

// Makes tokens, and remembers whether a key was missing.
class Tokens {
 public:
  explicit Tokens(const World& world) : key_(world.in.digest_key), salt_("plan " + *world.in.options.expect + '\0') {}

  std::string of(const Value& value) {
    if (value.is_unknown()) return "?";
    if (value.is_unavailable()) return "!";
    if (holds_secret(value, false)) return secret(encode_value(value));
    if (value.fully_known()) {
      std::string json = json_text(value);
      if (json.size() <= kShortest) return "=" + std::move(json);
    }
    return digest_token(encode_value(value));
  }

  // Salted with the plan's id: equal secrets of two plans do not look equal, and short ones cannot be guessed without
  // the key.
  std::string secret(const std::string& raw) {
    if (!key_) {
      needs_key = true;
      return "*";
    }
    return "*" + bytes_digest(*key_, salt_ + raw);
  }

  bool needs_key = false;

 private:
  const std::optional<std::string>& key_;
  std::string salt_;
};

// Sums of digests: for every object that goes, all records that depend on it, whatever the order.
class Dependents {
 public:
  explicit Dependents(const World& world) : world_(world) {}

  std::string of(const InstanceRecord& record) {
    if (!made_) make();
    const auto index = world_.in.state->uids.find(record.uid);
    return index && *index < sums_.size()
               ? "#" + std::to_string(sums_[*index].count) + "." + std::to_string(sums_[*index].sum)
               : "#0.0";
  }

 private:
  struct Sum {
    std::uint64_t count = 0, sum = 0;
    void add(const Sum& other) {
      count += other.count;
      sum += other.sum;
    }
  };

  // Once for all: what holds a set counts for its members, and for the members of what it includes (smaller ids).
  void make() {
    made_ = true;
    const State& state = *world_.in.state;
    std::vector<Sum> holders(state.sets.size());
    for (const auto& [address, record] : state.instances) {
      if (record.dependencies == 0 || record.dependencies >= holders.size()) continue;
      const Digest digest = sha256(record.uid);
      Sum one{1, 0};
      for (std::size_t i = 0; i < 8; ++i) one.sum = one.sum << 8 | digest[i];
      holders[record.dependencies].add(one);
    }
    sums_.resize(state.uids.size());
    for (SetId set = static_cast<SetId>(holders.size()); set-- > 0;) {
      if (holders[set].count == 0) continue;
      for (const SetId include : state.sets.includes(set)) holders[include].add(holders[set]);
      for (const std::uint32_t member : state.sets.members(set)) {
        if (member < sums_.size()) sums_[member].add(holders[set]);
      }
    }
  }

  const World& world_;
  bool made_ = false;
  std::vector<Sum> sums_;
};

class Expecting {
 public:
  Expecting(World& world, Plan& plan)
      : world_(world), plan_(plan), tokens_(world), dependents_(world), memo_(world.info.size()) {}

  void run() {
    Expectations& out = plan_.expectations.emplace();
    out.steps.reserve(plan_.graph.steps.size());
    for (const RecordChange& record : plan_.records) {
      if (record.needs_approval) approvals_.insert(record.address);
    }
    std::set<Address> stepping;
    for (const Step& step : plan_.graph.steps) {
      out.steps.push_back(of_step(step));
      if (world_.in.options.only) stepping.insert(step.address);
    }
    if (world_.in.options.only) {
      for (const InstanceNode& instance : world_.instances) {
        if (stepping.contains(instance.address) || !world_.in.options.only->instances.contains(instance.address))
          continue;
        describe(instance, out.idle[instance.address]);
      }
    }
    for (const OutputChange& output : plan_.outputs) {
      Expected& expected = out.outputs[output.name];
      if (output.before) expected["before"] = tokens_.of(*output.before);
      if (output.after) expected["after"] = tokens_.of(*output.after);
    }
    out.needs_key = tokens_.needs_key;
  }

 private:
  Expected of_step(const Step& step) {
    Expected out;
    out["action"] = "=\"" + std::string(word(step.kind)) + "\"";
    if (approvals_.contains(step.address)) out["approval"] = "=true";
    if (world_.info[step.node].kind != NodeKind::instance) return out;
    const InstanceNode& instance = world_.instances[world_.info[step.node].index];
    describe(instance, out);
    if (step.change) add_change(instance, plan_.changes[*step.change], step.kind, out);
    if (step.kind == StepKind::remove && instance.record != nullptr)
      out["dependents"] = dependents_.of(*instance.record);
    return out;
  }

  void describe(const InstanceNode& instance, Expected& out) {
    if (!instance.identity.is_null()) out["identity"] = tokens_.of(instance.identity);
    const std::string& provider = world_.providers[instance.provider].name;
    if (const auto server = world_.servers.find(provider); server != world_.servers.end() && !server->second.empty())
      out["provider"] = tokens_.of(Value(server->second));
    add_record(instance, out);
    add_live(instance, out);
    const auto& versioned = instance.versioned_reads;
    for (const NodeId read : world_.info[instance.node].reads) {
      if (!std::binary_search(versioned.begin(), versioned.end(), read)) add_read(read, out);
    }
  }

  void add_change(const InstanceNode& instance, const PlannedChange& change, StepKind kind, Expected& out) {
    if (kind == StepKind::update) {
      for (const PlannedPath& path : change.paths)
        out["planned." + path.path.str()] = planned_token(instance, path.path.root(), path.after);
    } else if (kind == StepKind::create && change.after.is_map()) {
      for (const auto& [name, value] : change.after.as_map()) {
        if (!value.is_null()) out["planned." + name] = planned_token(instance, name, value);
      }
    }
    if (change.unverified && kind == StepKind::create) out["action"] = "=\"create (unverified)\"";
    if (change.adopt && kind == StepKind::update) out["action"] = "=\"adopt and update\"";
  }

  // A secret that goes by its version is sent, whatever it is by then.
  std::string planned_token(const InstanceNode& instance, std::string_view name, const Value& value) {
    const Attribute* attribute = instance.type->find(name);
    const bool versioned = attribute != nullptr && goes_by_version(*attribute, instance.desired);
    return versioned ? "=\"sent\"" : tokens_.of(value);
  }

  void add_record(const InstanceNode& instance, Expected& out) {
    if (instance.record == nullptr) {
      out["record"] = "=null";
      return;
    }
    const InstanceRecord& record = *instance.record;
    ValueMap parts;
    parts.set("attributes", record.attributes);
    const auto digests = [&](const std::map<Path, std::string>& map) {
      std::vector<ValueMap::Entry> entries;
      for (const auto& [path, digest] : map) entries.emplace_back(path.str(), Value(digest));
      return Value(ValueMap::from(std::move(entries)));
    };
    Value::List managed, deposed;
    for (const Path& path : record.managed) managed.emplace_back(path.str());
    for (const Deposed& one : record.deposed) deposed.emplace_back(one.id + " " + one.server_id);
    parts.set("deposed", Value(std::move(deposed)));
    parts.set("digests", digests(record.digests));
    parts.set("evidence", digests(record.evidence));
    parts.set("flags", Value::List{record.prevent_destroy, record.retain, record.create_before_destroy,
                                   instance.recovered, record.schema_version, record.partial.value_or("")});
    parts.set("identity", record.identity);
    parts.set("managed", Value(std::move(managed)));
    parts.set("provider", record.provider);
    parts.set("server_id", record.server_id);
    parts.set("trigger", record.trigger);
    const Value all(std::move(parts));
    out["record"] = holds_secret(all, false) ? tokens_.secret(encode_value(all)) : digest_token(encode_value(all));
    out["record.uid"] = tokens_.of(Value(record.uid));
  }

  // What Plumb answers for: set, with a default, or managed before.
  static bool managed(const InstanceNode& instance, const Attribute& attribute) {
    if (attribute.local || attribute.create_only || (!attribute.required && !attribute.optional)) return false;
    if (goes_by_version(attribute, instance.desired)) return false;
    if (!attribute.computed || attribute.default_value) return true;
    const Value* set = instance.desired.find(attribute.name);
    if (set != nullptr && !set->is_null()) return true;
    return instance.record != nullptr && std::any_of(instance.record->managed.begin(), instance.record->managed.end(),
                                                     [&](const Path& path) { return path.root() == attribute.name; });
  }

  void add_live(const InstanceNode& instance, Expected& out) {
    if (!instance.live_known) return;
    const ReadResult& live = instance.live;
    switch (live.status) {
      case ReadResult::Status::absent:
        out["live"] = "=\"absent\"";
        return;
      case ReadResult::Status::unreadable:
        out["live"] = "=\"unreadable\"";
        return;
      case ReadResult::Status::present:
        out["live"] = "=\"present\"";
        break;
    }
    if (!live.server_id.empty()) out["server_id"] = tokens_.of(Value(live.server_id));
    for (const Attribute& attribute : instance.type->attributes) {
      if (!managed(instance, attribute)) continue;
      const Value* value = live.value.find(attribute.name);
      if (const auto evidence = live.evidence.find(Path(attribute.name)); evidence != live.evidence.end()) {
        out["live." + attribute.name] = tokens_.secret(evidence->second);
      } else if (value != nullptr && !value->is_null()) {
        out["live." + attribute.name] =
            tokens_.of(attribute.sensitive || attribute.write_only ? value->with_sensitive() : *value);
      }
    }
  }

  void add_read(NodeId node, Expected& out) {
    const NodeInfo& info = world_.info[node];
    switch (info.kind) {
      case NodeKind::instance:
        out["read " + world_.instances[info.index].address.str()] = token_of(node);
        return;
      case NodeKind::local:
        out["read " + in_scope(world_.locals[info.index].scope) + "locals." + world_.locals[info.index].block->name] =
            token_of(node);
        return;
      case NodeKind::input:
        out["read " + in_scope(world_.inputs[info.index].scope) + "var." + world_.inputs[info.index].variable->name] =
            token_of(node);
        return;
      case NodeKind::output:
        out["read " + in_scope(world_.outputs[info.index].scope) + world_.outputs[info.index].block->name] =
            token_of(node);
        return;
      case NodeKind::call:
        if (world_.calls[info.index].keyed()) out["keys " + world_.calls[info.index].address.str()] = token_of(node);
        return;
      case NodeKind::call_outputs:
        out["read " + world_.calls[info.index].address.str()] = token_of(node);
        return;
      case NodeKind::resource:
        if (world_.resources[info.index].keyed()) out["keys " + resource_name(info.index)] = token_of(node);
        return;
      case NodeKind::whole:
        out["read " + resource_name(info.index)] = token_of(node);
        return;
      default:
        return;  // its own reads are nodes of their own, or it is nothing to read (a provider, a bulk read)
    }
  }

  std::string resource_name(std::uint32_t index) const { return world_.resources[index].address.str(); }

  // `module.billing["eu"].`; nothing in the stack.
  std::string in_scope(std::uint32_t scope) const {
    Address address;
    address.modules = world_.scopes[scope].path;
    return scope == 0 ? std::string() : address.str() + ".";
  }

  // Sorted by name: nodes are numbered as modules were called.
  std::string outputs_text(const ScopeNode& scope) {
    std::map<std::string, std::uint32_t> sorted(scope.outputs.begin(), scope.outputs.end());
    std::string out;
    for (const auto& [name, output] : sorted) out += name + '\0' + token_of(world_.outputs[output].node) + '\0';
    return out;
  }

  // Made once a node, so that ten thousand readers of one whole resource cost as much as one.
  const std::string& token_of(NodeId node) {
    std::string& token = memo_[node];
    if (!token.empty()) return token;
    const NodeInfo& info = world_.info[node];
    switch (info.kind) {
      case NodeKind::instance:
        token = tokens_.of(world_.instances[info.index].value);
        break;
      case NodeKind::local:
        token = tokens_.of(world_.locals[info.index].value);
        break;
      case NodeKind::resource:
      case NodeKind::whole: {
        const ResourceNode& resource = world_.resources[info.index];
        std::string text = resource.deferred ? "?" : resource.absent ? "-" : "";
        for (const std::uint32_t i : resource.instances) {
          const InstanceNode& instance = world_.instances[i];
          text += instance.address.key.value_or("") + '\0';
          if (info.kind == NodeKind::whole) text += token_of(instance.node) + '\0';
        }
        token = digest_token(text);
        break;
      }
      case NodeKind::input:
        token = tokens_.of(world_.inputs[info.index].value);
        break;
      case NodeKind::output:
        token = tokens_.of(world_.outputs[info.index].value);
        break;
      case NodeKind::call:
      case NodeKind::call_outputs: {
        const CallNode& call = world_.calls[info.index];
        std::string text = call.deferred ? "?" : call.absent ? "-" : "";
        for (const std::uint32_t scope : call.scopes) {
          text += world_.scopes[scope].path.back().key.value_or("") + '\0';
          if (info.kind == NodeKind::call_outputs) text += outputs_text(world_.scopes[scope]);
        }
        token = digest_token(text);
        break;
      }
      default:
        token = "-";
        break;
    }
    return token;
  }

  World& world_;
  Plan& plan_;
  Tokens tokens_;
  Dependents dependents_;
  std::set<Address> approvals_;    // whose protection is lowered
  std::vector<std::string> memo_;  // by node
};

}  // namespace

void add_expectations(World& world, Plan& plan) { Expecting(world, plan).run(); }

}  // namespace plumb
