// The records of a plan file, taken apart. Internal to plan/.
#pragma once

#include "engine/plan/plan_file_value.h"
#include "engine/plan/plan_file_words.h"

namespace plumb::planfile {

// Takes an object apart. The first thing that does not fit is remembered; what comes back then means nothing.
class Fields {
 public:
  Fields(const Value& object, const Registry& registry) : object_(object), registry_(registry) {
    if (!object.is_map()) wrong("a record is no object");
  }

  [[nodiscard]] Result<void> done() const {
    if (!wrong_.empty()) return fail(wrong_);
    return {};
  }
  void wrong(std::string message) {
    if (wrong_.empty()) wrong_ = std::move(message);
  }

  std::string text(const char* key) {
    const Value* value = object_.find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return value->as_string();
    wrong(std::string("`") + key + "` is no text");
    return {};
  }
  bool flag(const char* key) {
    const Value* value = object_.find(key);
    if (value == nullptr) return false;
    if (value->is_bool()) return value->as_bool();
    wrong(std::string("`") + key + "` is no flag");
    return false;
  }
  std::int64_t number(const char* key) {
    const Value* value = object_.find(key);
    if (value == nullptr) return 0;
    if (value->is_integer() && value->as_integer() >= 0) return value->as_integer();
    wrong(std::string("`") + key + "` is no number");
    return 0;
  }
  Value::List list(const char* key) {
    const Value* value = object_.find(key);
    if (value == nullptr) return {};
    if (value->is_list()) return value->as_list();
    wrong(std::string("`") + key + "` is no list");
    return {};
  }
  const Value* value(const char* key) const { return object_.find(key); }
  Value marked(const char* key) {
    const Value* value = object_.find(key);
    if (value == nullptr) return {};
    auto decoded = decode_marked(*value);
    if (decoded.has_value()) return *std::move(decoded);
    wrong(decoded.error().message);
    return {};
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> out;
    for (const Value& item : list(key)) {
      if (item.is_string()) {
        out.push_back(item.as_string());
      } else {
        wrong(std::string("`") + key + "` holds something else than texts");
      }
    }
    return out;
  }
  Address address(const char* key) { return address_of(text(key)); }
  Address address_of(const std::string& text) {
    auto address = Address::parse_any(text);
    if (address.has_value()) return *std::move(address);
    wrong("an address cannot be read");
    return {};
  }
  Path path(const std::string& text) {
    if (text.empty()) return {};
    auto path = Path::parse(text);
    if (path.has_value()) return *std::move(path);
    wrong("a path cannot be read");
    return {};
  }
  SourcePos pos(const char* key) {
    const Value::List parts = list(key);
    if (parts.empty()) return {};
    const auto small = [](const Value& part) {
      return part.is_integer() && part.as_integer() >= 0 && part.as_integer() <= INT32_MAX;
    };
    if (parts.size() != 3 || !parts[0].is_string() || !small(parts[1]) || !small(parts[2])) {
      wrong("a position cannot be read");
      return {};
    }
    return {FileName(parts[0].as_string()), static_cast<std::uint32_t>(parts[1].as_integer()),
            static_cast<std::uint32_t>(parts[2].as_integer())};
  }
  template <class Enum, std::size_t N>
  Enum one_of(const char* key, const Words<Enum, N>& words, Enum fallback) {
    if (object_.find(key) == nullptr) return fallback;
    const std::string text = this->text(key);
    for (const auto& [value, word] : words) {
      if (word == text) return value;
    }
    wrong(std::string("`") + key + "` is a word that this version does not know");
    return fallback;
  }
  const TypeSchema* type() {
    const std::string name = text("type");
    if (name.empty()) return nullptr;
    const auto type = flag("data") ? registry_.data_type(name) : registry_.type(name);
    if (type.has_value()) return *type;
    wrong("the type " + name + " is not known to this version");
    return nullptr;
  }
  Expected expected() {
    Expected out;
    const Value* value = object_.find("expects");
    if (value == nullptr || !value->is_map()) {
      wrong("`expects` is missing");
      return out;
    }
    for (const auto& [name, token] : value->as_map()) {
      if (!token.is_string()) wrong("an expectation is no text");
      out.emplace_hint(out.end(), name, token.is_string() ? token.as_string() : std::string());
    }
    return out;
  }
  std::vector<StepId> after() {
    std::vector<StepId> out;
    for (const Value& id : list("after")) {
      if (id.is_integer() && id.as_integer() >= 0 && id.as_integer() <= INT32_MAX) {
        out.push_back(static_cast<StepId>(id.as_integer()));
      } else {
        wrong("`after` holds something else than steps");
      }
    }
    return out;
  }

 private:
  const Value& object_;
  const Registry& registry_;
  std::string wrong_;
};

}  // namespace plumb::planfile
