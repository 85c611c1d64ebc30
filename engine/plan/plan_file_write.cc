#include <algorithm>

#include "engine/base/hash.h"
#include "engine/model/digest.h"
#include "engine/model/json_text.h"
#include "engine/plan/plan_file.h"
#include "engine/plan/plan_file_value.h"
#include "engine/plan/plan_file_words.h"

namespace plumb {

namespace {

using namespace planfile;
using Redact = std::function<std::string(const std::string&)>;

// An object whose defaults are left out.
class Fields {
 public:
  explicit Fields(std::string_view kind) { entries_.emplace_back("kind", Value(kind)); }
  Fields() = default;

  void set(const char* key, Value value) { entries_.emplace_back(key, std::move(value)); }
  void text(const char* key, const std::string& text) {
    if (!text.empty()) set(key, text);
  }
  void flag(const char* key, bool on) {
    if (on) set(key, true);
  }
  void list(const char* key, Value::List list) {
    if (!list.empty()) set(key, Value(std::move(list)));
  }
  void marked(const char* key, const Value& value) {
    if (!value.is_null() || value.sensitive()) set(key, encode_marked(value));
  }
  void pos(const char* key, const SourcePos& pos) {
    if (pos.known()) set(key, Value::List{pos.file.str(), std::int64_t{pos.line}, std::int64_t{pos.column}});
  }
  void number(const char* key, std::int64_t number) {
    if (number != 0) set(key, number);
  }
  Value done() { return Value(ValueMap::from(std::move(entries_))); }

 private:
  std::vector<ValueMap::Entry> entries_;
};

Value::List texts(const std::vector<std::string>& list) {
  Value::List out;
  for (const std::string& text : list) out.emplace_back(text);
  return out;
}

template <class Named>
Value::List names(const std::vector<Named>& list) {
  Value::List out;
  for (const Named& one : list) out.emplace_back(one.str());
  return out;
}

class Writer {
 public:
  explicit Writer(const Redact& redact) : redact_(redact) {}

  void line(Fields& fields) {
    out_ += json_text(fields.done());
    out_ += '\n';
  }

  void head(const PlanFile& file) {
    Fields first("plan");
    first.set("format", kPlanFormat);
    line(first);
    Fields out("head");
    out.text("commit", file.commit);
    out.text("engine", file.engine);
    out.text("id", file.id);
    out.text("key_id", file.key_id);
    out.text("lineage", file.lineage);
    out.text("nonce", file.nonce);
    out.number("serial", static_cast<std::int64_t>(file.serial));
    out.text("stack", file.stack);
    out.text("time", file.time);
    out.set("mode", word_of(kModes, file.mode));
    out.set("refresh", word_of(kRefreshes, file.refresh));
    out.list("targets", names(file.targets));
    out.list("replace", names(file.replace));
    out.flag("allow_literal_secrets", file.allow_literal_secrets);
    std::vector<ValueMap::Entry> types;
    for (const auto& [name, version] : file.types) types.emplace_back(name, version);
    out.set("types", Value(ValueMap::from(std::move(types))));
    line(out);
    for (const FileRead& read : file.files) {
      Fields fields("file");
      fields.set("path", read.path);
      fields.set("sha256", read.sha256);
      line(fields);
    }
    for (const auto& [name, value] : file.variables) {
      Fields fields("variable");
      fields.set("name", name);
      if (const auto digest = file.secrets.find(name); digest != file.secrets.end()) {
        fields.set("digest", digest->second);
      } else {
        fields.marked("value", value);
      }
      line(fields);
    }
    if (file.configuration.is_null()) return;
    Fields fields("configuration");
    fields.set("value", file.configuration);
    line(fields);
  }

