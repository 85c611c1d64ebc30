#include "engine/report/checks_json.h"

#include <algorithm>

namespace plumb::report {

namespace {

struct One {
  std::string name;    // of the check alone
  std::string module;  // of this instance, with keys; empty in the stack itself
  std::string status;  // Terraform's word
  const std::vector<std::string>* messages = nullptr;
};

std::string display(const std::string& module, const std::string& name) {
  return (module.empty() ? "" : module + ".") + "check." + name;
}

// The module as configuration has it: without the keys of its calls.
std::string without_keys(const std::string& module) {
  auto address = module.empty() ? Result<Address>() : Address::parse_any(module);
  if (!address.has_value()) return module;
  for (ModuleStep& step : address->modules) step.key.reset();
  return address->str();
}

// A check's own name holds no dot, so the last one ends the module.
One split(const std::string& full, std::string_view status, const std::vector<std::string>& messages) {
  const std::size_t dot = full.rfind('.');
  One out;
  out.name = dot == std::string::npos ? full : full.substr(dot + 1);
  out.module = dot == std::string::npos ? "" : full.substr(0, dot);
  out.status = status == "passed" ? "pass" : status == "failed" ? "fail" : "unknown";
  out.messages = &messages;
  return out;
}

Value instance_json(const One& one) {
  Value::List problems;
  for (const std::string& message : *one.messages) problems.emplace_back(ValueMap{{"message", message}});
  const Value module = one.module.empty() ? Value() : Value(one.module);
  return ValueMap{{"address", ValueMap{{"module", module}, {"to_display", display(one.module, one.name)}}},
                  {"problems", std::move(problems)},
                  {"status", one.status}};
}

Value all_json(const std::vector<One>& all) {
  std::map<std::pair<std::string, std::string>, std::vector<const One*>> groups;
  for (const One& one : all) groups[{without_keys(one.module), one.name}].push_back(&one);
  Value::List out;
  for (const auto& [key, members] : groups) {
    const auto& [module, name] = key;
    const auto any = [&members](const std::string& status) {
      return std::any_of(members.begin(), members.end(), [&](const One* one) { return one->status == status; });
    };
    Value::List instances;
    for (const One* one : members) instances.push_back(instance_json(*one));
    out.emplace_back(ValueMap{{"address", ValueMap{{"kind", "check"},
                                                   {"module", module.empty() ? Value() : Value(module)},
                                                   {"name", name},
                                                   {"to_display", display(module, name)}}},
                              {"instances", std::move(instances)},
                              {"status", any("fail")      ? "fail"
                                         : any("unknown") ? "unknown"
                                                          : "pass"}});
  }
  return out;
}

}  // namespace

std::string_view word(CheckResult::Status status) noexcept {
  switch (status) {
    case CheckResult::Status::passed:
      return "passed";
    case CheckResult::Status::failed:
      return "failed";
    case CheckResult::Status::unknown:
      return "unknown";
  }
  return "unknown";
}

Value checks_json(const std::vector<CheckResult>& checks) {
  std::vector<One> all;
  for (const CheckResult& check : checks) all.push_back(split(check.name, word(check.status), check.messages));
  return all_json(all);
}

Value checks_json(const std::map<std::string, CheckRecord>& checks) {
  std::vector<One> all;
  for (const auto& [name, check] : checks) all.push_back(split(name, check.status, check.messages));
  return all_json(all);
}

}  // namespace plumb::report
