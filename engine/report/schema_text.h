// Providers and their types for people and programs: `plumb schema [PROVIDER|TYPE|data.TYPE]`.
#pragma once

#include <string>
#include <vector>

#include "engine/model/schema.h"
#include "engine/report/style.h"

namespace plumb {

// All providers with their types, one line each.
std::string providers_text(const std::vector<const ProviderSchema*>& providers, const TextOptions& options);
// One provider: its configuration, its types and its data sources.
std::string provider_text(const ProviderSchema& provider, const TextOptions& options);
// One type: every attribute, what it takes, what it does, and an example block.
std::string type_text(const TypeSchema& type, const TextOptions& options);
// One data source: what it is asked, what it tells, and an example block.
std::string data_text(const TypeSchema& type, const TextOptions& options);

// {format_version, providers: {name: {doc, config, types, data}}}.
Value schemas_json(const std::vector<const ProviderSchema*>& providers);
// {format_version, type: {...}}.
Value type_json(const TypeSchema& type);
// {format_version, data: {...}}.
Value data_json(const TypeSchema& type);

}  // namespace plumb
