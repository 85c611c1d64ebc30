// Anything else: a path that is written, and read where it can be.
#include "engine/model/address.h"
#include "engine/net/http.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/generic_value.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

TypeSchema generic_schema() {
  // Only what a user wrote is theirs: other keys of the answer are left alone.
  Attribute data = optional(attribute("data", map_type(any_type()),
                                      "What is written there; only these keys are compared.", "{ default_ttl: 1h }"));
  data.computed = true;
  Attribute answer = sensitive(
      computed(attribute("write_data", map_type(any_type()), "What the server answered to the last write.", "")));
  answer.server_default = true;
  answer.follows = {"data"};
  return type_schema(
      "vault.generic", "Any path of the API that has no type of its own.", {"path"},
      {
          required(text("path", "The path, below `/v1/`.", "database/config/app")),
          data,
          local(flag("disable_read", "It is never read: what is there is taken to be what was written.", false)),
          local(flag("disable_delete", "It is never deleted: it stays when the block goes.", false)),
          local(flag("ignore_absent_fields", "Keys that the server does not give back are no difference.", false)),
          local(with_default(
              attribute("write_fields", list_type(string_type()),
                        "Fields of the answer to a write that `write_data` shows; of the next write.", "[public_key]"),
              Value::list())),
          answer,
      });
}

Call call_of(const char* method, const Value& attributes) {
  Call call;
  call.method = method;
  call.path = url_path(trimmed_slashes(text_or(attributes, "path")));
  call.space = space_of(attributes);
  return call;
}

bool on(const Value& attributes, const char* name) { return flag_of(attributes, name).value_or(false); }

class Generic : public Type {
 public:
  Generic() : Type(generic_schema()) {}

  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;

 private:
  [[nodiscard]] ReadResult present(const Value& identity, const Value& known, Value data) const;
  [[nodiscard]] ApplyResult written(Client& client, const ChangeRequest& change, Value answer) const;
};

ReadResult Generic::present(const Value& identity, const Value& known, Value data) const {
  std::vector<ValueMap::Entry> out{{"namespace", space_of(identity)},
                                   {"path", text_or(identity, "path")},
                                   {"data", std::move(data)},
                                   {"write_data", known.get("write_data")}};
  // How it is treated is known here alone; a delete asks for it.
  for (const Attribute& attribute : schema().attributes) {
    if (!attribute.local) continue;
    const Value* kept = known.find(attribute.name);
    out.emplace_back(attribute.name, kept != nullptr ? *kept : attribute.default_value.value_or(Value()));
  }
  return ReadResult::present(Value(ValueMap::from(std::move(out))), {});
}

Results Generic::read(Client& client, Keys keys) const {
  Results out(keys.size());
  std::vector<Call> calls;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (on(keys[i].known, "disable_read")) {
      out[i] = present(keys[i].identity, keys[i].known, keys[i].known.get("data"));
      out[i].unread.emplace_back("data");
      continue;
    }
    asked.push_back(i);
    calls.push_back(call_of("GET", keys[i].identity));
  }
  auto answers = client.call_all(calls);
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const ReadKey& key = keys[asked[k]];
    ReadResult& result = out[asked[k]];
    if (!answers[k]) {
      result = ReadResult::unreadable(std::move(answers[k]).error());
      continue;
    }
    if (!answers[k]->found()) continue;
    const Value data = answers[k]->data();
    const Value live = data.is_map() ? data : Value::map();
    const Value written = key.known.get("data");
    if (!written.is_map()) {
      // Nobody has said yet which keys are theirs, and any may be a secret.
      std::vector<ValueMap::Entry> all;
      for (const auto& [name, value] : live.as_map()) all.emplace_back(name, value.with_sensitive());
      result = present(key.identity, key.known, Value(ValueMap::from(std::move(all))));
      continue;
    }
    const bool lenient = on(key.known, "ignore_absent_fields");
    result = present(key.identity, key.known, in_words_of(written, live, lenient));
    if (lenient && lacks_secret(written, live)) result.unread.emplace_back("data");
  }
  return out;
}

// What is there after a write, in the words of what was written.
ApplyResult Generic::written(Client& client, const ChangeRequest& change, Value answer) const {
  ApplyResult out;
  const Value wanted = change.desired.get("data");
  Value data = wanted;
  if (!on(change.desired, "disable_read")) {
    const Call look = call_of("GET", change.desired);
    auto now = client.call(look);
    if (!now || !now->found()) {
      out.error = now ? Error{described(look) + " answers 404, though it was just written",
                              "set `disable_read: true` if it cannot be read",
                              {},
                              Fault::provider}
                      : std::move(now).error();
      // What was written is kept as half-made, so that nothing is forgotten.
    } else {
      const Value live = now->data().is_map() ? now->data() : Value::map();
      data = in_words_of(wanted.is_map() ? wanted : Value::map(), live, on(change.desired, "ignore_absent_fields"));
    }
  }
  ReadResult there = present(change.desired, Value(ValueMap{{"write_data", std::move(answer)}}), std::move(data));
  out.value = std::move(there.value);
  return out;
}

ApplyResult Generic::apply(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::remove) {
    if (on(change.prior, "disable_delete")) return {};
    Call call = call_of("DELETE", change.prior);
    call.timeout = change.timeout;
    auto answer = client.call(call);
    if (answer) return {};
    Error error = std::move(answer).error();
    error.next_step = "mend what the server names, or apply `disable_delete: true` first, if it cannot be deleted";
    return failed(std::move(error));
  }
  if (change.operation == Operation::update && !is_changed(change, "data")) {
    return written(client, change, change.prior.get("write_data"));  // only how it is treated has changed
  }
  Call call = call_of("POST", change.desired);
  const Value data = change.desired.get("data");
  call.body = data.is_map() ? data : Value::map();
  call.timeout = change.timeout;
  auto answer = client.expect(call);
  if (!answer) return failed(std::move(answer).error());
  Value kept;
  if (const auto fields = texts_of(change.desired, "write_fields"); !fields.empty()) {
    std::vector<ValueMap::Entry> entries;
    for (const std::string& field : fields) entries.emplace_back(field, answer->data().get(field).with_sensitive());
    kept = Value(ValueMap::from(std::move(entries)));
  }
  ApplyResult out = written(client, change, std::move(kept));
  out.warnings = answer->warnings();
  return out;
}

std::vector<TypeError> Generic::check(const Value& desired) const {
  const auto path = text_of(desired, "path");
  if (!path) return {};
  const std::string plain = trimmed_slashes(*path);
  if (plain.empty()) return {{Path("path"), "it is empty", "name a path below /v1/"}};
  if (plain.starts_with("v1/")) {
    return {{Path("path"), quoted(plain) + " begins with `v1/`", "leave that away: paths are below it anyway"}};
  }
  return {};
}

std::vector<Need> Generic::needs(const ChangeRequest& change) const {
  const bool removes = change.operation == Operation::remove;
  if (removes && on(change.prior, "disable_delete")) return {};
  if (change.operation == Operation::update && !is_changed(change, "data")) return {};
  const Value& attributes = removes ? change.prior : change.desired;
  return {{trimmed_slashes(text_or(attributes, "path")), space_of(attributes), removes ? "delete" : "create|update"}};
}

}  // namespace

TypePtr make_generic() { return std::make_unique<Generic>(); }

}  // namespace plumb::vault
