// A plan in a file: what was approved, to be carried out later by `plumb apply FILE`, if nothing moved.
//
// JSON, one record a line: what it is, a head, the plan piece by piece, and at the end a digest over all of it. No
// secret and no text of the configuration is in it: secrets are marks, or keyed digests in expectations.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/session.h"

namespace plumb {

inline constexpr int kPlanFormat = 1;
// Largest plan file that is read, in bytes.
inline constexpr std::uint64_t kLargestPlanFile = std::uint64_t{1} << 30U;

struct PlanFile {
  std::string engine;  // version
  std::string id;      // random
  std::string nonce;
  std::string time;     // RFC 3339
  std::string commit;   // of the tree's git repository; empty when there is none
  std::string stack;    // its name
  std::string lineage;  // of the state; empty when there was none
  std::uint64_t serial = 0;
  std::string key_id;  // of the key that digests are made with; empty when the state had none
  PlanMode mode = PlanMode::normal;
  Refresh refresh = Refresh::full;
  std::vector<Address> targets, replace;
  bool allow_literal_secrets = false;
  std::map<std::string, int> types;            // of the changes and steps: version of the schema
  std::vector<FileRead> files;                 // sorted by path
  std::map<std::string, Value> variables;      // those that hold no secret; the others are null and marked
  std::map<std::string, std::string> secrets;  // of sensitive variables: keyed digests, see secret_variables()
  Value configuration;                         // addresses and references, for reports
  Plan plan;
};

// The file's bytes. `redact` cleans texts that come from elsewhere (errors of servers). Sensitive leaves of the plan
// are written as a mark and nothing else.
std::string write_plan_file(const PlanFile& file, const std::function<std::string(const std::string&)>& redact);

// Reads what write_plan_file wrote; sensitive leaves come back as marked empty texts. Errors are at `name`: no plan
// file, cut short, changed, a newer format. Types are found in the registry; an unknown one is an error.
Result<PlanFile> read_plan_file(std::string_view text, const FileName& name, const Registry& registry);
// Whether a file that begins so is a plan file, of whatever format.
bool is_plan_file(std::string_view beginning);

// Keyed digests of the variables that hold secrets, salted with the plan's id.
std::map<std::string, std::string> secret_variables(const std::map<std::string, Value>& variables,
                                                    const std::string& digest_key, const std::string& plan_id);

// What apply restricts itself to.
PlanScope scope_of(const Plan& plan);

}  // namespace plumb
