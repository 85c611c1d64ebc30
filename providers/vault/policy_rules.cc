#include "providers/vault/policy_rules.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/model/address.h"
#include "engine/provider_api/values.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

// In the order in which they are written out.
constexpr std::array<std::string_view, 11> kCapabilities{"create", "read", "update", "patch",     "delete", "list",
                                                         "scan",   "sudo", "deny",   "subscribe", "recover"};

std::size_t rank(const std::string& capability) {
  return static_cast<std::size_t>(std::find(kCapabilities.begin(), kCapabilities.end(), capability) -
                                  kCapabilities.begin());
}

// Quoted as HCL reads it. Bytes that it cannot say were refused before.
std::string hcl(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string hcl(const Value& scalar) {
  if (scalar.is_string()) return hcl(scalar.as_string());
  return scalar_text(scalar).value_or("");
}

std::string hcl_list(const Value& list) {
  std::vector<std::string> parts;
  for (const Value& one : list.as_list()) parts.push_back(hcl(one));
  return '[' + join(parts, ", ") + ']';
}

bool sayable(const std::string& text) {
  return text.find("${") == std::string::npos && std::none_of(text.begin(), text.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
         });
}

// Every text at or below `value` can be said in HCL.
void check_texts(const Value& value, const Path& at, std::vector<TypeError>& out) {
  if (value.is_string() && !sayable(value.as_string())) {
    out.push_back({at, "HCL cannot say a control byte or `${`", "take it away"});
  } else if (value.is_list()) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      check_texts(value.as_list()[i], at / static_cast<std::int64_t>(i), out);
    }
  } else if (value.is_map()) {
    for (const auto& [key, one] : value.as_map()) {
      if (!sayable(key)) out.push_back({at / key, "HCL cannot say a control byte or `${`", "take it away"});
      check_texts(one, at / key, out);
    }
  }
}

void check_capabilities(const Value& rule, const Path& at, std::vector<TypeError>& out) {
  const Value* all = rule.find("capabilities");
  if (all == nullptr || !all->is_list()) return;
  const Path place = at / std::string("capabilities");
  if (all->as_list().empty()) {
    out.push_back({place, "it names no capability", "name one, or `deny`"});
    return;
  }
  bool denies = false;
  for (std::size_t i = 0; i < all->as_list().size(); ++i) {
    const Value& one = all->as_list()[i];
    if (!one.is_string()) continue;
    const std::string& name = one.as_string();
    denies = denies || name == "deny";
    if (rank(name) < kCapabilities.size()) continue;
    const std::vector<std::string> known(kCapabilities.begin(), kCapabilities.end());
    out.push_back({place / static_cast<std::int64_t>(i),
                   "there is no capability " + quoted(name) + did_you_mean(name, known),
                   "known: " + join(known, ", ")});
  }
  if (denies && all->as_list().size() > 1) {
    out.push_back({place, "`deny` stands beside others, and takes them all away", "keep `deny` alone, or remove it"});
  }
}

void check_path(const std::string& path, const Path& at, std::vector<TypeError>& out) {
  const Path place = at / std::string("path");
  if (path.empty() || path == "/") {
    out.push_back({place, "it is empty", "name a path, for example `secret/data/app/*`"});
  } else if (path.find("+*") != std::string::npos) {
    out.push_back({place, "`+*` means nothing", "write `+` for one part, or `*` for the rest of the path"});
  } else if (const auto star = path.find('*'); star != std::string::npos && star + 1 != path.size()) {
    out.push_back({place, "`*` stands for the rest of a path, and only at its end", "write `+` for one part"});
  }
}

void check_wrapping(const Value& rule, const Path& at, std::vector<TypeError>& out) {
  std::optional<std::int64_t> bounds[2];
  const char* names[] = {"min_wrapping_ttl", "max_wrapping_ttl"};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto text = text_of(rule, names[i]);
    if (!text) continue;
    bounds[i] = seconds_of(*text);
    if (!bounds[i]) {
      out.push_back({at / std::string(names[i]), quoted(*text) + " is no duration", "write it as 90s, 5m or 1h30m"});
    }
  }
  if (bounds[0] && bounds[1] && *bounds[0] > *bounds[1]) {
    out.push_back({at / std::string(names[0]), "it is longer than max_wrapping_ttl", "make it shorter"});
  }
}

