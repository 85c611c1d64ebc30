// A stack on a fake server, for tests: YAML text in, plans and applies out, state in a directory that goes with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/apply/apply.h"
#include "engine/base/redact.h"
#include "engine/provider_api/fake.h"
#include "tests/support/memory_file_system.h"

namespace plumb::test {

// One session and all that it lives on. The order of members is the order of their lives.
struct Run {
  std::unique_ptr<MemoryFileSystem> files;  // what the stack was loaded from; modules are read from it later too
  StackConfig stack;
  State state;
  Redactor redactor;
  Diagnostics diagnostics;
  std::unique_ptr<StateSession> locked;  // apply only
  std::unique_ptr<Session> session;
  std::optional<Plan> plan;
  ApplyOutcome outcome;
  std::vector<ApplyEvent> events;

  // One line per diagnostic: `plumb.yaml:1:2: message`.
  [[nodiscard]] std::string errors() const;
  // One line per event that somebody waits for: `failed create fake.thing.a: disk full`.
  [[nodiscard]] std::string event_text() const;
  [[nodiscard]] const PlannedChange* change(const std::string& address) const;
};

// Providers: `core`, `random`, and the fakes `fake` and `inner`, each with a server of its own that outlives the runs.
// Stacks need not name them under `providers:`.
class StackFixture {
 public:
  StackFixture();
  ~StackFixture();
  StackFixture(const StackFixture&) = delete;
  StackFixture& operator=(const StackFixture&) = delete;

  std::shared_ptr<FakeServer> fake, inner;
  Registry registry;
  PlanOptions options;
  std::vector<std::pair<std::string, std::string>> variables;
  std::map<std::string, std::string> files;  // beside plumb.yaml: `modules/m/module.yaml` -> text
  bool has_key = true;
  // What apply is told; no jitter unless a test says so.
  ApplyOptions apply_options;
  // Stands between apply and the store, to count and to fail.
  std::function<std::unique_ptr<StateSession>(std::unique_ptr<StateSession>)> wrap;
  // Changes a plan before it is applied: for what plan does not make by itself.
  std::function<void(Plan&)> edit;
  // Called with every event.
  std::function<void(const ApplyEvent&)> on_event;
  // Takes the place of the stored state in plan(), when set.
  std::optional<State> planted;

  // Both load the text as the stack's plumb.yaml. Errors are in the run; then there is no plan.
  std::unique_ptr<Run> plan(std::string_view yaml);
  std::unique_ptr<Run> apply(std::string_view yaml);
  // An apply that has to work, and after which a plan finds nothing; fails the test otherwise.
  std::unique_ptr<Run> settle(std::string_view yaml);
  // What the store holds now, without a lock.
  [[nodiscard]] State state() const;
  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }
  // All bytes of all files of the store.
  [[nodiscard]] std::string stored_bytes() const;

 private:
  [[nodiscard]] std::unique_ptr<StateStore> store() const;
  // False: there are errors.
  bool start(Run& run, std::string_view yaml, StateStore& store);

  std::string directory_;
};

}  // namespace plumb::test
