#include "engine/plan/action.h"

namespace plumb {

std::string_view symbol(Action action) noexcept {
  switch (action) {
    case Action::no_op:
    case Action::record:
      return " ";
    case Action::create:
      return "+";
    case Action::update:
      return "~";
    case Action::replace:
      return "-/+";
    case Action::remove:
      return "-";
    case Action::forget:
      return ".";
    case Action::adopt:
      return "=>";
    case Action::read:
      return "<=";
    case Action::deferred:
      return "?";
    case Action::blocked:
      return "!";
  }
  return "";
}

std::string_view word(Action action) noexcept {
  switch (action) {
    case Action::no_op:
      return "no-op";
    case Action::record:
      return "record";
    case Action::create:
      return "create";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "delete";
    case Action::forget:
      return "forget";
    case Action::adopt:
      return "adopt";
    case Action::read:
      return "read";
    case Action::deferred:
      return "deferred";
    case Action::blocked:
      return "blocked";
  }
  return "";
}

bool mutates(Action action) noexcept {
  return action == Action::create || action == Action::update || action == Action::replace || action == Action::remove;
}

bool destroys(Action action) noexcept { return action == Action::replace || action == Action::remove; }

}  // namespace plumb
