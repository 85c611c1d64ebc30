// Reading what a server says of many keys at once.
#include <algorithm>
#include <map>

#include "engine/provider_api/values.h"
#include "providers/vault/kv.h"

namespace plumb::vault {

namespace {

using MetadataResult = Result<std::optional<Value>>;

// Below this a GET for each costs as little, and less where many others have keys in the mount.
constexpr std::size_t kFewKeys = 3;

// The folder that all of them lie in: `services/` of `services/a` and `services/b/c`.
std::string common_folder(const std::vector<KvKey>& keys, const std::vector<std::size_t>& which) {
  std::string folder = keys[which.front()].name;
  folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/') + 1);
  for (const std::size_t i : which) {
    while (!keys[i].name.starts_with(folder)) {
      folder.pop_back();
      folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/') + 1);
    }
  }
  return folder;
}

// False: each has to be asked for by itself.
bool scan(Client& client, const std::vector<KvKey>& keys, const std::vector<std::size_t>& which,
          std::vector<MetadataResult>& out) {
  const KvKey& first = keys[which.front()];
  const std::string folder = common_folder(keys, which);
  Call call;
  call.method = "SCAN";
  call.path = url_path(first.mount) + "/detailed-metadata/" + url_path(folder);
  call.space = first.space;
  const auto answer = client.call(call);
  if (!answer) {
    if (answer.error().fault == Fault::denied) return false;
    for (const std::size_t i : which) out[i] = fail(answer.error());
    return true;
  }
  const Value found = answer->data().get("key_info");
  for (const std::size_t i : which) {
    const Value* one = found.find(std::string_view(keys[i].name).substr(folder.size()));
    out[i] = one != nullptr && one->is_map() ? std::optional(*one) : std::nullopt;
  }
  return true;
}

void get_each(Client& client, const std::vector<KvKey>& keys, const std::vector<std::size_t>& which,
              std::vector<MetadataResult>& out) {
  std::vector<Call> calls;
  calls.reserve(which.size());
  for (const std::size_t i : which) {
    Call& call = calls.emplace_back();
    call.path = url_path(keys[i].mount) + "/metadata/" + url_path(keys[i].name);
    call.space = keys[i].space;
  }
  const auto answers = client.call_all(calls);
  for (std::size_t k = 0; k < which.size(); ++k) {
    if (!answers[k]) {
      out[which[k]] = fail(answers[k].error());
    } else if (answers[k]->found()) {
      out[which[k]] = answers[k]->data();
    }
  }
}

}  // namespace

std::vector<Result<std::optional<Value>>> read_kv_metadata(Client& client, const std::vector<KvKey>& keys) {
  std::vector<MetadataResult> out(keys.size(), std::optional<Value>());
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> mounts;
  for (std::size_t i = 0; i < keys.size(); ++i) mounts[{keys[i].space, keys[i].mount}].push_back(i);
  std::vector<std::size_t> each;
  for (const auto& [mount, which] : mounts) {
    const bool scans = client.server().openbao_since(2, 5) && which.size() > kFewKeys;
    if (!scans || !scan(client, keys, which, out)) each.insert(each.end(), which.begin(), which.end());
  }
  if (!each.empty()) get_each(client, keys, each, out);
  return out;
}

}  // namespace plumb::vault
