// Drives a postgres provider as the engine does, one object at a time.
#pragma once

#include <catch2/catch.hpp>

#include "engine/model/digest.h"
#include "engine/model/identity.h"
#include "engine/provider_api/contract.h"
#include "providers/postgres/postgres.h"
#include "tests/peers/postgres/private_postgres.h"

namespace plumb::test {

class Driver {
 public:
  explicit Driver(const Value& config) : kind_(make_postgres()), provider_(kind_->make()) {
    auto info = provider_->configure(config);
    if (!info) FAIL(info.error().message);
    info_ = *info;
  }

  [[nodiscard]] const ServerInfo& info() const { return info_; }
  [[nodiscard]] Provider& provider() { return *provider_; }
  [[nodiscard]] const TypeSchema& type(const std::string& name) const { return *kind_->schema().find(name); }

  // Static defaults, then what the provider completes: what the engine would plan.
  [[nodiscard]] Value desired(const std::string& type_name, ValueMap written) const {
    for (const auto& attribute : type(type_name).attributes) {
      if (written.contains(attribute.name)) continue;
      written.set(attribute.name, attribute.default_value.value_or(Value()));
    }
    return provider_->complete(type(type_name), Value(std::move(written)));
  }

  ReadResult read(const std::string& type_name, const Value& identity, const std::string& server_id = "") {
    const std::vector<ReadKey> keys = {{identity, server_id}};
    auto results = provider_->read_many(type(type_name), keys);
    check_read(type(type_name), keys, results);
    REQUIRE(results.size() == 1);
    return results.front();
  }
  ReadResult read_of(const std::string& type_name, const Value& attributes) {
    return read(type_name, identity_of(type(type_name), attributes));
  }

  // Answers of a data source, one for each question.
  std::vector<ReadResult> ask(const std::string& source, const std::vector<ValueMap>& questions) {
    const TypeSchema* found = kind_->schema().find_data(source);
    REQUIRE(found != nullptr);
    const std::vector<Value> configs(questions.begin(), questions.end());
    auto results = provider_->read_data(*found, configs);
    check_data(*found, configs.size(), results);
    REQUIRE(results.size() == configs.size());
    return results;
  }

  // How long a change may take, from now on.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }

  ApplyResult create(const std::string& type_name, const Value& wanted) {
    return apply({Operation::create, &type(type_name), Value(), wanted, {}, {}, {}, timeout_}, wanted);
  }
  ApplyResult update(const std::string& type_name, const ReadResult& live, const Value& wanted,
                     const std::vector<std::string>& changed) {
    std::vector<Path> paths(changed.begin(), changed.end());
    return apply({Operation::update, &type(type_name), live.value, wanted, paths, live.server_id, {}, timeout_},
                 wanted);
  }
  ApplyResult remove(const std::string& type_name, const ReadResult& live) {
    return provider_->apply(
        {Operation::remove, &type(type_name), live.value, Value(), {}, live.server_id, {}, timeout_});
  }
  // What the plan says of a change; an empty text when nothing blocks it.
  std::string blocked(Operation operation, const std::string& type_name, const Value& prior, const Value& wanted,
                      const std::vector<std::string>& changed = {}) {
    const ChangeRequest request{operation, &type(type_name), prior, wanted, {changed.begin(), changed.end()}, {}, {},
                                {}};
    const auto facts = provider_->plan_facts({&request, 1});
    REQUIRE(facts.size() == 1);
    if (!facts.front().blocked) return "";
    CHECK_FALSE(facts.front().blocked->next_step.empty());
    return facts.front().blocked->message;
  }

  // The server holds just what is wanted, where something is wanted.
  void check_equal(const std::string& type_name, const Value& live, const Value& wanted) const {
    for (const auto& attribute : type(type_name).attributes) {
      const auto want = wanted.get(attribute.name);
      if (want.is_null() || want.is_unknown() || attribute.write_only || attribute.local) continue;
      INFO(attribute.name << ": live " << live.get(attribute.name).debug() << ", wanted " << want.debug());
      CHECK(equivalent(live.get(attribute.name), want, attribute));
    }
  }

 private:
  ApplyResult apply(const ChangeRequest& change, const Value& wanted) {
    auto result = provider_->apply(change);
    if (result.value) {
      for (const auto& error : check_apply(*change.type, wanted, result)) FAIL_CHECK(error.message);
    }
    return result;
  }

  std::unique_ptr<ProviderKind> kind_;
  std::unique_ptr<Provider> provider_;
  ServerInfo info_;
  std::chrono::milliseconds timeout_{0};
};

inline std::string message_of(const ApplyResult& result) { return result.error ? result.error->message : ""; }

inline Value changed(const Value& value, const std::string& key, Value to) {
  auto map = value.as_map();
  map.set(key, std::move(to));
  return Value(std::move(map));
}

}  // namespace plumb::test
