// A host whose world is a few names, and that counts what it is asked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/lua/interpreter.h"

namespace plumb {

class ScriptedHost : public ExpressionHost {
 public:
  using Members = std::map<std::string, Access, std::less<>>;

  ObjectRef object(Members members) {
    objects.push_back(std::move(members));
    return {7, static_cast<std::uint32_t>(objects.size() - 1)};
  }

  Access root(std::string_view name) override {
    ++asked;
    const auto found = roots.find(name);
    return found == roots.end() ? Access(Nil{}) : found->second;
  }
  Access member(ObjectRef ref, std::string_view key) override {
    ++asked;
    const auto& members = objects.at(ref.id);
    const auto found = members.find(key);
    if (found == members.end()) return Error{"there is no \"" + std::string(key) + "\"", "declare it"};
    return found->second;
  }
  std::variant<std::vector<std::string>, Demand, Error> keys(ObjectRef ref) override {
    std::vector<std::string> names;
    for (const auto& member : objects.at(ref.id)) names.push_back(member.first);
    return names;
  }
  Access whole(ObjectRef ref) override {
    ValueMap entries;
    for (const auto& [key, member] : objects.at(ref.id)) {
      if (std::holds_alternative<Demand>(member)) return Demand{};
      if (const auto* inner = std::get_if<ObjectRef>(&member)) {
        Access value = whole(*inner);
        if (!std::holds_alternative<Value>(value)) return value;
        entries.set(key, std::get<Value>(value));
      } else if (const auto* value = std::get_if<Value>(&member)) {
        entries.set(key, *value);
      }
    }
    return Value(std::move(entries));
  }

  Members roots;
  std::vector<Members> objects;
  int asked = 0;
};

// One interpreter and a world to try expressions on.
class World {
 public:
  explicit World(InterpreterLimits limits = {}) : interpreter({"var", "locals", "each", "core", "stack"}, limits) {
    const Value secret = Value("hunter2").with_sensitive();
    host.roots["var"] = host.object({
        {"name", Value("app")},
        {"count", Value(3)},
        {"half", Value(0.5)},
        {"whole", Value(4.0)},
        {"on", Value(true)},
        {"none", Value()},
        {"password", secret},
        {"list", Value::list({Value("a"), Value(), Value("c")})},
        {"numbers", Value::list({Value(3), Value(1), Value(2)})},
        {"map", Value(ValueMap{{"b", Value(2)}, {"a", Value(1)}})},
        {"mixed", Value(ValueMap{{"open", Value("x")}, {"closed", secret}})},
        {"marked", Value(ValueMap{{"inner", Value(ValueMap{{"x", Value(1)}})}}).with_sensitive()},
        {"partly", Value(ValueMap{{"id", Value::unknown()}, {"name", Value("n")}})},
        {"secret_unknown", Value::unknown().with_sensitive()},
        {"unknown", Value::unknown()},
        {"gone", Value::unavailable()},
        {"later", Demand{}},
        {"broken", Error{"the provider said no", "try again", {}, Fault::provider}},
    });
    const ObjectRef acme = host.object({{"output", Value("acme-out")}});
    const ObjectRef beta = host.object({{"output", Value::unknown()}});
    host.roots["core"] = host.object({{"value", host.object({{"a", host.object({{"acme", acme}, {"beta", beta}})}})}});
    host.roots["stack"] = Value("platform");
  }

  Evaluation run(std::string_view text) {
    const auto id = interpreter.compile(text, {});
    if (!id) return {Evaluation::Status::error, {}, false, id.error()};
    return interpreter.evaluate(*id, host);
  }
  // The value as debug text, or `error: ...`, or `demand`.
  std::string say(std::string_view text) {
    const Evaluation made = run(text);
    if (made.status == Evaluation::Status::demand) return "demand";
    if (made.status == Evaluation::Status::error) return "error: " + made.error.message;
    return made.value.debug();
  }
  bool sensitive(std::string_view text) {
    const Evaluation made = run(text);
    return made.status == Evaluation::Status::done && made.value.sensitive();
  }

  ScriptedHost host;
  Interpreter interpreter;
};

}  // namespace plumb
