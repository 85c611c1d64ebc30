// State for people and programs: `show`, `state list`, `state show`, `output`.
#pragma once

#include <map>
#include <string>

#include "engine/base/result.h"
#include "engine/model/value.h"
#include "engine/report/style.h"
#include "state/state.h"

namespace plumb {

// Every instance with its attributes, then the outputs.
std::string state_text(const State& state, const TextOptions& options);
// Terraform's state representation: {checks, format_version, serial, lineage, values: {outputs, root_module:
// {resources}}}.
Value state_json(const State& state);

// One address a line.
std::string state_list_text(const State& state);
Value state_list_json(const State& state);

// One instance with what Plumb keeps of it beside the attributes.
std::string instance_text(const State& state, const InstanceRecord& record, const TextOptions& options);
Value instance_json(const State& state, const InstanceRecord& record);

// `name: value` a line; sensitive ones masked.
std::string outputs_text(const std::map<std::string, OutputRecord>& outputs);
// {name: {sensitive, value}}; the value of a sensitive one is null.
Value outputs_json(const std::map<std::string, OutputRecord>& outputs);
// One output as it is: text without quotes, lists and maps as JSON. One that is not there is an error; so is a
// sensitive one, unless it is asked for.
Result<std::string> output_raw(const std::map<std::string, OutputRecord>& outputs, const std::string& name,
                               bool show_sensitive = false);

}  // namespace plumb
