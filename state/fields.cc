#include "state/fields.h"

#include <algorithm>
#include <limits>

namespace plumb::statefile {

Fields::Fields(const Value& line) : line_(&line) {
  if (!line.is_map()) error_ = "a line must be a JSON object";
  asked_.reserve(16);
}

const Value* Fields::value(std::string_view key) {
  const Value* found = line_->find(key);
  if (found != nullptr) asked_.push_back(key);
  return found;
}

Value Fields::value_or_null(std::string_view key) {
  const Value* found = value(key);
  return found != nullptr ? *found : Value();
}

void Fields::wrong(std::string why) {
  if (error_.empty()) error_ = std::move(why);
}

std::string Fields::text(std::string_view key) {
  const Value* found = value(key);
  if (found == nullptr) return {};
  if (found->is_string()) return found->as_string();
  wrong("`" + std::string(key) + "` must be text");
  return {};
}

std::string Fields::required_text(std::string_view key) {
  std::string out = text(key);
  if (out.empty()) wrong("`" + std::string(key) + "` is missing");
  return out;
}

std::uint64_t Fields::number(std::string_view key, std::uint64_t otherwise) {
  const Value* found = value(key);
  if (found == nullptr) return otherwise;
  if (found->is_integer() && found->as_integer() >= 0) return static_cast<std::uint64_t>(found->as_integer());
  wrong("`" + std::string(key) + "` must be a whole number");
  return otherwise;
}

bool Fields::flag(std::string_view key) {
  const Value* found = value(key);
  if (found == nullptr) return false;
  if (found->is_bool()) return found->as_bool();
  wrong("`" + std::string(key) + "` must be true or false");
  return false;
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> out;
  const Value* found = value(key);
  if (found == nullptr) return out;
  if (!found->is_list()) {
    wrong("`" + std::string(key) + "` must be a list");
    return out;
  }
  out.reserve(found->as_list().size());
  for (const Value& item : found->as_list()) {
    if (!item.is_string()) {
      wrong("`" + std::string(key) + "` must hold texts");
      break;
    }
    out.push_back(item.as_string());
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Fields::text_map(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> out;
  const Value* found = value(key);
  if (found == nullptr) return out;
  if (!found->is_map()) {
    wrong("`" + std::string(key) + "` must be a map");
    return out;
  }
  for (const auto& [name, item] : found->as_map()) {
    if (!item.is_string()) {
      wrong("`" + std::string(key) + "` must hold texts");
      break;
    }
    out.emplace_back(name, item.as_string());
  }
  return out;
}

Result<void> Fields::done() {
  if (!error_.empty()) return fail(error_);
  if (asked_.size() == line_->as_map().size()) return {};
  for (const auto& [name, item] : line_->as_map())
    if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) return fail("unknown field `" + name + "`");
  return {};
}

}  // namespace plumb::statefile
