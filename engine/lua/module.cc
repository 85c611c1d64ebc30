#include "engine/lua/module.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/lua/lexer.h"
#include "engine/lua/message.h"
#include "engine/lua/opaque.h"
#include "engine/lua/proxy.h"
#include "engine/lua/sandbox.h"
#include "engine/lua/script_source.h"

namespace plumb {
namespace {

using lua::guarded;
using lua::Looks;
using lua::Run;
using lua::Stop;

// A script reaches nothing of the stack's but files.
class FilesOnly final : public ExpressionHost {
 public:
  FilesOnly(ReadFile read, ParseYaml parse) : read_(std::move(read)), parse_(std::move(parse)) {}
  Access root(std::string_view /*name*/) override { return Nil{}; }
  Access member(ObjectRef /*object*/, std::string_view /*key*/) override { return Nil{}; }
  std::variant<std::vector<std::string>, Demand, Error> keys(ObjectRef /*object*/) override {
    return std::vector<std::string>{};
  }
  Access whole(ObjectRef /*object*/) override { return Nil{}; }
  Result<std::string> read_file(std::string_view path) override {
    return read_ ? read_(path) : ExpressionHost::read_file(path);
  }
  Result<Value> parse_yaml(std::string_view text) override {
    return parse_ ? parse_(text) : ExpressionHost::parse_yaml(text);
  }

 private:
  ReadFile read_;
  ParseYaml parse_;
};

bool holds_opening(const Value& value) {
  if (value.is_string()) return value.as_string().find("${") != std::string::npos;
  if (value.is_list()) return std::any_of(value.as_list().begin(), value.as_list().end(), holds_opening);
  if (!value.is_map()) return false;
  return std::any_of(value.as_map().begin(), value.as_map().end(),
                     [](const ValueMap::Entry& entry) { return holds_opening(entry.second); });
}

Value with_literals(const Value& value) {
  if (value.is_string()) return literal_text(value.as_string());
  if (value.is_list()) {
    Value::List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list()) items.push_back(with_literals(item));
    return Value::list(std::move(items));
  }
  if (!value.is_map()) return value;
  ValueMap entries;
  entries.reserve(value.as_map().size());
  for (const auto& [key, entry] : value.as_map()) entries.set(key, with_literals(entry));
  return entries;
}

class Script final : public LuaModule {
 public:
  Script(std::string_view text, const std::string& file, ReadFile read_file, InterpreterLimits limits, ParseYaml parse)
      : source_(text, file), host_(std::move(read_file), std::move(parse)) {
    run_.limits = limits;
    run_.script = true;
    L_ = lua::open_state(run_);
  }
  ~Script() override { lua_close(L_); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  [[nodiscard]] const Value& variables() const override { return variables_; }
  [[nodiscard]] SourcePos variable_pos(std::string_view name) const override {
    return source_.line(source_.variable_line(name));
  }
  [[nodiscard]] SourcePos build_pos() const override { return source_.line(build_line_); }
  Result<void> load();
  Result<Value> build(const Value& inputs, const std::set<std::string>& opaque) override;

 private:
  // Lua's stack between runs.
  static constexpr int environment_index = 1;
  static constexpr int chunk_index = 2;

  // What a run is about.
  struct Job {
    Script& script;
    const Value* inputs = nullptr;
    const std::set<std::string>* opaque = nullptr;
  };

  Result<void> run(lua_CFunction step, Job job);
  [[nodiscard]] Error failure();
  [[nodiscard]] Error plain_failure(std::uint32_t& line) const;

  // Functions that Lua calls under protection. Argument: the Job. Upvalues: environment, chunk.
  static int load_step(lua_State* L);
  static int build_step(lua_State* L);

  void check_shape(lua_State* L);
  void read_variables(lua_State* L);
  void push_inputs(lua_State* L, const Job& job) const;
  // Raises an error that belongs to this line.
  [[noreturn]] void refuse(lua_State* L, std::uint32_t line, std::string message, std::string next_step);

  ScriptSource source_;
  FilesOnly host_;
  Run run_;
  lua_State* L_ = nullptr;
  lua::Trace trace_;
  std::uint32_t refused_line_ = 0;
  std::uint32_t build_line_ = 0;
  Value variables_ = Value::map();
};

// Pushes what the chunk returns, run anew in a fresh environment.
void call_chunk(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(2));
  lua::push_script_environment(L, lua_upvalueindex(1));
  lua_setupvalue(L, -2, 1);
  lua_call(L, 0, 1);
}

// A field that `input` does not have. Upvalue: the names that are declared.
int missing_input(lua_State* L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
    lua_pushnil(L);
    return 1;
  }
  if (lua_type(L, 2) != LUA_TSTRING) lua::raise(L, std::string("inputs have names, not a ") + lua::kind_at(L, 2));
  lua::charge(L, 2000);  // as for a global that is not defined
  std::vector<std::string> names;
  for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1)) != 0; lua_pop(L, 1)) {
    lua::charge(L, 20);
    names.emplace_back(lua::text_at(L, -2));
  }
  const std::string name(lua::text_at(L, 2));
  lua::raise_error(
      L, {"there is no input \"" + printable(name) + "\"" + did_you_mean(name, names), "declare it under `variables`"});
}