void check_parameters(const Value& rule, const Path& at, std::vector<TypeError>& out) {
  for (const char* name : {"allowed_parameters", "denied_parameters"}) {
    const Value* all = rule.find(name);
    if (all == nullptr || !all->is_map()) continue;
    for (const auto& [key, values] : all->as_map()) {
      if (!values.is_list()) continue;
      for (std::size_t i = 0; i < values.as_list().size(); ++i) {
        const Value& one = values.as_list()[i];
        if (one.is_unknown() || one.is_unavailable() || (one.is_scalar() && !one.is_null())) continue;
        out.push_back({at / std::string(name) / key / static_cast<std::int64_t>(i),
                       "a parameter's value is a text, a number or a flag", "write just one"});
      }
    }
  }
}

// A text of several lines as comments.
std::string comment(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end == text.size() && end == at && !out.empty()) break;
    out += end == at ? "#" : "# " + text.substr(at, end - at);
    out += '\n';
    at = end + 1;
  }
  return out;
}

std::string parameters(const char* name, const Value& all) {
  std::string out = "  " + std::string(name) + " = {\n";
  for (const auto& [key, values] : all.as_map()) out += "    " + hcl(key) + " = " + hcl_list(values) + '\n';
  return out + "  }\n";
}

std::string rule_text(const Value& rule) {
  std::string out;
  if (const auto text = text_of(rule, "description"); text && !text->empty()) out += comment(*text);
  out += "path " + hcl(text_or(rule, "path")) + " {\n";
  std::vector<std::string> capabilities = texts_of(rule, "capabilities");
  std::stable_sort(capabilities.begin(), capabilities.end(),
                   [](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  out += "  capabilities = " + hcl_list(list_value(capabilities)) + '\n';
  const auto given = [&](const char* name) {
    const Value* found = rule.find(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  };
  if (const Value* names = given("required_parameters")) out += "  required_parameters = " + hcl_list(*names) + '\n';
  for (const char* name : {"allowed_parameters", "denied_parameters"}) {
    if (const Value* all = given(name)) out += parameters(name, *all);
  }
  for (const char* name : {"min_wrapping_ttl", "max_wrapping_ttl"}) {
    if (const Value* ttl = given(name)) out += "  " + std::string(name) + " = " + hcl(*ttl) + '\n';
  }
  return out + "}\n";
}

}  // namespace

std::shared_ptr<const plumb::Type> policy_rules_type() {
  const auto texts = set_type(string_type());
  const auto values = map_type(list_type(any_type()));
  return list_type(object_type({
      {"path", string_type(), false},
      {"capabilities", texts, false},
      {"description", string_type(), true},
      {"required_parameters", texts, true},
      {"allowed_parameters", values, true},
      {"denied_parameters", values, true},
      {"min_wrapping_ttl", string_type(), true},
      {"max_wrapping_ttl", string_type(), true},
  }));
}

std::string policy_rules_example() { return "[{ path: \"secret/data/app/*\", capabilities: [read] }]"; }

std::vector<TypeError> check_policy_rules(const Value& rules, const Path& root) {
  std::vector<TypeError> out;
  if (!rules.is_list()) return out;
  if (rules.as_list().empty()) {
    out.push_back({root, "it holds no rule, and a policy cannot be empty", "add a rule, or remove the policy"});
  }
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < rules.as_list().size(); ++i) {
    const Value& rule = rules.as_list()[i];
    const Path at = root / static_cast<std::int64_t>(i);
    if (!rule.is_map()) continue;
    check_capabilities(rule, at, out);
    check_wrapping(rule, at, out);
    check_parameters(rule, at, out);
    check_texts(rule, at, out);
    const auto path = text_of(rule, "path");
    if (!path) continue;
    check_path(*path, at, out);
    // Servers leave the first slash away.
    const std::string key = path->starts_with('/') ? path->substr(1) : *path;
    if (const auto [other, added] = seen.emplace(key, i); !added) {
      out.push_back({at / std::string("path"), "rule " + std::to_string(other->second) + " has this path already",
                     "make one rule of the two"});
    }
  }
  return out;
}

Value policy_text(const Value& rules) {
  if (rules.any_unavailable()) return Value::unavailable();
  if (rules.any_unknown()) return rules.any_sensitive() ? Value::unknown().with_sensitive() : Value::unknown();
  if (!rules.is_list()) return {};
  std::string out;
  for (const Value& rule : rules.as_list()) {
    if (!out.empty()) out += '\n';
    out += rule_text(rule);
  }
  Value text(std::move(out));
  return rules.any_sensitive() ? text.with_sensitive() : text;
}

}  // namespace plumb::vault
