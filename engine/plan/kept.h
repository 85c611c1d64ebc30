// What becomes of secrets: which are digested, which are kept, and which never leave memory. Pure. Internal to plan/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/model/path.h"
#include "engine/model/schema.h"
#include "state/state.h"

namespace plumb {

// Sensitive leaves of a configured value: paths and values, whole attributes first. `root` goes before each path.
std::vector<std::pair<Path, Value>> secret_leaves(const Value& value, const Path& root);

// The attribute goes by its version: while that is set, the secret itself is neither compared nor digested.
bool goes_by_version(const Attribute& attribute, const Value& desired);

// Nor is one that is used at creation alone. Neither digests nor evidence of such are kept.
bool never_compared(const TypeSchema& type, std::string_view attribute, const Value& desired);

// The secrets of configuration whose digests a record keeps. Not those that are never compared: they may be new at
// every run.
std::vector<std::pair<Path, Value>> digested_secrets(const TypeSchema& type, const Value& desired);

// What the record keeps of attributes: everything but secrets that configuration gives (they are compared by digest),
// and those that every read of the server gives back.
Value kept_attributes(const TypeSchema& type, const Value& attributes, const Value& desired);
// The same of a data source's answer: of that no secret is kept, not even sealed.
Value kept_answer(const TypeSchema& type, const Value& attributes, const Value& desired);

// Some answer of the data source is a secret, so that none of its answers can be had from state.
bool answers_secrets(const TypeSchema& type);
// Some secret of the type is kept by the server alone: it has to be read whenever somebody wants it.
bool kept_by_server(const TypeSchema& type);

// State has what it takes to compare the attribute without its value: digests of all secrets in it, and their key.
bool comparable_unseen(const TypeSchema& type, const InstanceRecord& record, const Path& attribute, bool has_key);

// Attribute roots and, for free keys of computed maps, single keys that configuration answers for. Sorted.
std::vector<Path> managed_paths(const TypeSchema& type, const Value& desired);

}  // namespace plumb
