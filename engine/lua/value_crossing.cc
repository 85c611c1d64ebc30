// From Lua to Value.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/lua/opaque.h"
#include "engine/lua/proxy.h"

namespace plumb::lua {
namespace {

constexpr std::size_t deepest = 100;

// Reads a tree of Lua tables. A table that stands in two places is read once. Recursion ends at `deepest`.
class Reader {
 public:
  // `place`: references become their text. `name`: what messages call the whole.
  explicit Reader(lua_State* L, bool place = false, std::string_view name = {}) : L_(L), place_(place) {
    if (!name.empty()) path_.emplace_back(name);
  }

  Value read(int index) {
    switch (lua_type(L_, index)) {
      case LUA_TNIL:
        return {};
      case LUA_TBOOLEAN:
        return lua_toboolean(L_, index) != 0;
      case LUA_TNUMBER:
        return number(index);
      case LUA_TSTRING:
        charge_values(L_, 1, lua_rawlen(L_, index));
        return text_at(L_, index);
      case LUA_TUSERDATA:
        return proxy(index);
      case LUA_TTABLE:
        return table(lua_absindex(L_, index));
      default:
        refuse(std::string("a ") + luaL_typename(L_, index) + " is no value of the configuration");
    }
  }

 private:
  struct Shape {
    std::size_t whole = 0;  // keys that are whole numbers
    std::size_t texts = 0;
    lua_Integer highest = 0;
    lua_Integer lowest = 1;
  };

  [[noreturn]] void refuse(std::string message) {
    // A key may be a secret that was read.
    if (!path_.empty() && !run_of(L_).sensitive) {
      std::string path;
      for (std::size_t i = 0; i < std::min<std::size_t>(path_.size(), 8); ++i) path += path_[i];
      if (path.starts_with('.')) path.erase(0, 1);
      if (path_.size() > 8) path += "...";
      message = "at " + printable(path) + ": " + message;
    }
    raise(L_, message);
  }

  Value number(int index) {
    if (lua_isinteger(L_, index) != 0) return std::int64_t{lua_tointeger(L_, index)};
    const double number = lua_tonumber(L_, index);
    if (!std::isfinite(number)) refuse("the number is not finite");
    return number;
  }

  Value proxy(int index) {
    const Proxy& at = *proxy_at(L_, index);
    if (at.tag == Tag::object) return whole_of(L_, static_cast<const ObjectProxy&>(at).ref);
    if (at.tag == Tag::error) return static_cast<const ErrorProxy&>(at).error.message;
    if (at.tag == Tag::opaque) return opaque(**opaque_at(L_, index), index);
    const Value& value = static_cast<const ValueProxy&>(at).value;
    if (open_.size() + value.depth() > deepest) refuse_depth();
    if (!place_ || !value.any_unknown()) return value;
    return placed(value);
  }

  Value opaque(const Opaque& reference, int index) {
    if (!place_) return Value::unknown(*opaque_at(L_, index));
    charge_values(L_, 1, reference.text.size());
    return reference.placed();
  }

  [[noreturn]] void refuse_depth() {
    refuse("the value is nested more than " + std::to_string(deepest) + " levels deep");
  }

  Value table(int index) {
    const void* identity = lua_topointer(L_, index);
    if (const auto known = done_.find(identity); known != done_.end()) return known->second;
    if (std::find(open_.begin(), open_.end(), identity) != open_.end()) refuse("the table contains itself");
    if (open_.size() >= deepest) refuse_depth();
    luaL_checkstack(L_, 8, "table too deep");
    if (const int locked = luaL_getmetafield(L_, index, "__metatable"); locked != LUA_TNIL) {
      lua_pop(L_, 1);
      if (locked == LUA_TBOOLEAN) refuse("a library is no value");
    }
    open_.push_back(identity);
    const Shape shape = measure(index);
    Value value = shape.whole > 0 ? list(index, shape) : map(index, shape);
    open_.pop_back();
    if (value.depth() > deepest) refuse("the value is nested more than " + std::to_string(deepest) + " levels deep");
    if (!open_.empty()) done_.emplace(identity, value);
    return value;
  }

