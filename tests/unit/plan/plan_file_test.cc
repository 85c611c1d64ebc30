// Plan files: what is written is read again, and nothing else is.
#include "engine/plan/plan_file.h"

#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "engine/plan/plan_file_value.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using namespace plumb::test;

namespace {

const FileName kName("p.plan");

std::string same(const std::string& text) { return text; }

PlanFile sample(Plan plan) {
  PlanFile file;
  file.engine = "1.2.3";
  file.id = "the-id";
  file.nonce = "once";
  file.time = "2026-11-21T12:00:00Z";
  file.commit = std::string(40, 'a');
  file.stack = "demo";
  file.lineage = "lineage";
  file.serial = 7;
  file.key_id = "0badc0de";
  file.mode = PlanMode::destroy;
  file.refresh = Refresh::changed;
  file.targets = {*Address::parse("fake.thing.a"), *Address::parse_any("module.m[\"k\"]")};
  file.replace = {*Address::parse("fake.thing.b[\"x y\"]")};
  file.allow_literal_secrets = true;
  file.types = {{"fake.thing", 3}};
  file.files = {{"a.yaml", "00"}, {"plumb.yaml", "11"}};
  file.variables = {{"list", Value::List{1, "two", Value(), 2.5}},
                    {"secret", Value("hunter2hunter2").with_sensitive()}};
  file.secrets = {{"secret", "digest"}};
  file.configuration = ValueMap{{"resources", Value::list()}};
  file.plan = std::move(plan);
  if (!file.plan.expectations) file.plan.expectations.emplace().steps.resize(file.plan.graph.steps.size());
  return file;
}

std::string error_of(const std::string& text, const Registry& registry) {
  const auto file = read_plan_file(text, kName, registry);
  REQUIRE_FALSE(file.has_value());
  CHECK_FALSE(file.error().next_step.empty());
  return file.error().str();
}

// With the digest that fits, as whoever forges a file would write it.
std::string sealed(std::string body) {
  return body + "{\"kind\":\"end\",\"sha256\":\"" + hex(bytes(sha256(body))) + "\"}\n";
}

}  // namespace

TEST_CASE_METHOD(StackFixture, "a plan comes back as it was, less its secrets") {
  settle(
      "resources:\n"
      "  fake.thing.a: { name: a, zone: one }\n  fake.thing.b: { name: b }\n  fake.thing.c: { name: c }\n"
      "  fake.thing.keeps: { name: keeps, lifecycle: { prevent_destroy: true } }\n"
      "outputs:\n  gone: { value: 1 }\n");
  fake->change("fake.thing", "b", "size", 5);
  fake->put("fake.thing", ValueMap{{"name", "taken"}});
  variables = {{"s", "hunter2hunter2"}};
  options.expect = "the-id";
  const auto run = plan(
      "variables:\n  s: { type: string, sensitive: true }\n"
      "locals:\n  l: '${fake.thing.new.id}'\n"
      "resources:\n"
      "  fake.thing.a: { name: a, zone: two }\n  fake.thing.b: { name: b, note: \"${locals.l}\" }\n"
      "  fake.thing.new: { name: new, secret: '${var.s}', tags: { $: odd, k: v } }\n"
      "  fake.thing.taken: { name: taken }\n"
      "  fake.link.l: { from: \"${fake.thing.new.name}\", to: b }\n"
      "outputs:\n"
      "  shown: { value: '${nonsensitive(#var.s)}' }\n"
      "  secret: { value: '${var.s}', sensitive: true }\n");
  INFO(run->errors());
  REQUIRE(run->plan.has_value());
  const PlanFile file = sample(*run->plan);
  const std::string text = write_plan_file(file, same);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(is_plan_file(text));
  const auto back = read_plan_file(text, kName, registry);
  if (!back.has_value()) FAIL(back.error().str());
  CHECK(whole(back->plan) == whole(*run->plan));
  CHECK(back->plan.expectations->steps == run->plan->expectations->steps);
  CHECK(back->plan.expectations->outputs == run->plan->expectations->outputs);
  CHECK(back->plan.counts.replace == run->plan->counts.replace);
  CHECK(back->plan.counts.blocked == run->plan->counts.blocked);
  CHECK(back->plan.drift.size() == run->plan->drift.size());
  CHECK(back->plan.graph.steps.size() == run->plan->graph.steps.size());
  CHECK(back->plan.changes.front().type == run->plan->changes.front().type);
  CHECK(back->engine == file.engine);
  CHECK(back->id == file.id);
  CHECK(back->nonce == file.nonce);
  CHECK(back->time == file.time);
  CHECK(back->commit == file.commit);
  CHECK(back->stack == file.stack);
  CHECK(back->lineage == file.lineage);
  CHECK(back->serial == file.serial);
  CHECK(back->key_id == file.key_id);
  CHECK(back->mode == file.mode);
  CHECK(back->refresh == file.refresh);
  CHECK(back->targets == file.targets);
  CHECK(back->replace == file.replace);
  CHECK(back->allow_literal_secrets);
  CHECK(back->types == file.types);
  CHECK(back->files.size() == 2);
  CHECK(back->files[1].path == "plumb.yaml");
  CHECK(back->variables.at("list") == file.variables.at("list"));
  CHECK(back->variables.at("secret").sensitive());
  CHECK(back->secrets == file.secrets);
  CHECK(back->configuration == file.configuration);
  // Written again, it is the same file.
  CHECK(write_plan_file(*back, same) == text);
}

