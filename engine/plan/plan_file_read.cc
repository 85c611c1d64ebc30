#include <algorithm>

#include "engine/base/hash.h"
#include "engine/model/json_text.h"
#include "engine/plan/plan_file.h"
#include "engine/plan/plan_file_fields.h"

namespace plumb {

namespace {

using namespace planfile;

const std::string kPlanAgain = "plan again with --out";

class Reader {
 public:
  explicit Reader(const Registry& registry) : registry_(registry) { out_.plan.expectations.emplace(); }

  Result<void> line(const Value& object) {
    Fields in(object, registry_);
    const std::string kind = in.text("kind");
    if (kind == "head") {
      head(in);
    } else if (kind == "change") {
      change(in);
    } else if (kind == "step") {
      step(in);
    } else if (kind == "join") {
      out_.plan.graph.joins.push_back(in.after());
    } else if (kind == "totals") {
      totals(in);
    } else {
      small(kind, in);
    }
    return in.done();
  }

  // What only the whole can tell.
  Result<PlanFile> done() {
    const Plan& plan = out_.plan;
    const std::size_t ids = plan.graph.steps.size() + plan.graph.joins.size();
    const auto known = [&](const std::vector<StepId>& after) {
      return std::all_of(after.begin(), after.end(), [&](StepId id) { return id < ids; });
    };
    for (const Step& step : plan.graph.steps) {
      const bool named = !step.change || *step.change < plan.changes.size();
      if (!named || !known(step.after) || !plan.expectations->steps[&step - plan.graph.steps.data()].contains("action"))
        return fail("a step cannot be read");
    }
    if (!std::all_of(plan.graph.joins.begin(), plan.graph.joins.end(), known)) return fail("a join cannot be read");
    if (out_.id.empty()) return fail("its head is missing");
    return std::move(out_);
  }

 private:
  void head(Fields& in) {
    out_.commit = in.text("commit");
    out_.engine = in.text("engine");
    out_.id = in.text("id");
    out_.key_id = in.text("key_id");
    out_.lineage = in.text("lineage");
    out_.nonce = in.text("nonce");
    out_.serial = static_cast<std::uint64_t>(in.number("serial"));
    out_.stack = in.text("stack");
    out_.time = in.text("time");
    out_.mode = in.one_of("mode", kModes, PlanMode::normal);
    out_.refresh = in.one_of("refresh", kRefreshes, Refresh::full);
    for (const std::string& text : in.texts("targets")) out_.targets.push_back(in.address_of(text));
    for (const std::string& text : in.texts("replace")) out_.replace.push_back(in.address_of(text));
    out_.allow_literal_secrets = in.flag("allow_literal_secrets");
    const Value* types = in.value("types");
    if (types == nullptr || !types->is_map()) return in.wrong("`types` is missing");
    for (const auto& [name, version] : types->as_map()) {
      if (!version.is_integer() || version.as_integer() < 0 || version.as_integer() > INT32_MAX)
        return in.wrong("the version of a type cannot be read");
      out_.types.emplace(name, static_cast<int>(version.as_integer()));
    }
  }

  void change(Fields& in) {
    PlannedChange& out = out_.plan.changes.emplace_back();
    out.address = in.address("address");
    out.provider = in.text("provider");
    out.type = in.type();
    out.action = in.one_of("action", kActions, Action::no_op);
    out.intended = in.one_of("intended", kActions, Action::no_op);
    out.adopt = in.flag("adopt");
    out.create_first = in.flag("create_first");
    out.deposed = in.text("deposed");
    timeouts(in, out.timeouts);
    out.unverified = in.flag("unverified");
    out.identity = in.marked("identity");
    out.before = in.marked("before");
    out.after = in.marked("after");
    for (const Value& item : in.list("paths")) {
      Fields part(item, registry_);
      PlannedPath& path = out.paths.emplace_back();
      path.path = part.path(part.text("path"));
      path.before = part.marked("before");
      path.after = part.marked("after");
      path.why = part.one_of("why", kWhys, Why::configuration);
      path.pos = part.pos("pos");
      if (part.value("upstream") != nullptr) path.upstream = part.address("upstream");
      path.forces_replacement = part.flag("forces_replacement");
      check(part, in);
    }
    for (const std::string& text : in.texts("not_verified")) out.not_verified.push_back(in.path(text));
    out.reason = in.text("reason");
    if (const Value* blocked = in.value("blocked")) {
      Fields part(*blocked, registry_);
      out.blocked = Error{part.text("message"), part.text("next_step"), part.pos("pos")};
      check(part, in);
    }
    out.warnings = in.texts("warnings");
    out.pos = in.pos("pos");
  }