  void plan(const Plan& plan) {
    for (const PlannedChange& one : plan.changes) change(one);
    for (const DriftEntry& entry : plan.drift) drift("drift", entry);
    for (const DriftEntry& entry : plan.unreadable) drift("unreadable", entry);
    for (const OutputChange& one : plan.outputs) output(plan, one);
    for (const RecordChange& one : plan.records) {
      Fields out("record");
      out.set("address", one.address.str());
      out.text("what", redact_(one.what));
      out.flag("needs_approval", one.needs_approval);
      line(out);
    }
    for (const auto& [from, to] : plan.moves) {
      Fields out("move");
      out.set("from", from.str());
      out.set("to", to.str());
      line(out);
    }
    for (const CheckResult& one : plan.checks) {
      Fields out("check");
      out.set("name", one.name);
      out.set("status", word_of(kStatuses, one.status));
      Value::List messages;
      for (const std::string& message : one.messages) messages.emplace_back(redact_(message));
      out.list("messages", std::move(messages));
      out.pos("pos", one.pos);
      line(out);
    }
    for (const Diagnostic& one : plan.warnings) warning(one);
    for (std::size_t i = 0; i < plan.graph.steps.size(); ++i) step(plan, i);
    for (const std::vector<StepId>& after : plan.graph.joins) {
      Fields out("join");
      out.list("after", ids(after));
      line(out);
    }
    totals(plan);
  }

  std::string done() {
    Fields end("end");
    end.set("sha256", hex(bytes(sha256(out_))));
    line(end);
    return std::move(out_);
  }

 private:
  static Value::List ids(const std::vector<StepId>& after) {
    Value::List out;
    out.reserve(after.size());
    for (const StepId id : after) out.emplace_back(std::int64_t{id});
    return out;
  }

  void change(const PlannedChange& from) {
    Fields out("change");
    out.set("address", from.address.str());
    out.text("provider", from.provider);
    if (from.type != nullptr) out.set("type", from.type->name);
    out.flag("data", from.address.data);
    out.set("action", word_of(kActions, from.action));
    if (from.intended != Action::no_op) out.set("intended", word_of(kActions, from.intended));
    out.flag("adopt", from.adopt);
    out.flag("create_first", from.create_first);
    out.text("deposed", from.deposed);
    const Timeouts& t = from.timeouts;
    if (t != Timeouts{})
      out.set("timeouts", Value::List{std::int64_t{t.create.count()}, std::int64_t{t.update.count()},
                                      std::int64_t{t.remove.count()}, std::int64_t{t.read.count()}});
    out.flag("unverified", from.unverified);
    out.marked("identity", from.identity);
    out.marked("before", marked_by_schema(from.before, from.type));
    out.marked("after", marked_by_schema(from.after, from.type));
    Value::List paths;
    for (const PlannedPath& one : from.paths) paths.push_back(path(one, from.type));
    out.list("paths", std::move(paths));
    out.list("not_verified", names(from.not_verified));
    out.text("reason", redact_(from.reason));
    if (from.blocked) {
      Fields blocked;
      blocked.text("message", redact_(from.blocked->message));
      blocked.text("next_step", redact_(from.blocked->next_step));
      blocked.pos("pos", from.blocked->pos);
      out.set("blocked", blocked.done());
    }
    Value::List warnings;
    for (const std::string& one : from.warnings) warnings.emplace_back(redact_(one));
    out.list("warnings", std::move(warnings));
    out.pos("pos", from.pos);
    line(out);
  }

  static Value path(const PlannedPath& from, const TypeSchema* type) {
    const bool secret = sensitive_by_schema(from.path, type);
    Fields out;
    out.set("path", from.path.str());
    out.marked("before", secret && !from.before.is_null() ? from.before.with_sensitive() : from.before);
    out.marked("after", secret && !from.after.is_null() ? from.after.with_sensitive() : from.after);
    out.set("why", word_of(kWhys, from.why));
    out.pos("pos", from.pos);
    if (from.upstream) out.set("upstream", from.upstream->str());
    out.flag("forces_replacement", from.forces_replacement);
    return out.done();
  }

