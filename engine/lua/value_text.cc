// Values as text: what tostring and json_encode print.
#include "engine/base/text.h"
#include "engine/lua/opaque.h"
#include "engine/lua/proxy.h"

namespace plumb::lua {
namespace {

// Recursion ends at a depth that no document reaches.
constexpr int deepest = 200;

class JsonWriter {
 public:
  JsonWriter(lua_State* L, int indent) : L_(L), indent_(indent) {}

  void write(const Value& value, int depth) {
    charge(L_, 1);
    check_size(L_, out_.size());
    if (depth > deepest) raise(L_, "the value is nested too deep to be written as JSON");
    if (value.is_list()) {
      open('[');
      for (const Value& item : value.as_list()) {
        next(depth);
        write(item, depth + 1);
      }
      close(']', depth, value.as_list().empty());
    } else if (value.is_map()) {
      open('{');
      for (const auto& [key, entry] : value.as_map()) {
        next(depth);
        text(key);
        out_ += indent_ >= 0 ? ": " : ":";
        write(entry, depth + 1);
      }
      close('}', depth, value.as_map().empty());
    } else if (value.is_string()) {
      text(value.as_string());
    } else {
      out_ += value.is_null() ? "null" : *scalar_text(value);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void open(char bracket) {
    out_ += bracket;
    first_ = true;
  }
  void next(int depth) {
    if (!first_) out_ += ',';
    first_ = false;
    line(depth + 1);
  }
  void close(char bracket, int depth, bool empty) {
    if (!empty) line(depth);
    out_ += bracket;
    first_ = false;
  }
  void line(int depth) {
    if (indent_ < 0) return;
    const auto spaces = static_cast<std::size_t>(indent_) * static_cast<std::size_t>(depth);
    charge_bytes(L_, spaces);
    (out_ += '\n').append(spaces, ' ');
  }
  void text(std::string_view text) {
    charge_bytes(L_, text.size());
    (out_ += '"') += json_escape(text);
    out_ += '"';
    check_size(L_, out_.size());
  }

  lua_State* L_;
  int indent_;
  bool first_ = true;
  std::string out_;
};

}  // namespace

std::string json_text(lua_State* L, const Value& value, int indent) {
  read_content(L, value);
  JsonWriter writer(L, indent);
  writer.write(value, 0);
  return writer.take();
}

void push_as_text(lua_State* L, int index) {
  index = lua_absindex(L, index);
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      return lua_pushvalue(L, index);
    case LUA_TNUMBER:
      if (lua_isinteger(L, index) != 0) {
        push_text(L, std::to_string(lua_tointeger(L, index)));
      } else {
        push_text(L, number_text(lua_tonumber(L, index)));
      }
      return;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) != 0 ? "true" : "false");
      return;
    case LUA_TUSERDATA: {
      const Proxy& proxy = *proxy_at(L, index);
      if (proxy.tag == Tag::error) return push_text(L, static_cast<const ErrorProxy&>(proxy).error.message);
      if (const auto* reference = opaque_at(L, index)) refuse_look(L, **reference);
      return push_text(L, json_text(L, to_value(L, index)));
    }
    case LUA_TTABLE:
      if (luaL_callmeta(L, index, "__tostring") != 0) {
        if (lua_type(L, -1) != LUA_TSTRING) raise(L, "'__tostring' must return a string");
        return;
      }
      [[fallthrough]];
    default:
      // No address: a plan must not depend on one.
      lua_pushstring(L, luaL_typename(L, index));
  }
}

}  // namespace plumb::lua
