#include "engine/model/path.h"

#include <algorithm>
#include <charconv>

#include "engine/model/address.h"
#include "engine/model/quoted_text.h"

namespace plumb {

namespace {

constexpr std::string_view kAnyStep = "*";

bool starts_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) noexcept { return starts_name(c) || (c >= '0' && c <= '9') || c == '-'; }

bool is_bare(std::string_view key) noexcept {
  return !key.empty() && starts_name(key.front()) && std::all_of(key.begin(), key.end(), continues_name);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<PathStep>> read() {
    std::vector<PathStep> steps;
    while (at_ < text_.size()) {
      if (text_[at_] == '[') {
        steps.push_back(PLUMB_TRY(bracketed()));
        continue;
      }
      if (!steps.empty()) {
        if (text_[at_] != '.') return bad("expected `.` or `[`");
        ++at_;
      }
      steps.emplace_back(PLUMB_TRY(bare()));
    }
    return steps;
  }

 private:
  Result<std::string> bare() {
    if (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      return std::string(kAnyStep);
    }
    const std::size_t start = at_;
    if (at_ < text_.size() && starts_name(text_[at_])) {
      while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    }
    if (at_ == start) return bad("expected a name");
    return std::string(text_.substr(start, at_ - start));
  }

  Result<PathStep> bracketed() {
    ++at_;
    PathStep step;
    if (at_ < text_.size() && text_[at_] == '"') {
      auto key = read_quoted(text_, at_);
      if (!key) return bad("the quoted key is not closed, or has an unknown escape");
      step = std::move(*key);
    } else if (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      step = std::string(kAnyStep);
    } else {
      std::int64_t index = 0;
      const char* const first = text_.data() + at_;
      const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), index);
      if (error != std::errc() || index < 0) return bad("expected an index, a quoted key or `*`");
      at_ += static_cast<std::size_t>(end - first);
      step = index;
    }
    if (at_ >= text_.size() || text_[at_] != ']') return bad("expected `]`");
    ++at_;
    return step;
  }

  [[nodiscard]] tl::unexpected<Error> bad(const std::string& what) const {
    return fail("the path " + quoted(text_) + " cannot be read at column " + std::to_string(at_ + 1) + ": " + what,
                "write it as `grants[\"read only\"][0].role`");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_any(const PathStep& step) noexcept {
  const auto* key = std::get_if<std::string>(&step);
  return key != nullptr && *key == kAnyStep;
}

// Without the marks of what is above; nullptr if there is no such place.
const Value* child(const Value& value, const PathStep& step) noexcept {
  if (const auto* key = std::get_if<std::string>(&step)) return value.find(*key);
  const std::int64_t index = std::get<std::int64_t>(step);
  if (!value.is_list() || index < 0 || static_cast<std::size_t>(index) >= value.as_list().size()) return nullptr;
  return &value.as_list()[static_cast<std::size_t>(index)];
}

// `value` with one child replaced, its mark kept. Precondition: it is a map or null and the step a key, or the child is
// there.
Value with_child(const Value& value, const PathStep& step, Value item) {
  if (const auto* key = std::get_if<std::string>(&step)) {
    ValueMap entries = value.is_map() ? value.as_map() : ValueMap();
    entries.set(*key, std::move(item));
    return Value(std::move(entries)).with_sensitive(value.sensitive());
  }
  Value::List items = value.as_list();
  items[static_cast<std::size_t>(std::get<std::int64_t>(step))] = std::move(item);
  return Value(std::move(items)).with_sensitive(value.sensitive());
}

}  // namespace

Result<Path> Path::parse(std::string_view text) { return Path(PLUMB_TRY(Reader(text).read())); }

Path Path::operator/(std::string key) const {
  Path below = *this;
  below.steps_.emplace_back(std::move(key));
  return below;
}

Path Path::operator/(std::int64_t index) const {
  Path below = *this;
  below.steps_.emplace_back(index);
  return below;
}

std::string_view Path::root() const noexcept {
  if (steps_.empty()) return {};
  const auto* key = std::get_if<std::string>(&steps_.front());
  return key == nullptr ? std::string_view() : std::string_view(*key);
}

std::string Path::str() const {
  std::string out;
  for (const PathStep& step : steps_) {
    const auto* key = std::get_if<std::string>(&step);
    if (key == nullptr) {
      out += '[' + std::to_string(std::get<std::int64_t>(step)) + ']';
    } else if (is_bare(*key)) {
      if (!out.empty()) out += '.';
      out += *key;
    } else {
      out += '[' + quoted(*key) + ']';
    }
  }
  return out;
}

bool Path::covers(const Path& other) const noexcept {
  return steps_.size() <= other.steps_.size() && std::equal(steps_.begin(), steps_.end(), other.steps_.begin());
}

bool Path::glob_covers(const Path& other) const noexcept {
  return steps_.size() <= other.steps_.size() &&
         std::equal(steps_.begin(), steps_.end(), other.steps_.begin(),
                    [](const PathStep& glob, const PathStep& step) { return is_any(glob) || glob == step; });
}

std::strong_ordering Path::operator<=>(const Path& other) const {
  return std::lexicographical_compare_three_way(steps_.begin(), steps_.end(), other.steps_.begin(), other.steps_.end());
}

std::optional<Value> value_at(const Value& root, const Path& path) {
  const Value* value = &root;
  bool sensitive = root.sensitive();
  for (const PathStep& step : path.steps()) {
    value = child(*value, step);
    if (value == nullptr) return std::nullopt;
    sensitive = sensitive || value->sensitive();
  }
  return sensitive ? value->with_sensitive() : *value;
}

Value with_value_at(const Value& root, const Path& path, Value value) {
  // Down, to learn what each container is; then up, making each anew. Only null gives way to a new map: a scalar, a
  // list or an unknown in the way is not ours to throw out.
  static const Value nothing;
  std::vector<const Value*> above;
  above.reserve(path.steps().size());
  const Value* here = &root;
  for (const PathStep& step : path.steps()) {
    const bool by_key = std::holds_alternative<std::string>(step);
    const Value* next = child(*here, step);
    if (next == nullptr && !(by_key && (here->is_map() || here->is_null()))) return root;
    above.push_back(here);
    here = next == nullptr ? &nothing : next;
  }
  for (std::size_t i = above.size(); i > 0; --i)
    value = with_child(*above[i - 1], path.steps()[i - 1], std::move(value));
  return value;
}

Value without_path(const Value& root, const Path& path) {
  if (path.empty() || !std::holds_alternative<std::string>(path.steps().back())) return root;
  const Path parent(std::vector<PathStep>(path.steps().begin(), path.steps().end() - 1));
  const Value* container = &root;
  for (const PathStep& step : parent.steps()) {
    container = child(*container, step);
    if (container == nullptr) return root;
  }
  const auto& key = std::get<std::string>(path.steps().back());
  if (container->find(key) == nullptr) return root;
  ValueMap entries = container->as_map();
  entries.erase(key);
  return with_value_at(root, parent, Value(std::move(entries)).with_sensitive(container->sensitive()));
}

}  // namespace plumb