Result<void> Script::load() {
  if (source_.text().starts_with('\x1b')) {
    return fail("the script is compiled code; only text is run", "give the script's source", source_.line(0));
  }
  const std::string text = rewrite_forms(source_.text(), true);
  if (luaL_loadbufferx(L_, text.data(), text.size(), lua::chunk_name, "t") != LUA_OK) {
    const auto message = lua::plain_message(lua::text_at(L_, -1));
    return fail(printable(message.text), "correct the script", source_.line(message.line));
  }
  return run(&guarded<&Script::load_step, Looks::none>, {*this});
}

Result<Value> Script::build(const Value& inputs, const std::set<std::string>& opaque) {
  const Value given = holds_opening(inputs) ? with_literals(inputs) : inputs;
  PLUMB_CHECK(run(&guarded<&Script::build_step, Looks::none>, {*this, &given, &opaque}));
  return std::exchange(run_.result, Value());
}

Result<void> Script::run(lua_CFunction step, Job job) {
  trace_.clear();
  refused_line_ = 0;
  lua_pushlightuserdata(L_, &trace_);
  lua_pushcclosure(L_, &lua::note_trace, 1);
  lua_pushvalue(L_, environment_index);
  lua_pushvalue(L_, chunk_index);
  lua_pushcclosure(L_, step, 2);
  lua_pushlightuserdata(L_, &job);
  run_.begin(host_, {});
  lua_sethook(L_, &lua::count_hook, LUA_MASKCOUNT | LUA_MASKCALL, lua::hook_interval);
  const int status = lua_pcall(L_, 1, 0, chunk_index + 1);
  lua_sethook(L_, nullptr, 0, 0);
  run_.end();
  if (status == LUA_ERRMEM && run_.stop == Stop::none) run_.stop = run_.memory.churned ? Stop::steps : Stop::memory;
  std::optional<Error> error;
  if (status != LUA_OK || run_.stop != Stop::none) error = failure();
  lua_settop(L_, chunk_index);
  lua_gc(L_, LUA_GCCOLLECT);
  if (error) return fail(std::move(*error));
  return {};
}

Error Script::plain_failure(std::uint32_t& line) const {
  if (run_.stop == Stop::steps || run_.stop == Stop::memory) return lua::limit_error(run_, "script");
  if (run_.stop == Stop::error) return run_.stop_error;
  if (const lua::Proxy* proxy = lua::proxy_at(L_, -1); proxy != nullptr && proxy->tag == lua::Tag::error) {
    return static_cast<const lua::ErrorProxy*>(proxy)->error;
  }
  if (lua_type(L_, -1) != LUA_TSTRING) {
    return {std::string("the script failed with a ") + lua::kind_at(L_, -1) + " in place of a message", {}};
  }
  const auto message = lua::plain_message(lua::text_at(L_, -1));
  if (message.line != 0) line = message.line;
  return {printable(message.text.substr(0, 2000)), {}};
}

Error Script::failure() {
  std::uint32_t line = refused_line_;
  Error error = plain_failure(line);
  // Called by nobody in Lua, `build` has no name of its own.
  for (lua::Frame& frame : trace_) {
    if (build_line_ != 0 && static_cast<std::uint32_t>(frame.defined) == build_line_) frame.name = "`build`";
  }
  if (line == 0) line = trace_.empty() ? build_line_ : static_cast<std::uint32_t>(trace_.front().line);
  if (error.message.empty()) error.message = "the script failed without a message";
  if (error.next_step.empty()) error.next_step = "correct the script";
  error.message += lua::call_chain(trace_);
  return std::move(error).at(source_.line(line));
}

void Script::refuse(lua_State* L, std::uint32_t line, std::string message, std::string next_step) {
  refused_line_ = line;
  lua::raise_error(L, {std::move(message), std::move(next_step)});
}

int Script::load_step(lua_State* L) {
  Script& script = static_cast<Job*>(lua_touserdata(L, 1))->script;
  call_chunk(L);
  script.check_shape(L);
  script.read_variables(L);
  return 0;
}

