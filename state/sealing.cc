#include "state/sealing.h"

#include "engine/base/hash.h"
#include "engine/base/seal.h"
#include "state/json.h"
#include "state/keys.h"

namespace plumb::statefile {
namespace {

std::string place(const Sealing::Owner& owner, const std::string& path) {
  std::string out;
  out.reserve(owner.uid.size() + owner.deposed.size() + path.size() + 2);
  out.append(owner.uid).push_back('\0');
  out.append(owner.deposed).push_back('\0');
  return out.append(path);
}

Error internal(std::string message, std::string next_step) {
  return {std::move(message), std::move(next_step), {}, Fault::internal};
}

}  // namespace

void Sealing::set_root_key(const std::string& root) { sealing_key_ = sealing_key(root); }

std::string Sealing::context(const Owner& owner, const std::string& path) const {
  std::string out = lineage_;
  out.push_back('\0');
  out.append(owner.uid).push_back('\0');
  return out.append(path);
}

Result<std::string> Sealing::text_of(const Owner& owner, const std::string& path, const Value& value) {
  const std::string where = place(owner, path);
  if (value.is_unavailable()) {
    auto it = unopened_.find(where);
    // What became deposed was read as its instance's own.
    if (it == unopened_.end() && !owner.deposed.empty()) it = unopened_.find(place({owner.uid}, path));
    if (it != unopened_.end()) return it->second;
    return fail(internal("`" + path + "` is unavailable, and there is no sealed text to keep",
                         "this is a bug of Plumb; please report it"));
  }
  if (const auto it = opened_.find(where); it != opened_.end() && it->second.value == value) return it->second.text;
  if (!has_key())
    return fail(internal("`" + path + "` is secret, and there is no key to seal it under",
                         "call ensure_key before the first secret is written"));
  std::string json;
  PLUMB_CHECK(JsonWriter(json).value(value));
  std::string text = base64(seal(sealing_key_, json, context(owner, path)));
  opened_.insert_or_assign(where, Opened{value, text});
  return text;
}

Result<Value> Sealing::value_of(const Owner& owner, const std::string& path, const std::string& text) {
  if (!has_key()) {
    unopened_.insert_or_assign(place(owner, path), text);
    return Value::unavailable();
  }
  const auto sealed = from_base64(text);
  if (!sealed) return fail("the sealed text of `" + path + "` is not base64");
  const auto json = unseal(sealing_key_, *sealed, context(owner, path));
  if (!json) return fail("the sealed value of `" + path + "` cannot be opened: it was sealed elsewhere or changed");
  const auto value = parse_json(*json);
  if (!value) return fail("the sealed value of `" + path + "` is not what Plumb wrote");
  opened_.insert_or_assign(place(owner, path), Opened{*value, text});
  return value->with_sensitive();
}

}  // namespace plumb::statefile
