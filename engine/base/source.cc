#include "engine/base/source.h"

#include <mutex>
#include <set>
#include <tuple>

namespace plumb {

FileName::FileName(std::string_view name) {
  if (name.empty()) return;
  static std::mutex mutex;
  static std::set<std::string, std::less<>> names;  // node-based: addresses stay valid
  const std::lock_guard lock(mutex);
  auto it = names.find(name);
  if (it == names.end()) it = names.emplace(name).first;
  name_ = &*it;
}

const std::string& FileName::str() const noexcept {
  static const std::string none;
  return name_ != nullptr ? *name_ : none;
}

std::string SourcePos::str() const {
  if (!known() || line == 0) return file.str();
  return column == 0 ? line_str() : line_str() + ":" + std::to_string(column);
}

std::string SourcePos::line_str() const {
  if (!known() || line == 0) return file.str();
  return file.str() + ":" + std::to_string(line);
}

bool operator<(const SourcePos& a, const SourcePos& b) {
  return std::tie(a.file.str(), a.line, a.column) < std::tie(b.file.str(), b.line, b.column);
}

}  // namespace plumb