  void drift(std::string_view kind, const DriftEntry& from) {
    Fields out(kind);
    out.set("address", from.address.str());
    out.set("what", word_of(kDrifts, from.kind));
    out.text("server_id", from.server_id);
    Value::List changes;
    for (const PathChange& one : from.changes) {
      Fields fields;
      fields.set("path", one.path.str());
      fields.marked("before", one.before);
      fields.marked("after", one.after);
      changes.push_back(fields.done());
    }
    out.list("changes", std::move(changes));
    line(out);
  }

  void output(const Plan& plan, const OutputChange& from) {
    Fields out("output");
    out.set("name", from.name);
    if (from.before) out.set("before", encode_marked(*from.before));
    if (from.after) out.set("after", encode_marked(*from.after));
    if (plan.expectations) {
      if (const auto it = plan.expectations->outputs.find(from.name); it != plan.expectations->outputs.end())
        out.set("expects", tokens(it->second));
    }
    line(out);
  }

  void warning(const Diagnostic& from) {
    Fields out("warning");
    out.text("message", redact_(from.message));
    out.text("next_step", redact_(from.next_step));
    out.pos("pos", from.pos);
    line(out);
  }

  static Value tokens(const Expected& expected) {
    std::vector<ValueMap::Entry> entries;
    entries.reserve(expected.size());
    for (const auto& [name, token] : expected) entries.emplace_back(name, Value(token));
    return Value(ValueMap::from(std::move(entries)));
  }

  void step(const Plan& plan, std::size_t index) {
    const Step& from = plan.graph.steps[index];
    Fields out("step");
    out.set("what", word_of(kSteps, from.kind));
    out.set("address", from.address.str());
    if (from.change) out.set("change", std::int64_t{*from.change});
    out.text("provider", from.provider);
    if (from.type != nullptr) out.set("type", from.type->name);
    out.flag("data", from.address.data);
    out.text("deposed", from.deposed);
    out.list("after", ids(from.after));
    if (plan.expectations) out.set("expects", tokens(plan.expectations->steps[index]));
    line(out);
  }

  void totals(const Plan& plan) {
    Fields out("totals");
    const PlanCounts& n = plan.counts;
    Value::List counts;
    for (const std::size_t one : {n.create, n.update, n.replace, n.remove, n.forget, n.adopt, n.record, n.deferred,
                                  n.blocked, n.no_op, n.read, n.moved, plan.ignored}) {
      counts.emplace_back(static_cast<std::int64_t>(one));
    }
    out.list("counts", std::move(counts));
    out.flag("destroy", plan.destroy);
    out.list("nonsensitive", texts(plan.nonsensitive));
    line(out);
  }

  const Redact& redact_;
  std::string out_;
};

}  // namespace

std::string write_plan_file(const PlanFile& file, const std::function<std::string(const std::string&)>& redact) {
  Writer writer(redact);
  writer.head(file);
  writer.plan(file.plan);
  return writer.done();
}

std::map<std::string, std::string> secret_variables(const std::map<std::string, Value>& variables,
                                                    const std::string& digest_key, const std::string& plan_id) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : variables) {
    if (!value.any_sensitive()) continue;
    out.emplace(name, bytes_digest(digest_key, "variable " + plan_id + '\0' + name + '\0' + encode_value(value)));
  }
  return out;
}

PlanScope scope_of(const Plan& plan) {
  PlanScope out;
  for (const Step& step : plan.graph.steps) {
    out.instances.insert(step.address);
    out.resources.insert(step.address.resource());
    Address call;
    for (const ModuleStep& one : step.address.modules) {
      call.modules.push_back({one.name, std::nullopt});
      out.modules.insert(call);
      call.modules.back() = one;
    }
  }
  for (const OutputChange& output : plan.outputs) out.outputs.insert(output.name);
  return out;
}

}  // namespace plumb
