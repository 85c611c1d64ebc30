#include "state/marked.h"

#include <algorithm>
#include <map>
#include <span>

#include "engine/model/path.h"

namespace plumb::statefile {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

class MarkedWriter {
 public:
  MarkedWriter(JsonWriter& out, const Sealing::Owner& owner, Sealing& sealing)
      : out_(out), owner_(owner), sealing_(sealing) {}

  // `inherited`: a container above is marked, and could not be sealed as one.
  Result<void> write(const Value& value, const Path& path, bool inherited) {
    if (path.steps().size() > kDeepest - 10)
      return fail("a value is nested too deeply to be stored", "this is a bug of Plumb; please report it", {},
                  Fault::internal);
    if (sealed_whole(value, inherited)) return seal(value, path);
    const bool below = inherited || value.sensitive();
    if (!below && !value.any_sensitive() && !value.any_unavailable())
      return out_.value(value, static_cast<int>(path.steps().size()));
    return value.is_map() ? write_map(value, path, below) : write_list(value, path, below);
  }

  Texts& texts() { return texts_; }

 private:
  // A marked subtree is sealed as one, unless a part of it is unavailable: that part keeps its own sealed text.
  static bool sealed_whole(const Value& value, bool inherited) {
    if (value.is_unavailable()) return true;
    return (inherited || value.sensitive()) && !value.any_unavailable();
  }

  Result<void> write_map(const Value& value, const Path& path, bool inherited) {
    out_.begin_object();
    for (const auto& [name, item] : value.as_map()) {
      const Path at = path / name;
      if (sealed_whole(item, inherited)) {
        PLUMB_CHECK(keep(item, at));
        continue;
      }
      out_.key(name);
      PLUMB_CHECK(write(item, at, inherited));
    }
    out_.end_object();
    return {};
  }

  Result<void> write_list(const Value& value, const Path& path, bool inherited) {
    out_.begin_list();
    std::int64_t index = 0;
    for (const Value& item : value.as_list()) PLUMB_CHECK(write(item, path / index++, inherited));
    out_.end_list();
    return {};
  }

  Result<void> seal(const Value& value, const Path& path) {
    out_.null();  // holds the place
    return keep(value, path);
  }

  Result<void> keep(const Value& value, const Path& path) {
    std::string where = path.str();
    std::string text = PLUMB_TRY(sealing_.text_of(owner_, where, value));
    texts_.emplace_back(std::move(where), std::move(text));
    return {};
  }

  JsonWriter& out_;
  const Sealing::Owner& owner_;
  Sealing& sealing_;
  Texts texts_;
};

struct Placed {
  Path path;
  Value value;
};

const std::string kWrongPlace = "a sealed path leads nowhere";

// Puts all values in their places in one walk; with_value_at for each would copy a wide container each time.
Result<Value> place(const Value& root, std::span<Placed*> items, std::size_t depth) {
  if (items.size() == 1 && items[0]->path.steps().size() == depth) return items[0]->value;
  std::map<PathStep, std::vector<Placed*>> groups;
  for (Placed* item : items) {
    if (item->path.steps().size() == depth) return fail("one sealed path lies within another");
    groups[item->path.steps()[depth]].push_back(item);
  }
  if (root.is_list()) {
    Value::List list = root.as_list();
    for (auto& [step, group] : groups) {
      const auto* index = std::get_if<std::int64_t>(&step);
      if (index == nullptr || *index < 0 || static_cast<std::size_t>(*index) >= list.size()) return fail(kWrongPlace);
      auto& slot = list[static_cast<std::size_t>(*index)];
      auto filled = place(slot, group, depth + 1);
      if (!filled) return filled;
      slot = std::move(*filled);
    }
    return Value(std::move(list));
  }
  if (!root.is_map()) return fail(kWrongPlace);
  std::vector<ValueMap::Entry> entries(root.as_map().begin(), root.as_map().end());
  for (auto& [step, group] : groups) {
    const auto* name = std::get_if<std::string>(&step);
    if (name == nullptr) return fail(kWrongPlace);
    const Value* there = root.find(*name);
    auto filled = place(there != nullptr ? *there : Value(), group, depth + 1);
    if (!filled) return filled;
    entries.emplace_back(*name, std::move(*filled));
  }
  return Value(ValueMap::from(std::move(entries)));
}

}  // namespace

Result<void> write_marked(JsonWriter& out, const Value& value, const Sealing::Owner& owner, Sealing& sealing) {
  if (value.any_unknown())
    return fail("an unknown value cannot be stored", "this is a bug of Plumb; please report it", {}, Fault::internal);
  if (value.is_null() && !value.sensitive()) return {};
  MarkedWriter writer(out, owner, sealing);
  out.key("attributes");
  PLUMB_CHECK(writer.write(value, Path(), false));
  if (writer.texts().empty()) return {};
  out.key("sealed");
  out.begin_object();
  for (const auto& [path, text] : writer.texts()) {
    out.key(path);
    out.string(text);
  }
  out.end_object();
  return {};
}

Result<Value> read_marked(const Value& open, const Value& sealed, const Sealing::Owner& owner, Sealing& sealing) {
  if (sealed.is_null()) return open;
  if (!sealed.is_map()) return fail("`sealed` must be a map");
  std::vector<Placed> items;
  for (const auto& [path, text] : sealed.as_map()) {
    if (!text.is_string()) return fail("`sealed` must hold texts");
    auto value = sealing.value_of(owner, path, text.as_string());
    if (!value) return value;
    items.push_back({path.empty() ? Path() : PLUMB_TRY(Path::parse(path)), std::move(*value)});
  }
  if (items.empty()) return open;
  std::vector<Placed*> all;
  for (Placed& item : items) all.push_back(&item);
  return place(open, all, 0);
}

}  // namespace plumb::statefile
