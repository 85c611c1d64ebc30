// Files of the project, and templates of text. What is read goes through the host, which records it.
#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/lua/expression.h"
#include "engine/lua/functions/arguments.h"
#include "engine/lua/message.h"
#include "engine/lua/sandbox.h"

namespace plumb::lua::functions {
namespace {

// The forms are given functions by the rewriting; their values take their places. Returns whether reading this one met
// anything marked.
bool run_argument(lua_State* L, int index) {
  Run& run = run_of(L);
  const bool before = run.sensitive;
  run.sensitive = false;
  lua_pushvalue(L, index);
  const int status = lua_pcall(L, 0, 1, 0);
  const bool marked = run.sensitive;
  run.sensitive = before || marked;
  if (status == LUA_ERRMEM) stop(L, run.memory.churned ? Stop::steps : Stop::memory);
  if (status != LUA_OK) raise_top(L);
  lua_replace(L, index);
  return marked;
}

// The path at 1. Paths are recorded in the plan, so no secret may be in one.
std::string check_path(lua_State* L) {
  const bool form = lua_type(L, 1) == LUA_TFUNCTION;
  bool marked = form && run_argument(L, 1);
  std::string path(check_text(L, 1));
  // Called by its value, as in map(paths, file): it is known only whether something marked was read before.
  if (!form) marked = run_of(L).sensitive && run_of(L).text.find(path) == std::string_view::npos;
  if (marked) bad_argument(L, 1, "file name that comes from no sensitive value expected");
  if (path.empty() || path.find('\0') != std::string::npos) bad_argument(L, 1, "file name expected");
  return path;
}

std::string read(lua_State* L, const std::string& path) {
  auto text = run_of(L).host->read_file(path);
  if (!text) raise_error(L, std::move(text).error());
  charge_values(L, 1, text->size());
  charge_bytes(L, text->size());
  return std::move(text).value();
}

// Upvalues: the map of what the template is given.
int read_name(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) raise(L, "the environment is indexed by names");
  const std::string_view name = text_at(L, 2);
  const Value& given = *value_at(L, lua_upvalueindex(1));
  if (const Value* found = given.find(name)) {
    push_value(L, *found, given.sensitive());
    return 1;
  }
  read_shape(L, given);
  push_standard_environment(L);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TNIL || name == "null") return 1;
  std::vector<std::string> words = Interpreter::function_names();
  for (const auto& entry : given.as_map()) words.push_back(entry.first);
  const std::string hint = given.sensitive() ? std::string() : did_you_mean(name, words);
  raise(L, '"' + std::string(name) + "\" is not given to the template, or is null" + hint);
}

int refuse_write(lua_State* L) { raise(L, "globals are read-only"); }

class Renderer {
 public:
  // The map of what is given is on the top; the environment takes its place.
  Renderer(lua_State* L, std::string name, std::string_view text) : L_(L), name_(std::move(name)), text_(text) {
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_rotate(L, -3, -1);
    lua_pushcclosure(L, &guarded<&read_name>, 1);
    lua_setfield(L, -2, "__index");
    set_function(L, "__newindex", &guarded<&refuse_write>);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    environment_ = lua_gettop(L);
  }

