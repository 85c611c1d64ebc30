#include "providers/vault/token_attributes.h"

#include <algorithm>
#include <cctype>

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"

namespace plumb::vault {

using namespace attributes;

namespace {

// Each known text of the list at `name`, rewritten.
template <class Rewrite>
Value rewritten(Value attributes, const char* name, Rewrite rewrite) {
  const Value* list = attributes.find(name);
  if (list == nullptr || !list->is_list()) return attributes;
  Value::List out;
  for (const Value& one : list->as_list()) {
    out.push_back(one.is_string() ? Value(rewrite(one.as_string())).with_sensitive(one.sensitive()) : one);
  }
  // It is a set, and two spellings may have become one.
  std::sort(out.begin(), out.end(), [](const Value& a, const Value& b) { return compare_values(a, b) < 0; });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return with(attributes, name, Value(std::move(out)).with_sensitive(list->sensitive()));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string without_full_mask(std::string address) {
  const bool six = address.find(':') != std::string::npos;
  const std::string_view mask = six ? "/128" : "/32";
  if (address.ends_with(mask)) address.resize(address.size() - mask.size());
  return address;
}

}  // namespace

std::vector<Attribute> token_attributes() {
  return {
      duration("token_ttl", "How long a token lives before it must be renewed; 0 for the mount's default.", "1h"),
      duration("token_max_ttl", "How long a token lives at most; 0 for the mount's maximum.", "24h"),
      duration("token_explicit_max_ttl", "A hard end of life, also for periodic tokens; 0 for none.", "0"),
      duration("token_period", "Makes tokens periodic: renewable for ever, this long at a time; 0 for no.", "72h"),
      power(text_set("token_policies", "The policies of a token.", "[app-read]")),
      text_set("token_bound_cidrs", "The addresses that a token may be used from; empty for any.", "[10.0.0.0/8]"),
      flag("token_no_default_policy", "Leaves the policy `default` out of tokens.", false),
      with_default(attribute("token_num_uses", integer_type(), "How often a token may be used; 0 for any number.", "0"),
                   0),
      with_default(
          attribute("token_type", enum_type({"default", "service", "batch", "default-service", "default-batch"}),
                    "What kind of token is given out.", "service"),
          "default"),
  };
}

Value complete_token_attributes(Value desired) {
  desired = rewritten(std::move(desired), "token_policies", lower);
  return rewritten(std::move(desired), "token_bound_cidrs", without_full_mask);
}

std::vector<Attribute> with_token_attributes(std::vector<Attribute> own) {
  for (Attribute& one : token_attributes()) own.push_back(std::move(one));
  return own;
}

}  // namespace plumb::vault