  static void timeouts(Fields& in, Timeouts& out) {
    const Value::List parts = in.list("timeouts");
    if (parts.empty()) return;
    const auto whole = [](const Value& part) { return part.is_integer() && part.as_integer() >= 0; };
    if (parts.size() != 4 || !std::all_of(parts.begin(), parts.end(), whole)) return in.wrong("`timeouts` is no list");
    using std::chrono::milliseconds;
    out = {milliseconds(parts[0].as_integer()), milliseconds(parts[1].as_integer()),
           milliseconds(parts[2].as_integer()), milliseconds(parts[3].as_integer())};
  }

  static void check(const Fields& part, Fields& in) {
    if (const auto done = part.done(); !done.has_value()) in.wrong(done.error().message);
  }

  DriftEntry drift(Fields& in) {
    DriftEntry out;
    out.address = in.address("address");
    out.kind = in.one_of("what", kDrifts, DriftEntry::Kind::changed);
    out.server_id = in.text("server_id");
    for (const Value& item : in.list("changes")) {
      Fields part(item, registry_);
      out.changes.push_back({part.path(part.text("path")), part.marked("before"), part.marked("after")});
      check(part, in);
    }
    return out;
  }

  void step(Fields& in) {
    Step& out = out_.plan.graph.steps.emplace_back();
    out.kind = in.one_of("what", kSteps, StepKind::record);
    out.address = in.address("address");
    if (in.value("change") != nullptr) {
      const std::int64_t index = in.number("change");
      if (index > INT32_MAX) in.wrong("`change` is out of range");
      out.change = static_cast<std::uint32_t>(index);
    }
    out.provider = in.text("provider");
    out.type = in.type();
    out.deposed = in.text("deposed");
    out.after = in.after();
    out_.plan.expectations->steps.push_back(in.expected());
  }

  void totals(Fields& in) {
    Plan& plan = out_.plan;
    PlanCounts& n = plan.counts;
    const Value::List counts = in.list("counts");
    std::array fields{&n.create,   &n.update,  &n.replace, &n.remove, &n.forget, &n.adopt,     &n.record,
                      &n.deferred, &n.blocked, &n.no_op,   &n.read,   &n.moved,  &plan.ignored};
    if (counts.size() != fields.size()) return in.wrong("`counts` cannot be read");
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!counts[i].is_integer() || counts[i].as_integer() < 0) return in.wrong("`counts` cannot be read");
      *fields[i] = static_cast<std::size_t>(counts[i].as_integer());
    }
    plan.destroy = in.flag("destroy");
    plan.nonsensitive = in.texts("nonsensitive");
  }