// What the chunk returned is on the top.
void Script::check_shape(lua_State* L) {
  const char* right = "end it with `return { variables = { ... }, build = function(input) ... end }`";
  const std::uint32_t line = source_.return_line();
  if (lua_type(L, -1) != LUA_TTABLE) {
    refuse(L, line, std::string("a module's script returns a table with `build` in it, not a ") + lua::kind_at(L, -1),
           right);
  }
  const std::array<std::string, 2> known{"build", "variables"};
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    lua::charge(L, 1);
    if (lua_type(L, -2) != LUA_TSTRING) {
      refuse(L, line, "a module's script returns a table with `build` in it, not a list", right);
    }
    const std::string key(lua::text_at(L, -2));
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      refuse(L, line, "unknown key \"" + printable(key) + "\" in what the script returns" + did_you_mean(key, known),
             "a module has `variables` and `build`");
    }
  }
  lua_pushliteral(L, "build");
  const int type = lua_rawget(L, -2);
  if (type == LUA_TNIL) refuse(L, line, "the script's table has no `build`", right);
  if (type != LUA_TFUNCTION) {
    refuse(L, line, std::string("`build` must be a function, not a ") + lua::kind_at(L, -1), right);
  }
  lua_Debug about{};
  lua_getinfo(L, ">S", &about);
  build_line_ = about.linedefined > 0 ? static_cast<std::uint32_t>(about.linedefined) : line;
}

void Script::read_variables(lua_State* L) {
  const char* right = "write `variables = { name = { type = \"string\" } }`";
  lua_pushliteral(L, "variables");
  if (lua_rawget(L, -2) == LUA_TNIL) return;
  const std::uint32_t line = source_.variable_line({});
  const std::string found = lua::kind_at(L, -1);
  refused_line_ = line;  // should the crossing fail
  Value variables = lua::to_document(L, -1, "variables");
  if (variables.is_list()) refuse(L, line, "`variables` names each variable, it is not a list", right);
  if (!variables.is_map()) refuse(L, line, "`variables` must be a table, not a " + found, right);
  for (const auto& [name, about] : variables.as_map()) {
    if (about.is_map()) continue;
    refuse(
        L, source_.variable_line(name),
        "the variable \"" + printable(name) + "\" is described by a table, not by a " + std::string(about.kind_name()),
        right);
  }
  refused_line_ = 0;
  variables_ = std::move(variables);
}

int Script::build_step(lua_State* L) {
  const Job& job = *static_cast<const Job*>(lua_touserdata(L, 1));
  Script& script = job.script;
  call_chunk(L);
  script.check_shape(L);
  lua_pushliteral(L, "build");
  lua_rawget(L, -2);
  script.push_inputs(L, job);
  lua_call(L, 1, 1);
  const int type = lua_type(L, -1);
  const std::string found = lua::kind_at(L, -1);
  script.refused_line_ = script.build_line_;  // should the crossing fail
  script.run_.result = lua::to_document(L, -1, {});
  lua::charge_result(L, script.run_.result);
  if ((type != LUA_TTABLE && type != LUA_TUSERDATA) || !script.run_.result.is_map()) {
    script.refuse(L, script.build_line_,
                  "`build` must return a table with `resources`, `outputs` and so on, not a " +
                      (script.run_.result.is_list() ? "list" : found),
                  "return { resources = { ... }, outputs = { ... } }");
  }
  if (script.run_.sensitive) {
    script.refuse(L, script.build_line_, "a script cannot mark a value as sensitive",
                  "declare the variable opaque, or return the text of an expression: \"${sensitive(...)}\"");
  }
  script.refused_line_ = 0;
  return 0;
}

void Script::push_inputs(lua_State* L, const Job& job) const {
  lua_newtable(L);  // the inputs
  lua_createtable(L, 0, 1);
  lua_newtable(L);  // the names
  const auto declare = [L](const std::string& name) {
    lua::push_text(L, name);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  };
  for (const auto& entry : variables_.as_map()) declare(entry.first);
  for (const auto& entry : job.inputs->as_map()) declare(entry.first);
  for (const std::string& name : *job.opaque) declare(name);
  lua_pushcclosure(L, &guarded<&missing_input>, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  for (const auto& [name, value] : job.inputs->as_map()) {
    lua::push_text(L, name);
    lua::push_value(L, value);
    lua_rawset(L, -3);
  }
  for (const std::string& name : *job.opaque) {
    lua::push_text(L, name);
    lua::push_opaque(L, std::make_shared<const Opaque>(Opaque{name, "var." + name, true}));
    lua_rawset(L, -3);
  }
}

}  // namespace

Result<std::unique_ptr<LuaModule>> LuaModule::load(std::string_view text, const std::string& file, ReadFile read_file,
                                                   InterpreterLimits limits, ParseYaml parse_yaml) {
  auto script = std::make_unique<Script>(text, file, std::move(read_file), limits, std::move(parse_yaml));
  PLUMB_CHECK(script->load());
  return script;
}

}  // namespace plumb
