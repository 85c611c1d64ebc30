#include "engine/config/tree.h"

#include <algorithm>

namespace plumb {

const Tree::Entry* Tree::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

bool Tree::constant() const noexcept {
  switch (kind) {
    case Kind::template_:
      return false;
    case Kind::list:
      return std::all_of(items.begin(), items.end(), [](const Tree& item) { return item.constant(); });
    case Kind::map:
      return std::all_of(entries.begin(), entries.end(), [](const Entry& entry) { return entry.value.constant(); });
    default:
      return true;
  }
}

}  // namespace plumb
