// What evaluating an expression costs when it is done often, and what a module's script costs that yields much.
#include <ctime>
#include <iomanip>
#include <iostream>
#include <string>

#include "engine/lua/module.h"

namespace {

using plumb::Access;
using plumb::Value;
using plumb::ValueMap;

// Processor seconds of this thread.
double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class Host final : public plumb::ExpressionHost {
 public:
  Access root(std::string_view name) override { return plumb::ObjectRef{1, name == "var" ? 1U : 2U}; }
  Access member(plumb::ObjectRef /*object*/, std::string_view key) override {
    if (const Value* found = values_.find(key)) return *found;
    return plumb::Nil{};
  }
  std::variant<std::vector<std::string>, plumb::Demand, plumb::Error> keys(plumb::ObjectRef /*object*/) override {
    return std::vector<std::string>{};
  }
  Access whole(plumb::ObjectRef /*object*/) override { return values_; }

 private:
  Value values_ = ValueMap{{"a", Value("x")},
                           {"env", Value("production")},
                           {"key", Value("acme")},
                           {"list", Value::list({Value("a"), Value("b"), Value("c")})},
                           {"map", ValueMap{{"x", ValueMap{{"y", Value(1)}}}}},
                           {"n", Value(41)}};
};

// False when one costs more than it may.
bool expressions() {
  constexpr int rounds = 100'000;
  constexpr double most = 3;  // microseconds
  bool good = true;
  for (const char* text :
       {"var.n + 1", "each.key .. \"-\" .. var.env", "var.a == \"x\" and 1 or 2", "var.map.x.y", "upper(var.env)",
        "join(var.list, \",\")", "{name = each.key, env = var.env}", "try(var.map.x.y, 0)"}) {
    plumb::Interpreter interpreter({"var", "each"});
    Host host;
    const auto id = interpreter.compile(text, {});
    const double before = now();
    for (int i = 0; i < rounds; ++i) {
      if (interpreter.evaluate(*id, host).status != plumb::Evaluation::Status::done) return false;
    }
    const double each = (now() - before) / rounds * 1e6;
    good = good && each < most;
    std::cout << std::left << std::setw(40) << text << std::right << std::fixed << std::setprecision(2) << std::setw(8)
              << each << " us" << (each < most ? "" : "  too slow") << "\n";
  }
  return good;
}

bool script() {
  constexpr double most = 0.15;  // seconds
  const auto module = plumb::LuaModule::load(R"lua(return { build = function(input)
  local resources = {}
  for i = 1, 10000 do
    resources["core.value.r" .. i] = { name = "r" .. i, size = i, on = true, secret = input.password, kind = input.kind }
  end
  return { resources = resources }
end })lua",
                                             "module.lua", {});
  if (!module) return false;
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double before = now();
    if (!(*module)->build(ValueMap{{"kind", Value("big")}}, {"password"})) return false;
    best = std::min(best, now() - before);
  }
  std::cout << std::left << std::setw(40) << "a script that yields 10,000 resources" << std::right << std::setw(8)
            << best * 1e3 << " ms" << (best < most ? "" : "  too slow") << "\n";
  return best < most;
}

}  // namespace

int main() {
  const bool fast = expressions();
  return script() && fast ? 0 : 1;
}
