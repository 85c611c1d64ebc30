#include "providers/vault/capabilities.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"

namespace plumb::vault {

namespace {

constexpr std::size_t kPathsOfCall = 500;

// What the server grants, by namespace and path; without what it does not tell.
using Granted = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

std::vector<std::string> parts_of(const std::string& needed) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= needed.size();) {
    const std::size_t end = std::min(needed.find('|', at), needed.size());
    out.push_back(needed.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

void ask(Client& client, const std::string& space, std::span<const std::string> paths, Granted& granted) {
  Call call;
  call.method = "POST";
  call.path = "sys/capabilities-self";
  call.space = space;
  call.body = Value(ValueMap{{"paths", Value::list({paths.begin(), paths.end()})}});
  call.asks = true;
  const auto answer = client.call(call);
  if (!answer || !answer->found()) {
    PLUMB_LOG(debug, "the token's rights are not checked: " + (answer ? described(call) : answer.error().message));
    return;
  }
  const Value data = answer->data();
  for (const std::string& path : paths) {
    if (data.get(path).is_list()) granted[{space, path}] = texts_of(data, path);
  }
}

Granted ask_all(Client& client, const std::vector<std::vector<Need>>& needs) {
  std::map<std::string, std::set<std::string>> spaces;
  for (const auto& of_change : needs) {
    for (const Need& need : of_change) spaces[need.space].insert(need.path);
  }
  Granted out;
  for (const auto& [space, unique] : spaces) {
    const std::vector<std::string> paths(unique.begin(), unique.end());
    for (std::size_t at = 0; at < paths.size(); at += kPathsOfCall) {
      const std::size_t count = std::min(kPathsOfCall, paths.size() - at);
      ask(client, space, std::span(paths).subspan(at, count), out);
    }
  }
  return out;
}

}  // namespace

bool allows(const std::vector<std::string>& granted, const std::string& needed) {
  const auto has = [&](const std::string& one) {
    return std::find(granted.begin(), granted.end(), one) != granted.end();
  };
  if (has("root")) return true;
  if (has("deny")) return false;
  const std::vector<std::string> parts = parts_of(needed);
  return std::any_of(parts.begin(), parts.end(), has);
}

std::optional<Error> missing_rights(const std::vector<Need>& missing) {
  if (missing.empty()) return std::nullopt;
  std::vector<std::string> what, lines;
  std::map<std::string, std::vector<std::string>> lacking;  // by path
  for (const Need& need : missing) {
    const std::vector<std::string> parts = parts_of(need.capability);
    what.push_back(join(parts, " or ") + " " + need.path + (need.space.empty() ? "" : " in namespace " + need.space));
    auto& all = lacking[need.path];
    for (const std::string& part : parts) {
      if (std::find(all.begin(), all.end(), part) == all.end()) all.push_back(part);
    }
  }
  for (const auto& [path, parts] : lacking) {
    lines.push_back("path \"" + path + "\" { capabilities = [\"" + join(parts, "\", \"") + "\"] }");
  }
  return Error{
      "the token may not " + join(what, ", nor "), "give it a policy with: " + join(lines, " "), {}, Fault::denied};
}

void check_capabilities(Client& client, const std::vector<std::vector<Need>>& needs, std::span<PlanFacts> facts) {
  const Granted granted = ask_all(client, needs);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    std::vector<Need> missing;
    for (const Need& need : needs[i]) {
      const auto at = granted.find({need.space, need.path});
      if (at != granted.end() && !allows(at->second, need.capability)) missing.push_back(need);
    }
    if (auto error = missing_rights(missing); error && !facts[i].blocked) facts[i].blocked = std::move(error);
  }
}

}  // namespace plumb::vault
