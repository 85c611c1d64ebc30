// Data sources: questions about the server and what is on it. Answers hold only what the schema names.
#pragma once

#include <span>

#include "providers/postgres/objects.h"

namespace plumb::postgres {

// Their schemas; `types` are the resource types, whose words they use.
std::vector<TypeSchema> data_schemas(const std::vector<TypeSchema>& types);

// One result per question, in order. One query per source, or per source and database for what lives in one.
Results read_data(Session& session, const TypeSchema& type, std::span<const Value> questions);

// Rules beyond the types.
std::vector<TypeError> check_question(const TypeSchema& type, const Value& question);

}  // namespace plumb::postgres