  Shape measure(int index) {
    Shape shape;
    for (lua_pushnil(L_); lua_next(L_, index) != 0; lua_pop(L_, 1)) {
      if (lua_isinteger(L_, -2) != 0) {
        const lua_Integer key = lua_tointeger(L_, -2);
        shape.highest = std::max(shape.highest, key);
        shape.lowest = std::min(shape.lowest, key);
        ++shape.whole;
      } else if (lua_type(L_, -2) == LUA_TSTRING) {
        ++shape.texts;
      } else {
        refuse(std::string("a key is a ") + luaL_typename(L_, -2) + "; keys are text, or 1, 2, 3, ...");
      }
    }
    charge_values(L_, shape.whole + shape.texts);
    if (shape.whole > 0 && shape.texts > 0) refuse("the table mixes a list with named keys");
    if (shape.whole > 0 && (shape.lowest < 1 || static_cast<std::size_t>(shape.highest) != shape.whole)) {
      refuse("the list has gaps; its keys must be 1, 2, 3, ...");
    }
    return shape;
  }

  Value list(int index, const Shape& shape) {
    Value::List items;
    items.reserve(shape.whole);
    for (lua_Integer i = 1; i <= shape.highest; ++i) {
      lua_rawgeti(L_, index, i);
      path_.push_back("[" + std::to_string(i) + "]");
      items.push_back(read(-1));
      path_.pop_back();
      lua_pop(L_, 1);
    }
    return Value::list(std::move(items));
  }

  Value map(int index, const Shape& shape) {
    std::vector<ValueMap::Entry> entries;
    entries.reserve(shape.texts);
    for (lua_pushnil(L_); lua_next(L_, index) != 0; lua_pop(L_, 1)) {
      std::string key(text_at(L_, -2));
      charge_values(L_, 1, key.size());
      path_.push_back("." + key);
      entries.emplace_back(std::move(key), read(-1));
      path_.pop_back();
    }
    return ValueMap::from(std::move(entries));
  }

  lua_State* L_;
  bool place_;
  std::vector<const void*> open_;
  std::vector<std::string> path_;
  std::unordered_map<const void*, Value> done_;
};

}  // namespace

Value to_value(lua_State* L, int index) {
  const int top = lua_gettop(L);
  Value value = Reader(L).read(index);
  lua_settop(L, top);
  return value;
}

Value to_document(lua_State* L, int index, std::string_view name) {
  const int top = lua_gettop(L);
  Value value = Reader(L, true, name).read(index);
  lua_settop(L, top);
  return value;
}

Value check_container(lua_State* L, int index) {
  const int type = lua_type(L, index);
  if (type != LUA_TUSERDATA && type != LUA_TTABLE) wrong_argument(L, index, "list or map");
  Value value = to_value(L, index);
  if (!value.is_list() && !value.is_map()) wrong_argument(L, index, "list or map");
  return value;
}

void read_content(lua_State* L, const Value& value) {
  if (value.any_unknown() && run_of(L).script) refuse_look_inside(L, value);
  if (value.any_unknown()) stop(L, Stop::unknown, value.any_sensitive());
  if (value.any_unavailable()) stop(L, Stop::unavailable, true);
  if (value.any_sensitive()) run_of(L).sensitive = true;
}

bool same(lua_State* L, const Value& a, const Value& b) {
  // Comparing goes no further than the smaller of the two.
  charge(L, std::min(a.weight(), b.weight()) / 4 + 1);
  return a == b;
}

bool equal(lua_State* L, int a, int b) {
  const int type = lua_type(L, a);
  const bool containers = type == LUA_TUSERDATA || type == LUA_TTABLE;
  if (!containers || lua_rawequal(L, a, b) != 0) return lua_rawequal(L, a, b) != 0;
  if (lua_type(L, b) != LUA_TUSERDATA && lua_type(L, b) != LUA_TTABLE) return false;
  const Value left = to_value(L, a);
  const Value right = to_value(L, b);
  read_content(L, left);
  read_content(L, right);
  return same(L, left, right);
}

}  // namespace plumb::lua
