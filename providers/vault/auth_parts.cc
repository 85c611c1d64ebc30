#include "providers/vault/auth_parts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "engine/model/address.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"

namespace plumb::vault {

namespace {

bool is_cidr(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return false;
  const std::string address = text.substr(0, slash);
  const std::string mask = text.substr(slash + 1);
  in6_addr room{};
  const bool four = inet_pton(AF_INET, address.c_str(), &room) == 1;
  if (!four && inet_pton(AF_INET6, address.c_str(), &room) != 1) return false;
  int bits = -1;
  const auto [end, error] = std::from_chars(mask.data(), mask.data() + mask.size(), bits);
  return error == std::errc() && end == mask.data() + mask.size() && bits >= 0 && bits <= (four ? 32 : 128);
}

}  // namespace

void check_path_name(const Value& desired, const char* attribute, std::vector<TypeError>& errors) {
  const auto name = text_of(desired, attribute);
  if (!name) return;
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  if (name->empty()) {
    errors.push_back({Path(attribute), "`" + std::string(attribute) + "` is empty", "give it a name"});
  } else if (!word(name->front()) || !word(name->back()) ||
             !std::all_of(name->begin(), name->end(), [&](char c) { return word(c) || c == '-' || c == '.'; })) {
    errors.push_back({Path(attribute), quoted(*name) + " is no name that the server takes",
                      "use letters, digits and `_`, and `-` or `.` in between"});
  }
}

void check_cidrs(const Value& desired, const char* attribute, std::vector<TypeError>& errors) {
  for (const std::string& one : texts_of(desired, attribute)) {
    if (is_cidr(one)) continue;
    errors.push_back({Path(attribute), quoted(one) + " is no range of addresses",
                      "write it with its mask, as 10.0.0.0/8; one address is 10.1.2.3/32"});
  }
}

bool may_hold_something(const Value& desired, const char* attribute) {
  const Value found = desired.get(attribute);
  if (found.is_list()) return !found.as_list().empty();
  if (found.is_map()) return !found.as_map().empty();
  if (found.is_string()) return !found.as_string().empty();
  return !found.is_null();
}

Container in_auth_method(std::string attribute) {
  return {"vault.auth_method", {{"namespace", "namespace"}, {"path", std::move(attribute)}}};
}

Attribute auth_mount(std::string name, std::string default_path) {
  using namespace attributes;
  return refers(
      with_default(text(std::move(name), "The path of the auth method it belongs to.", default_path), default_path),
      "vault.auth_method", "path");
}

void say_it_stays(std::span<const ChangeRequest* const> changes, std::span<PlanFacts* const> facts) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i]->operation != Operation::remove) continue;
    facts[i]->warnings.push_back(
        "the server cannot take this configuration back: it is forgotten, and goes with its "
        "auth method");
  }
}

std::vector<Attribute> versioned_secret(Attribute secret) {
  using namespace attributes;
  auto version =
      local(optional(attribute(secret.name + "_version", integer_type(),
                               "While it is set, `" + secret.name + "` is sent only when this changes.", "1")));
  secret.versioned_by = version.name;
  return {optional(write_only(std::move(secret))), std::move(version)};
}

}  // namespace plumb::vault
