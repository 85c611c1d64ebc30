// References that a module's script passes on without looking into them.
//
// A pure reference is a chain such as `var.password.value`; it can be indexed. Joined with texts it becomes the text of
// a template, `https://${var.host}/x`, and can be joined further. What Lua itself does not let us see gives answers
// that tell nothing: a reference is true, and unequal to everything that is none.
#pragma once

#include <memory>
#include <string>

#include "engine/lua/run.h"

namespace plumb {

struct Opaque {
  std::string input;  // the name of the (first) input
  std::string text;   // pure: the chain; joined: the template's text
  bool pure = true;

  // What stands for it in a document.
  [[nodiscard]] std::string placed() const { return pure ? "${" + text + "}" : text; }
};

namespace lua {

// Makes the metatable; once, while the interpreter opens.
void open_opaque(lua_State* L);
void push_opaque(lua_State* L, std::shared_ptr<const Opaque> reference);
// nullptr when it is something else.
const std::shared_ptr<const Opaque>* opaque_at(lua_State* L, int index);

[[noreturn]] void refuse_look(lua_State* L, const Opaque& reference);
// Refuses a value that holds a reference anywhere. Precondition: it holds an unknown.
void refuse_look_inside(lua_State* L, const Value& value);

// The value with each reference as its text.
Value placed(const Value& value);

}  // namespace lua
}  // namespace plumb
