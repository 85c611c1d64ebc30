#include "providers/vault/secret_id_calls.h"

#include "engine/provider_api/values.h"
#include "providers/vault/type.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

std::string role_path(const Value& attributes) {
  return "auth/" + url_path(trimmed_slashes(text_or(attributes, "backend"))) + "/role/" +
         url_segment(text_or(attributes, "role_name"));
}

std::string plain_role_path(const Value& attributes) {
  return "auth/" + trimmed_slashes(text_or(attributes, "backend")) + "/role/" + text_or(attributes, "role_name");
}

Call accessor_call(const Value& attributes, const std::string& verb, const std::string& accessor) {
  Call out;
  out.method = "POST";
  out.path = role_path(attributes) + "/secret-id-accessor/" + verb;
  out.space = space_of(attributes);
  out.body = Value(ValueMap{{"secret_id_accessor", accessor}});
  out.asks = verb == "lookup";
  return out;
}

Found found(const Result<Answer>& answer) {
  if (!answer) return Found::unclear;
  if (answer->data().find("secret_id_accessor") != nullptr) return Found::there;
  // Without a mount there is no answer of the auth method, only one of the router.
  if (!answer->found() && answer->data().find("error") == nullptr) return Found::no_role;
  return Found::used_up;
}

bool no_such_role(Client& client, const Value& attributes) {
  const auto role = client.read(role_path(attributes), space_of(attributes));
  return role && !role->has_value();
}

Result<void> destroy_secret_id(Client& client, const Value& attributes, const std::string& accessor,
                               std::chrono::milliseconds timeout) {
  Call call = accessor_call(attributes, "destroy", accessor);
  call.timeout = timeout;
  const auto answer = client.call(call);
  if (answer) return {};
  // The server answers 500 for an accessor or a role that is not there.
  const auto there = client.call(accessor_call(attributes, "lookup", accessor));
  if (there && found(there) != Found::there) return {};
  if (!there && no_such_role(client, attributes)) return {};
  return fail(answer.error());
}

Result<void> destroy_leftovers(Client& client, const Value& desired) {
  const auto accessors = PLUMB_TRY(client.list(role_path(desired) + "/secret-id", space_of(desired)));
  std::vector<Call> calls;
  calls.reserve(accessors.size());
  for (const std::string& accessor : accessors) calls.push_back(accessor_call(desired, "lookup", accessor));
  auto answers = client.call_all(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) return fail(std::move(answers[i]).error());
    const Value metadata = answers[i]->data().get("metadata");
    if (text_of(metadata, kLabel) != text_of(desired, "name")) continue;
    PLUMB_CHECK(destroy_secret_id(client, desired, accessors[i], {}));
  }
  return {};
}

}  // namespace plumb::vault
