// What the types of several auth methods have in common: attributes, and rules told before the server is asked.
#pragma once

#include <string>
#include <vector>

#include "providers/vault/type.h"

namespace plumb::vault {

// Names that become the last part of a path: letters, digits, `_`, and `-` and `.` in between. Others are no path that
// the server knows.
void check_path_name(const Value& desired, const char* attribute, std::vector<TypeError>& errors);
// Each address has a mask, as `10.0.0.0/8`.
void check_cidrs(const Value& desired, const char* attribute, std::vector<TypeError>& errors);
// The attribute is unknown or a list or map with something in it.
bool may_hold_something(const Value& desired, const char* attribute);

// The auth method that an object lives in: matched by its path, so that it makes an edge.
Container in_auth_method(std::string attribute);
// The attribute that names it.
Attribute auth_mount(std::string name, std::string default_path);

// A secret that is sent and never read back, and the attribute `<its name>_version` that says when to send it again.
std::vector<Attribute> versioned_secret(Attribute secret);

// A configuration that the server cannot take back: said of each removal among the changes.
void say_it_stays(std::span<const ChangeRequest* const> changes, std::span<PlanFacts* const> facts);

}  // namespace plumb::vault
