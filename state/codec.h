// Records as the fields of JSON lines (state/FORMAT.md), for snapshot and journal alike.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "state/fields.h"
#include "state/json.h"
#include "state/sealing.h"
#include "state/sets.h"
#include "state/state.h"

namespace plumb::statefile {

// Writers put their fields into the open object.
Result<void> write_instance(JsonWriter& out, const InstanceRecord& record, const SetWriter& sets, Sealing& sealing);
Result<void> write_intent(JsonWriter& out, const Intent& intent);
Result<void> write_output(JsonWriter& out, const std::string& name, const OutputRecord& output, Sealing& sealing);
void write_check(JsonWriter& out, const CheckRecord& check);

// Readers take what they know; errors say what is wrong with the line, its place is added by the caller.
// Dependencies are found in `sets`. Parsing of paths, which repeat, is shared by one reader.
class RecordReader {
 public:
  RecordReader(const SetReader& sets, Sealing& sealing) : sets_(sets), sealing_(sealing) {}

  Result<InstanceRecord> instance(Fields& fields);
  Result<Intent> intent(Fields& fields);
  Result<OutputRecord> output(Fields& fields, const std::string& name);
  Result<CheckRecord> check(Fields& fields);

 private:
  Result<Path> path(const std::string& text);
  Result<std::map<Path, std::string>> path_map(Fields& fields, std::string_view key);
  Result<std::vector<Deposed>> deposed(Fields& fields, const std::string& uid);

  const SetReader& sets_;
  Sealing& sealing_;
  std::unordered_map<std::string, Path> paths_;
};

}  // namespace plumb::statefile
