#include "tests/support/stack_fixture.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "providers/core/core.h"
#include "providers/random/random.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/plan_lines.h"

namespace plumb::test {

namespace {

const std::string kRootHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

std::string temp_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "plumb-stack-XXXXXX").string();
  return ::mkdtemp(name.data()) != nullptr ? name : std::string();
}

struct EventText {
  std::string& out;
  void line(const std::string& what, const Address& address, StepKind kind, const std::string& more = {}) const {
    out += what + " " + std::string(word(kind)) + " " + address.str() + more + "\n";
  }
  void operator()(const ApplyStarted&) const {}
  void operator()(const StepStarted&) const {}
  void operator()(const StepFinished& e) const { line("done", e.address, e.kind); }
  void operator()(const StepRetrying& e) const {
    line("retry", e.address, e.kind, " after " + std::to_string(e.wait.count()) + " ms");
  }
  void operator()(const StepFailed& e) const {
    line(e.partial ? "half" : "failed", e.address, e.kind, ": " + e.error.message);
  }
  void operator()(const StepSkipped& e) const {
    line("skipped", e.address, e.kind, e.interrupted ? " (interrupted)" : " because of " + e.because.str());
  }
  void operator()(const ApplyNote& e) const { out += "note " + e.text + "\n"; }
  void operator()(const ApplyFinished&) const {}
};

}  // namespace

std::string Run::errors() const {
  std::string out;
  for (const Diagnostic& item : diagnostics.sorted()) {
    CHECK_FALSE(item.next_step.empty());
    out += item.pos.str() + ": " + item.message + "\n";
  }
  return out;
}

std::string Run::event_text() const {
  std::string out;
  for (const ApplyEvent& event : events) std::visit(EventText{out}, event);
  return out;
}

const PlannedChange* Run::change(const std::string& address) const {
  if (!plan) return nullptr;
  for (const PlannedChange& one : plan->changes) {
    if (one.address.str() == address) return &one;
  }
  return nullptr;
}

StackFixture::StackFixture()
    : fake(std::make_shared<FakeServer>(fake_schema("fake"))),
      inner(std::make_shared<FakeServer>(fake_schema("inner"))),
      directory_(temp_directory()) {
  registry.add("core", [] { return make_core(); });
  registry.add("random", [] { return make_random(); });
  registry.add("fake", [this] { return std::make_unique<FakeKind>(fake); });
  registry.add("inner", [this] { return std::make_unique<FakeKind>(inner); });
  apply_options.jitter = false;
}

StackFixture::~StackFixture() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::unique_ptr<StateStore> StackFixture::store() const {
  KeySource keys;
  if (has_key) keys.environment["PLUMB_KEY"] = kRootHex;
  return local_store(directory_, keys);
}

bool StackFixture::start(Run& run, std::string_view yaml, StateStore& store) {
  run.files = std::make_unique<MemoryFileSystem>();
  run.files->put("/s/plumb.yaml", yaml);
  for (const auto& [path, text] : files) run.files->put("/s/" + path, text);
  run.stack = load_stack("/s", *run.files, run.diagnostics);
  if (run.diagnostics.has_errors()) return false;
  VariableInputs inputs;
  inputs.flags = variables;
  SessionInputs in;
  in.variables = resolve_variables(run.stack, inputs, *run.files, options.allow_literal_secrets, run.diagnostics);
  if (run.diagnostics.has_errors()) return false;
  const auto root = store.key(run.state);
  REQUIRE(root.has_value());
  if (root->has_value()) in.digest_key = digest_key(**root);
  in.key_id = run.state.key_id;
  in.stack = &run.stack;
  in.state = &run.state;
  in.registry = &registry;
  in.redactor = &run.redactor;
  in.options = options;
  run.session = std::make_unique<Session>(std::move(in));
  run.plan = run.session->plan(run.diagnostics);
  return run.plan.has_value();
}

std::unique_ptr<Run> StackFixture::plan(std::string_view yaml) {
  auto run = std::make_unique<Run>();
  const auto from = store();
  if (planted) {
    run->state = *planted;
  } else {
    auto loaded = from->read();
    REQUIRE(loaded.has_value());
    run->state = std::move(loaded->state);
  }
  const std::size_t writes = fake->writes() + inner->writes();
  start(*run, yaml, *from);
  CHECK(fake->writes() + inner->writes() == writes);  // plan never writes
  return run;
}

std::unique_ptr<Run> StackFixture::apply(std::string_view yaml) {
  auto run = std::make_unique<Run>();
  const auto into = store();
  auto locked = into->lock({"apply", {}});
  if (!locked.has_value()) FAIL(locked.error().message);
  run->locked = wrap ? wrap(std::move(locked).value()) : std::move(locked).value();
  auto loaded = run->locked->load();
  if (!loaded.has_value()) FAIL(loaded.error().message);
  run->state = std::move(loaded->state);
  if (!start(*run, yaml, *into)) return run;
  if (has_key) {
    std::vector<std::string> notes;
    auto root = run->locked->ensure_key(run->state, notes);
    REQUIRE(root.has_value());
    run->session->use_key(digest_key(*root));
  }
  if (edit) edit(*run->plan);
  const EventSink sink = [this, raw = run.get()](const ApplyEvent& event) {
    raw->events.push_back(event);
    if (on_event) on_event(event);
  };
  run->outcome = apply_plan(*run->plan, *run->session, *run->locked, run->state, run->redactor, sink, apply_options);
  run->locked.reset();
  return run;
}

std::unique_ptr<Run> StackFixture::settle(std::string_view yaml) {
  auto run = apply(yaml);
  INFO(run->errors() << run->event_text());
  for (const Error& error : run->outcome.errors) UNSCOPED_INFO(error.message);
  REQUIRE(run->plan.has_value());
  REQUIRE(run->outcome.failed == 0);
  REQUIRE(run->outcome.skipped == 0);
  REQUIRE(run->outcome.errors.empty());
  const auto again = plan(yaml);
  INFO(again->errors());
  REQUIRE(again->plan.has_value());
  CHECK(brief(*again->plan).empty());
  CHECK(again->plan->graph.steps.empty());
  return run;
}

State StackFixture::state() const {
  auto loaded = store()->read();
  if (!loaded.has_value()) FAIL(loaded.error().message);
  return std::move(loaded->state);
}

std::string StackFixture::stored_bytes() const {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    out.append(std::istreambuf_iterator<char>(in), {});
  }
  return out;
}

}  // namespace plumb::test
