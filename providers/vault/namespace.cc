// Namespaces: only OpenBao has them for everybody.
#include <algorithm>
#include <thread>

#include "engine/model/address.h"
#include "engine/net/http.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

using std::chrono::milliseconds;

TypeSchema namespace_schema() {
  Attribute id = computed(text("namespace_id", "The server's name of it.", "sPlhnZ"));
  id.server_default = true;
  TypeSchema out = type_schema(
      "vault.namespace", "A namespace: mounts, policies and identities of their own.", {"path"},
      {
          required(text("path", "Its name inside of the namespace that `namespace` says.", "team")),
          with_default(attribute("custom_metadata", map_type(string_type()), "What people want to know of it.",
                                 "{ owner: platform }"),
                       Value::map()),
          computed(text("full_path", "Its path from the root, as `namespace` of what lives in it.", "org/team")),
          id,
      });
  out.server_id = "namespace_id";
  out.holds_data = true;
  return out;
}

// Above this many inside of one namespace, listing costs less than asking for each.
constexpr std::size_t kFewNamespaces = 4;

bool has_namespaces(const Client& client) {
  return client.server().openbao_since(2, 3) || client.server().version.find("+ent") != std::string::npos;
}

Error no_namespaces(const Client& client) {
  return {client.server().name() + " has no namespaces",
          "use OpenBao 2.3 or later, or Vault Enterprise",
          {},
          Fault::provider};
}

std::string full_path(const Value& attributes) {
  const std::string parent = space_of(attributes);
  const std::string name = text_or(attributes, "path");
  return parent.empty() ? name : parent + '/' + name;
}

Call call_of(const char* method, const Value& attributes) {
  Call call;
  call.method = method;
  call.path = "sys/namespaces/" + url_segment(text_or(attributes, "path"));
  call.space = space_of(attributes);
  return call;
}

class Namespace : public Type {
 public:
  Namespace() : Type(namespace_schema()) {}

  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] Value complete(Value desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;

 private:
  [[nodiscard]] ReadResult present(const Value& identity, const Value& data) const;
  [[nodiscard]] std::optional<Error> write(Client& client, const ChangeRequest& change) const;
  [[nodiscard]] ApplyResult remove(Client& client, const ChangeRequest& change) const;
};

ReadResult Namespace::present(const Value& identity, const Value& data) const {
  if (flag_of(data, "tainted").value_or(false)) {
    return ReadResult::unreadable({"namespace " + full_path(identity) + " is being deleted",
                                   "run again when it is gone",
                                   {},
                                   Fault::provider,
                                   Retry::later});
  }
  const std::string id = text_or(data, "id");
  return ReadResult::present(
      Value(ValueMap{{"namespace", space_of(identity)},
                     {"path", text_or(identity, "path")},
                     {"custom_metadata", from_wire(*schema().find("custom_metadata"), data.get("custom_metadata"))},
                     {"full_path", full_path(identity)},
                     {"namespace_id", id}}),
      id);
}

Results Namespace::read(Client& client, Keys keys) const {
  if (!has_namespaces(client)) return all_unreadable(keys.size(), no_namespaces(client));
  Results out(keys.size());
  std::map<std::string, std::vector<std::size_t>> by_parent;
  for (std::size_t i = 0; i < keys.size(); ++i) by_parent[space_of(keys[i].identity)].push_back(i);
  std::vector<Call> calls;
  std::vector<std::size_t> single;
  for (const auto& [parent, which] : by_parent) {
    Call list;
    list.method = "LIST";
    list.path = "sys/namespaces";
    list.space = parent;
    const Result<Answer> all = which.size() > kFewNamespaces ? client.call(list) : Result<Answer>(fail(Error{}));
    for (const std::size_t i : which) {
      if (!all || !all->found()) {
        single.push_back(i);
        calls.push_back(call_of("GET", keys[i].identity));
        continue;
      }
      const Value info = all->data().get("key_info").get(text_or(keys[i].identity, "path") + '/');
      if (!info.is_null()) out[i] = present(keys[i].identity, info);
    }
  }
  auto answers = client.call_all(calls);
  for (std::size_t k = 0; k < single.size(); ++k) {
    const Value& identity = keys[single[k]].identity;
    if (!answers[k]) {
      out[single[k]] = ReadResult::unreadable(std::move(answers[k]).error());
    } else if (answers[k]->found()) {
      out[single[k]] = present(identity, answers[k]->data());
    }
  }
  return out;
}