TEST_CASE("every part that a plan may have is kept") {
  Plan plan;
  PlannedChange& change = plan.changes.emplace_back();
  change.address = *Address::parse("module.m[\"k\"].fake.thing.a");
  change.action = Action::deferred;
  change.intended = Action::replace;
  change.adopt = change.create_first = change.unverified = true;
  change.deposed = "dep";
  using std::chrono::milliseconds;
  change.timeouts = {milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4)};
  change.blocked = Error{"cause", "step", {FileName("plumb.yaml"), 3, 4}};
  change.paths.push_back({*Path::parse("tags[\"a b\"][0].x"),
                          Value(1),
                          Value::unknown(),
                          Why::upstream,
                          {FileName("plumb.yaml"), 5, 6},
                          Address::parse("data.fake.thing.d").value(),
                          true});
  change.not_verified = {Path("secret")};
  change.warnings = {"careful"};
  change.reason = "because";
  plan.drift.push_back({*Address::parse("fake.thing.a"),
                        DriftEntry::Kind::renamed_outside,
                        {{Path("name"), Value("a"), Value("b").with_sensitive()}},
                        "17"});
  plan.unreadable.push_back({*Address::parse("fake.thing.u"), DriftEntry::Kind::changed, {}, {}});
  plan.records.push_back({*Address::parse("fake.thing.r"), "is not protected any more", true});
  plan.moves.emplace_back(*Address::parse("fake.thing.from"), *Address::parse("fake.thing.to"));
  plan.checks.push_back({"c", CheckResult::Status::failed, {"it is off"}, {FileName("plumb.yaml"), 9, 1}});
  plan.warnings.push_back({Severity::warning, "w", "n", {}});
  plan.nonsensitive = {"plumb.yaml:1:2"};
  plan.ignored = 4;
  plan.counts.moved = 1;
  plan.counts.read = 2;
  plan.destroy = true;
  Step step;
  step.kind = StepKind::read;
  step.address = *Address::parse("data.fake.thing.d");
  step.deposed = "dep";
  step.after = {1};
  plan.graph.steps.push_back(step);
  plan.graph.joins.push_back({});
  plan.expectations.emplace().steps = {{{"action", "=\"read\""}}};
  const Registry registry;
  const std::string text = write_plan_file(sample(plan), same);
  const auto back = read_plan_file(text, kName, registry);
  if (!back.has_value()) FAIL(back.error().str());
  const PlannedChange& read = back->plan.changes.at(0);
  CHECK(read.address == change.address);
  CHECK(read.intended == Action::replace);
  CHECK((read.adopt && read.create_first && read.unverified));
  CHECK(read.deposed == "dep");
  CHECK(read.timeouts == change.timeouts);
  CHECK(read.blocked->pos == change.blocked->pos);
  CHECK(read.paths == change.paths);
  CHECK(read.not_verified == change.not_verified);
  CHECK(back->plan.drift.at(0).kind == DriftEntry::Kind::renamed_outside);
  CHECK(back->plan.drift.at(0).changes.at(0).after.sensitive());
  CHECK(back->plan.drift.at(0).server_id == "17");
  CHECK(back->plan.unreadable.size() == 1);
  CHECK(back->plan.records.at(0).needs_approval);
  CHECK(back->plan.moves == plan.moves);
  CHECK(back->plan.checks == plan.checks);
  CHECK(back->plan.warnings == plan.warnings);
  CHECK(back->plan.ignored == 4);
  CHECK(back->plan.counts.moved == 1);
  CHECK(back->plan.counts.read == 2);
  CHECK(back->plan.destroy);
  CHECK(back->plan.graph.steps.at(0).address.data);
  CHECK(back->plan.graph.steps.at(0).after == std::vector<StepId>{1});
  CHECK(write_plan_file(*back, same) == text);
}