  std::string render() {
    std::string out;
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t dollar = text_.find("${", at);
      if (dollar == std::string_view::npos) {
        out += text_.substr(at);
        break;
      }
      if (dollar > at && text_[dollar - 1] == '$') {
        (out += text_.substr(at, dollar - 1 - at)) += run_of(L_).script ? "$${" : "${";
        at = dollar + 2;
        continue;
      }
      out += text_.substr(at, dollar - at);
      follow(dollar);
      const auto length = expression_end(text_.substr(dollar + 2, window));
      if (!length) fail_here(1, "the expression has no end", "close it with }, or write $${ for a literal ${");
      run(text_.substr(dollar + 2, *length));
      out += text_at(L_, -1);
      charge_bytes(L_, lua_rawlen(L_, -1));
      check_size(L_, out.size() + text_.size());
      lua_settop(L_, environment_);
      at = dollar + 2 + *length + 1;
    }
    return out;
  }

 private:
  // How long an expression in a template may be: what has no end is not searched for one through a large file.
  static constexpr std::size_t window = 65536;
  // Counts lines up to the `${` at hand.
  void follow(std::size_t to) {
    for (; counted_ < to; ++counted_) {
      if (text_[counted_] != '\n') continue;
      ++line_;
      line_begin_ = counted_ + 1;
    }
    column_ = to - line_begin_ + 1;
  }

  [[noreturn]] void fail_here(std::size_t line, const std::string& message, std::string next_step) {
    // Of a later line of an expression the column is not known.
    const std::string place =
        std::to_string(line_ + line - 1) + (line == 1 ? ":" + std::to_string(column_) : std::string());
    raise_error(L_, Error{"template " + name_ + ":" + place + ": " + message, std::move(next_step)});
  }

  [[noreturn]] void fail_with_top() {
    if (const Proxy* proxy = proxy_at(L_, -1); proxy != nullptr && proxy->tag == Tag::error) {
      const Error error = static_cast<const ErrorProxy*>(proxy)->error;
      fail_here(1, error.message, error.next_step);
    }
    const Run& run = run_of(L_);
    if (run.user_error && run.sensitive) {
      fail_here(1, "the expression failed; its message is withheld because it read a sensitive value",
                "correct the template");
    }
    if (lua_type(L_, -1) != LUA_TSTRING) fail_here(1, "the expression failed", "correct the template");
    const PlainMessage message = plain_message(text_at(L_, -1));
    fail_here(std::max<std::size_t>(message.line, 1), printable(message.text.substr(0, 2000)), "correct the template");
  }

  // Leaves the text of what the expression gives on the top.
  void run(std::string_view expression) {
    const std::string source = "return " + rewrite_forms(expression);
    charge(L_, source.size());
    luaL_checkstack(L_, 10, "too many templates in templates");
    if (expression.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      fail_here(1, "there is nothing between ${ and }", "write an expression, or $${ for a literal ${");
    }
    if (luaL_loadbufferx(L_, source.data(), source.size(), chunk_name, "t") != LUA_OK) fail_with_top();
    lua_pushvalue(L_, environment_);
    lua_setupvalue(L_, -2, 1);
    if (protected_call(L_, 0, 1) != LUA_OK) fail_with_top();
    const int type = lua_type(L_, -1);
    if (type == LUA_TNIL) {
      lua_pushliteral(L_, "");
    } else if (type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN) {
      push_as_text(L_, -1);
    } else {
      fail_here(1, std::string("a ") + kind_at(L_, -1) + " cannot stand inside text",
                "pick a member, or use join() or json_encode()");
    }
  }

  lua_State* L_;
  std::string name_;
  std::string_view text_;
  int environment_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::size_t column_ = 1;
};

// What the template is given, at 2; leaves it on the top.
void push_given(lua_State* L) {
  lua_settop(L, 2);
  if (lua_type(L, 2) == LUA_TFUNCTION) run_argument(L, 2);
  push_value(L, lua_isnil(L, 2) ? Value::map() : check_map(L, 2));
}

std::string_view last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || path == "/" ? path : path.substr(slash + 1);
}

}  // namespace

int file(lua_State* L) {
  push_outside_text(L, read(L, check_path(L)));
  return 1;
}

int template_file(lua_State* L) {
  const std::string path = check_path(L);
  const std::string text = read(L, path);
  push_given(L);
  return push_result(L, Renderer(L, printable(path), text).render());
}

int template_text(lua_State* L) {
  const std::string text(check_text(L, 1));
  charge_values(L, 1, text.size());
  push_given(L);
  return push_result(L, Renderer(L, "text", text).render());
}

int basename(lua_State* L) { return push_result(L, last_part(check_text(L, 1))); }

int dirname(lua_State* L) {
  std::string_view path = check_text(L, 1);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return push_result(L, ".");
  path = path.substr(0, slash);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return push_result(L, path.empty() ? "/" : path);
}

}  // namespace plumb::lua::functions
