// One command's way through a stack: configuration, variables, state with or without the lock, key, session, plan.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cli/context.h"
#include "engine/config/stack.h"
#include "engine/plan/plan_file.h"
#include "state/store.h"

namespace plumb::cli {

// Every step tells its errors itself and then gives false, or nothing. Not thread-safe.
class StackRun {
 public:
  explicit StackRun(Context& context) : context_(context) {}
  ~StackRun();
  StackRun(const StackRun&) = delete;
  StackRun& operator=(const StackRun&) = delete;

  // Configuration and variables: from the flags, or (but for secrets) as a saved plan has them.
  bool load(const PlanFile* saved = nullptr);
  // Configuration and variables again, after files have changed; the lock and state stay as they are.
  bool load_again(const PlanFile* saved = nullptr);
  // For commands that only look at state: what is wrong with configuration does not matter, unless there is none.
  bool load_leniently();
  // A consistent state without a lock; or under the lock, for whoever writes.
  bool read_state();
  bool lock_state(const std::string& operation);
  // The session of this mode, from the flags; or the one that looks whether a saved plan still holds.
  bool start(PlanMode mode);
  bool start(const PlanFile& saved);
  // A new session for the same flags on what state is now, for a later stage; what --replace asked for is done.
  bool start_again();
  // What a session of these options is given; nothing when the key cannot be had, which is told.
  std::optional<SessionInputs> session_inputs();
  // Plans, showing that it goes on when it takes long; tells warnings, and timings when asked.
  std::optional<Plan> plan();
  // Makes the root key when this plan stores the first secret.
  bool ensure_key(const Plan& plan);
  // The same for whoever stores one anyhow.
  bool ensure_key();

  StackConfig stack;
  std::map<std::string, Value> variables;
  State state;
  bool has_key = false;                   // the root key of this state was found
  std::optional<std::string> digest_key;  // made of it
  std::optional<std::string> expect;      // set before start(): the plan tells what it expects (PlanOptions::expect)
  PlanOptions options;                    // of the session, from start() on
  std::vector<std::string> notes;         // of reading the state
  std::unique_ptr<StateStore> store;
  std::unique_ptr<StateSession> locked;
  std::unique_ptr<Session> session;

 private:
  void open_store();
  bool open_session();
  bool take(Result<Loaded> loaded);
  Context& context_;
};

// A warning for each message of each check that failed.
void warn_of_checks(const std::vector<CheckResult>& checks, Diagnostics& diagnostics);
// Addresses given on the command line; errors name the flag.
enum class Modules : std::uint8_t { refused, allowed };
Result<std::vector<Address>> addresses_of(const std::vector<std::string>& texts, const std::string& flag,
                                          Modules modules = Modules::refused);
// The inputs of variables: flags, files and the environment.
VariableInputs variable_inputs(const Context& context);

}  // namespace plumb::cli