TEST_CASE("values with marks") {
  const Value value = ValueMap{{"$", ValueMap{{"$", "sensitive"}}},
                               {"gone", Value::unavailable()},
                               {"list", Value::List{1, Value("x").with_sensitive(), Value::unknown()}},
                               {"null", Value().with_sensitive()},
                               {"open", Value::unknown().with_sensitive()}};
  const Value encoded = encode_marked(value);
  CHECK_FALSE(encoded.any_sensitive());
  CHECK(encoded.fully_known());
  const auto back = decode_marked(encoded);
  REQUIRE(back.has_value());
  CHECK(back->debug() == value.debug());
  CHECK(back->get("$").get("$") == Value("sensitive"));
  CHECK_FALSE(decode_marked(ValueMap{{"$", "other"}}).has_value());
  CHECK_FALSE(decode_marked(ValueMap{{"$", 1}}).has_value());
  CHECK_FALSE(decode_marked(ValueMap{{"$", "map"}}).has_value());
}

TEST_CASE_METHOD(StackFixture, "texts that come from elsewhere are cleaned") {
  fake->put("fake.thing", ValueMap{{"name", "taken"}});
  options.expect = "the-id";
  const auto run = plan("resources:\n  fake.thing.taken: { name: taken }\n");
  REQUIRE(run->plan.has_value());
  const std::string text = write_plan_file(sample(*run->plan), [](const std::string& one) {
    return one.find("exists already") == std::string::npos ? one : "cleaned";
  });
  CHECK(text.find("exists already") == std::string::npos);
  CHECK(text.find("\"message\":\"cleaned\"") != std::string::npos);
}

TEST_CASE_METHOD(StackFixture, "a damaged file is refused, whatever byte it is") {
  options.expect = "the-id";
  const auto run = plan("resources:\n  fake.thing.a: { name: a }\n");
  REQUIRE(run->plan.has_value());
  const std::string text = write_plan_file(sample(*run->plan), same);
  REQUIRE(read_plan_file(text, kName, registry).has_value());
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const int bit : {0, 3, 6}) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      INFO("byte " << at << " of " << text.size());
      CHECK_FALSE(read_plan_file(damaged, kName, registry).has_value());
    }
  }
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_FALSE(read_plan_file(text.substr(0, size), kName, registry).has_value());
  CHECK(error_of(text.substr(0, text.size() / 2), registry) == "p.plan: the plan file was cut short");
  CHECK(error_of(text.substr(0, text.rfind("{\"kind\":\"end\"")), registry) ==
        "p.plan: the plan file was cut short, or changed");
  std::string edited = text;
  edited.replace(edited.find("demo"), 4, "prod");
  CHECK(error_of(edited, registry) == "p.plan: the plan file was changed after it was written");
  CHECK_FALSE(read_plan_file(text + text, kName, registry).has_value());
}