  void small(const std::string& kind, Fields& in) {
    Plan& plan = out_.plan;
    if (kind == "file") {
      out_.files.push_back({in.text("path"), in.text("sha256")});
    } else if (kind == "variable") {
      variable(in);
    } else if (kind == "configuration") {
      out_.configuration = in.value("value") == nullptr ? Value() : *in.value("value");
    } else if (kind == "drift") {
      plan.drift.push_back(drift(in));
    } else if (kind == "unreadable") {
      plan.unreadable.push_back(drift(in));
    } else if (kind == "output") {
      OutputChange& out = plan.outputs.emplace_back();
      out.name = in.text("name");
      if (in.value("before") != nullptr) out.before = in.marked("before");
      if (in.value("after") != nullptr) out.after = in.marked("after");
      plan.expectations->outputs[out.name] = in.expected();
    } else if (kind == "record") {
      plan.records.push_back({in.address("address"), in.text("what"), in.flag("needs_approval")});
    } else if (kind == "move") {
      plan.moves.emplace_back(in.address("from"), in.address("to"));
    } else if (kind == "check") {
      plan.checks.push_back({in.text("name"), in.one_of("status", kStatuses, CheckResult::Status::unknown),
                             in.texts("messages"), in.pos("pos")});
    } else if (kind == "warning") {
      plan.warnings.push_back({Severity::warning, in.text("message"), in.text("next_step"), in.pos("pos")});
    } else {
      in.wrong("a record is of a kind that this version does not know");
    }
  }

  void variable(Fields& in) {
    const std::string name = in.text("name");
    if (in.value("digest") != nullptr) {
      out_.secrets.emplace(name, in.text("digest"));
      out_.variables.emplace(name, Value("").with_sensitive());
    } else {
      out_.variables.emplace(name, in.marked("value"));
    }
  }

  const Registry& registry_;
  PlanFile out_;
};

// The first line says what it is. nullopt: no plan file.
std::optional<std::int64_t> format_of(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.size() > 200) return std::nullopt;
  const auto object = parse_json(first);
  if (!object.has_value() || !object->is_map()) return std::nullopt;
  const Value* kind = object->find("kind");
  const Value* format = object->find("format");
  if (kind == nullptr || !(*kind == Value("plan")) || format == nullptr || !format->is_integer()) return std::nullopt;
  return format->as_integer();
}

// Everything before the last line is digested in it.
Result<std::string_view> verified_body(std::string_view text) {
  const std::string_view cut = text.substr(0, text.empty() ? 0 : text.size() - 1);
  const std::size_t last = cut.rfind('\n');
  if (!text.ends_with('\n') || last == std::string_view::npos) return fail("the plan file was cut short");
  const auto end = parse_json(cut.substr(last + 1));
  const Value* kind = end.has_value() && end->is_map() ? end->find("kind") : nullptr;
  if (kind == nullptr || !(*kind == Value("end"))) return fail("the plan file was cut short, or changed");
  const Value* digest = end->find("sha256");
  const std::string_view body = text.substr(0, last + 1);
  if (digest == nullptr || !(*digest == Value(hex(bytes(sha256(body))))))
    return fail("the plan file was changed after it was written");
  return body;
}

Result<PlanFile> read(std::string_view text, const Registry& registry) {
  const std::optional<std::int64_t> format = format_of(text);
  if (!format) return fail("this is no plan file", "give a file that `plumb plan --out FILE` wrote");
  if (*format > kPlanFormat)
    return fail("the plan file has format " + std::to_string(*format) + ", and this version reads up to " +
                    std::to_string(kPlanFormat),
                "use the version of plumb that wrote it, or plan again");
  std::string_view body = PLUMB_TRY(verified_body(text));
  body.remove_prefix(body.find('\n') + 1);
  Reader reader(registry);
  while (!body.empty()) {
    const std::size_t newline = body.find('\n');
    PLUMB_CHECK(reader.line(PLUMB_TRY(parse_json(body.substr(0, newline)))));
    body.remove_prefix(newline + 1);
  }
  return reader.done();
}

}  // namespace

bool is_plan_file(std::string_view beginning) { return format_of(beginning).has_value(); }

Result<PlanFile> read_plan_file(std::string_view text, const FileName& name, const Registry& registry) {
  auto file = read(text, registry);
  if (file.has_value()) return file;
  Error error = std::move(file).error();
  if (error.next_step.empty() || error.next_step == "write valid JSON") error.next_step = kPlanAgain;
  return fail(std::move(error).at({name, 0, 0}));
}

}  // namespace plumb
