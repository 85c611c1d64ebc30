// Contract checks: what a provider answers is not trusted.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/provider_api/provider.h"

namespace plumb {

// Checks and canonicalises answers of read_many in place: as many results as keys; values are maps of known attributes
// of the right types, identity complete, server id there when the type has one. What breaks the rules becomes
// unreadable with Fault::provider, an error that names the provider's type and the attribute. Sensitive attributes come
// out marked. An object that has neither the identity nor the server id asked for breaks the rules too. What is unmoved
// is a whole attribute of an object that was known; it takes its value from there, unless it has one.
void check_read(const TypeSchema& type, std::span<const ReadKey> keys, std::vector<ReadResult>& results);

// Same for one apply result; in addition every attribute that was planned (known in `planned`) must have come out
// equivalent by its comparison. Write-only attributes are not compared, nor are sensitive ones that the answer leaves
// out; keys that a server adds to a computed map are its own business. Local and create-only attributes that the answer
// leaves out are filled in from `planned`. A removal has a null `planned`. When `result.error` is set, promises are not
// compared. Returns the errors; `result.value` is canonical afterwards, without what broke the rules.
std::vector<Error> check_apply(const TypeSchema& type, const Value& planned, ApplyResult& result);

// Answers of a data source: as many as there were questions, every value of its attribute's type. Wrong ones become
// unreadable, with an error that names the provider.
void check_data(const TypeSchema& type, std::size_t questions, std::vector<ReadResult>& results);

}  // namespace plumb