TEST_CASE("what is no plan, or a newer one") {
  const Registry registry;
  CHECK(error_of("", registry) == "p.plan: this is no plan file");
  CHECK(error_of("stack: demo\n", registry) == "p.plan: this is no plan file");
  CHECK(error_of("{\"kind\":\"state\",\"format\":1}\n", registry) == "p.plan: this is no plan file");
  CHECK(error_of("{\"format\":2,\"kind\":\"plan\"}\n", registry) ==
        "p.plan: the plan file has format 2, and this version reads up to 1");
  CHECK(is_plan_file("{\"format\":2,\"kind\":\"plan\"}\nwhatever"));
  CHECK_FALSE(is_plan_file("stack: demo\n"));
}

TEST_CASE("a forged file does no harm") {
  const Registry registry;
  const std::string first = "{\"format\":1,\"kind\":\"plan\"}\n";
  const std::string head = first + "{\"id\":\"x\",\"kind\":\"head\",\"types\":{}}\n";
  CHECK(read_plan_file(sealed(head), kName, registry).has_value());
  CHECK(error_of(sealed(first), registry) == "p.plan: its head is missing");
  CHECK(error_of(sealed(head + "[1]\n"), registry) == "p.plan: a record is no object");
  CHECK(error_of(sealed(head + "{\"kind\":\"other\"}\n"), registry) ==
        "p.plan: a record is of a kind that this version does not know");
  CHECK(error_of(
            sealed(head + "{\"kind\":\"step\",\"address\":\"a.b.c\",\"after\":[9],\"expects\":{\"action\":\"x\"}}\n"),
            registry) == "p.plan: a step cannot be read");
  CHECK(
      error_of(sealed(head + "{\"kind\":\"step\",\"address\":\"a.b.c\",\"change\":4,\"expects\":{\"action\":\"x\"}}\n"),
               registry) == "p.plan: a step cannot be read");
  CHECK(error_of(sealed(head + "{\"kind\":\"step\",\"address\":\"a.b.c\"}\n"), registry) ==
        "p.plan: `expects` is missing");
  CHECK(error_of(sealed(head + "{\"kind\":\"join\",\"after\":[-1]}\n"), registry) ==
        "p.plan: `after` holds something else than steps");
  CHECK(error_of(sealed(head + "{\"kind\":\"change\",\"address\":\"a.b.c\",\"action\":\"explode\"}\n"), registry) ==
        "p.plan: `action` is a word that this version does not know");
  CHECK(error_of(sealed(head + "{\"kind\":\"change\",\"address\":\"?\"}\n"), registry) ==
        "p.plan: an address cannot be read");
  CHECK(error_of(sealed(head + "{\"kind\":\"change\",\"address\":\"a.b.c\",\"type\":\"a.b\"}\n"), registry) ==
        "p.plan: the type a.b is not known to this version");
  CHECK(error_of(sealed(head + "{\"kind\":\"change\",\"address\":\"a.b.c\",\"pos\":[1]}\n"), registry) ==
        "p.plan: a position cannot be read");
  CHECK(error_of(sealed(head + "{\"counts\":[1],\"kind\":\"totals\"}\n"), registry) ==
        "p.plan: `counts` cannot be read");
}

TEST_CASE("variables that hold secrets are told apart by digest") {
  const std::string key(32, 'k');
  const std::map<std::string, Value> variables{
      {"open", Value("x")}, {"s", Value("hunter2").with_sensitive()}, {"same", Value("hunter2").with_sensitive()}};
  const auto digests = secret_variables(variables, key, "id");
  CHECK(digests.size() == 2);
  CHECK(digests.at("s") != digests.at("same"));
  CHECK(digests == secret_variables(variables, key, "id"));
  CHECK(digests.at("s") != secret_variables(variables, key, "other").at("s"));
}