// A second namespace of a name would take over the first, so what is there is looked at before.
std::optional<Error> Namespace::write(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::create) {
    const auto now = client.call(call_of("GET", change.desired));
    if (!now) return now.error();
    if (now->found()) {
      return Error{"namespace " + full_path(change.desired) + " exists already: somebody made it since the plan",
                   "plan again: it says how to take over what is there",
                   {},
                   Fault::provider};
    }
  }
  Call call = call_of("POST", change.desired);
  call.body = Value(ValueMap{{"custom_metadata", change.desired.get("custom_metadata")}});
  call.timeout = change.timeout;
  auto answer = client.call(call);
  if (!answer) return std::move(answer).error();
  if (answer->found()) return std::nullopt;
  return Error{described(call) + " answers 404: there is no such namespace to make it in",
               "make the namespace that `namespace` says first",
               {},
               Fault::provider};
}

// The server goes on deleting after it has answered; what is inside goes first.
ApplyResult Namespace::remove(Client& client, const ChangeRequest& change) const {
  Call call = call_of("DELETE", change.prior);
  call.timeout = change.timeout;
  auto answer = client.call(call);
  if (!answer) return failed(std::move(answer).error());
  const Call look = call_of("GET", change.prior);
  const auto deadline =
      std::chrono::steady_clock::now() + (change.timeout.count() > 0 ? change.timeout : milliseconds(300'000));
  for (milliseconds pause(20);; pause = std::min(pause * 2, milliseconds(2000))) {
    auto now = client.call(look);
    if (!now) {
      Error error = std::move(now).error();
      error.retry = Retry::outcome_unknown;
      return failed(std::move(error));
    }
    if (!now->found()) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return failed({"namespace " + full_path(change.prior) + " is still being deleted",
                     "give it more time with `timeouts:`, and run again",
                     {},
                     Fault::provider,
                     Retry::outcome_unknown});
    }
    std::this_thread::sleep_for(pause);
  }
}

ApplyResult Namespace::apply(Client& client, const ChangeRequest& change) const {
  if (!has_namespaces(client)) return failed(no_namespaces(client));
  if (change.operation == Operation::remove) return remove(client, change);
  if (auto error = write(client, change)) return failed(std::move(*error));
  const ReadKey key{change.desired, {}, {}};
  ReadResult now = std::move(read(client, Keys(&key, 1)).front());
  ApplyResult out;
  if (now.status == ReadResult::Status::present) {
    out.value = std::move(now.value);
    out.server_id = std::move(now.server_id);
    return out;
  }
  out.error = now.status == ReadResult::Status::unreadable
                  ? std::move(now.error)
                  : Error{"namespace " + full_path(change.desired) + " was written, and yet it is not there",
                          "plan again",
                          {},
                          Fault::provider};
  out.error->retry = Retry::outcome_unknown;
  return out;
}

std::vector<TypeError> Namespace::check(const Value& desired) const {
  const auto path = text_of(desired, "path");
  if (!path) return {};
  const std::string name = trimmed_slashes(*path);
  if (name.empty()) return {{Path("path"), "it is empty", "name the namespace"}};
  if (const auto slash = name.rfind('/'); slash != std::string::npos) {
    return {{Path("path"), quoted(name) + " names a namespace inside of another",
             "write `namespace: " + name.substr(0, slash) + "` and `path: " + name.substr(slash + 1) + '`'}};
  }
  return {};
}

Value Namespace::complete(Value desired) const {
  if (!text_of(desired, "namespace") || !text_of(desired, "path")) return desired;
  return with(desired, "full_path", full_path(desired));
}

std::vector<Need> Namespace::needs(const ChangeRequest& change) const {
  const bool removes = change.operation == Operation::remove;
  const Value& attributes = removes ? change.prior : change.desired;
  return {{"sys/namespaces/" + text_or(attributes, "path"), space_of(attributes), removes ? "delete" : "update"}};
}

}  // namespace

TypePtr make_namespace() { return std::make_unique<Namespace>(); }

}  // namespace plumb::vault
