#include "state/codec.h"

#include "state/marked.h"

namespace plumb::statefile {
namespace {

// Empty text is the default, and left out.
void text_field(JsonWriter& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out.key(key);
  out.string(text);
}

void flag_field(JsonWriter& out, std::string_view key, bool on) {
  if (!on) return;
  out.key(key);
  out.boolean(true);
}

// Identities are shown everywhere, so they may hold no secret: refuse instead of writing one in the clear.
Result<void> identity_field(JsonWriter& out, const Value& identity) {
  if (identity.is_null()) return {};
  if (identity.any_sensitive())
    return fail("an identity holds a secret", "this is a bug of Plumb; please report it", {}, Fault::internal);
  out.key("identity");
  return out.value(identity);
}

void path_map_field(JsonWriter& out, std::string_view key, const std::map<Path, std::string>& map) {
  if (map.empty()) return;
  out.key(key);
  out.begin_object();
  for (const auto& [path, text] : map) {
    out.key(path.str());
    out.string(text);
  }
  out.end_object();
}

Result<void> write_deposed(JsonWriter& out, const InstanceRecord& record, Sealing& sealing) {
  if (record.deposed.empty()) return {};
  out.key("deposed");
  out.begin_list();
  for (const Deposed& one : record.deposed) {
    out.begin_object();
    text_field(out, "id", one.id);
    PLUMB_CHECK(identity_field(out, one.identity));
    text_field(out, "server_id", one.server_id);
    PLUMB_CHECK(write_marked(out, one.attributes, {record.uid, one.id}, sealing));
    out.end_object();
  }
  out.end_list();
  return {};
}

Result<void> write_instance_fields(JsonWriter& out, const InstanceRecord& record, const SetWriter& sets,
                                   Sealing& sealing) {
  text_field(out, "uid", record.uid);
  text_field(out, "provider", record.provider);
  PLUMB_CHECK(identity_field(out, record.identity));
  text_field(out, "server_id", record.server_id);
  PLUMB_CHECK(write_marked(out, record.attributes, {record.uid}, sealing));
  if (!record.managed.empty()) {
    out.key("managed");
    out.begin_list();
    for (const Path& path : record.managed) out.string(path.str());
    out.end_list();
  }
  path_map_field(out, "digests", record.digests);
  path_map_field(out, "evidence", record.evidence);
  if (const std::uint64_t id = sets.id(record.dependencies); id != 0) {
    out.key("dependencies");
    out.unsigned_integer(id);
  }
  if (record.schema_version != 1) {
    out.key("schema");
    out.integer(record.schema_version);
  }
  flag_field(out, "prevent_destroy", record.prevent_destroy);
  flag_field(out, "retain", record.retain);
  flag_field(out, "create_before_destroy", record.create_before_destroy);
  text_field(out, "trigger", record.trigger);
  if (record.partial) {
    out.key("partial");
    out.string(*record.partial);
  }
  return write_deposed(out, record, sealing);
}

std::string_view action_name(IntentAction action) {
  switch (action) {
    case IntentAction::create:
      return "create";
    case IntentAction::update:
      return "update";
    case IntentAction::remove:
      return "remove";
  }
  return {};
}

Result<Address> address_of(Fields& fields) {
  const std::string text = fields.required_text("address");
  auto address = Address::parse(text);
  if (!address) return fail("`address` cannot be read: " + address.error().message);
  return std::move(*address);
}

}  // namespace

Result<void> write_instance(JsonWriter& out, const InstanceRecord& record, const SetWriter& sets, Sealing& sealing) {
  const std::string address = record.address.str();
  out.key("address");
  out.string(address);
  auto written = write_instance_fields(out, record, sets, sealing);
  if (!written) return fail(std::move(written).error().in(address));
  return {};
}

Result<void> write_intent(JsonWriter& out, const Intent& intent) {
  out.key("id");
  out.string(intent.id);
  out.key("action");
  out.string(action_name(intent.action));
  text_field(out, "uid", intent.uid);
  out.key("address");
  out.string(intent.address.str());
  text_field(out, "provider", intent.provider);
  auto written = identity_field(out, intent.identity);
  if (!written) return fail(std::move(written).error().in(intent.address.str()));
  text_field(out, "server_id", intent.server_id);
  text_field(out, "deposed", intent.deposed);
  if (!intent.siblings.empty()) {
    out.key("siblings");
    out.begin_list();
    for (const std::string& sibling : intent.siblings) out.string(sibling);
    out.end_list();
  }
  text_field(out, "started", intent.started);
  return {};
}

Result<void> write_output(JsonWriter& out, const std::string& name, const OutputRecord& output, Sealing& sealing) {
  flag_field(out, "sensitive", output.sensitive);
  if (!output.reference.empty()) {
    text_field(out, "reference", output.reference);
    return {};
  }
  if (output.sensitive || output.value.any_sensitive()) {
    auto text = sealing.text_of({"output"}, name, output.value);
    if (!text) return fail(std::move(text).error().in("output " + name));
    out.key("sealed");
    out.string(*text);
    return {};
  }
  out.key("value");
  auto written = out.value(output.value);
  if (!written) return fail(std::move(written).error().in("output " + name));
  return {};
}

void write_check(JsonWriter& out, const CheckRecord& check) {
  text_field(out, "status", check.status);
  if (check.messages.empty()) return;
  out.key("messages");
  out.begin_list();
  for (const std::string& message : check.messages) out.string(message);
  out.end_list();
}

Result<Path> RecordReader::path(const std::string& text) {
  if (const auto it = paths_.find(text); it != paths_.end()) return it->second;
  auto path = text.empty() ? Result<Path>(Path()) : Path::parse(text);
  if (!path) return fail("a path cannot be read: " + path.error().message);
  paths_.emplace(text, *path);
  return std::move(*path);
}

Result<std::map<Path, std::string>> RecordReader::path_map(Fields& fields, std::string_view key) {
  std::map<Path, std::string> out;
  for (auto& [name, text] : fields.text_map(key)) out.insert_or_assign(PLUMB_TRY(path(name)), std::move(text));
  return out;
}

Result<std::vector<Deposed>> RecordReader::deposed(Fields& fields, const std::string& uid) {
  std::vector<Deposed> out;
  const Value* list = fields.value("deposed");
  if (list == nullptr) return out;
  if (!list->is_list()) return fail("`deposed` must be a list");
  for (const Value& item : list->as_list()) {
    Fields part(item);
    Deposed one;
    one.id = part.text("id");
    one.identity = part.value_or_null("identity");
    one.server_id = part.text("server_id");
    one.attributes =
        PLUMB_TRY(read_marked(part.value_or_null("attributes"), part.value_or_null("sealed"), {uid, one.id}, sealing_));
    PLUMB_CHECK(part.done());
    out.push_back(std::move(one));
  }
  return out;
}

Result<InstanceRecord> RecordReader::instance(Fields& fields) {
  InstanceRecord record;
  record.address = PLUMB_TRY(address_of(fields));
  record.uid = fields.required_text("uid");
  record.provider = fields.text("provider");
  record.identity = fields.value_or_null("identity");
  record.server_id = fields.text("server_id");
  record.attributes = PLUMB_TRY(
      read_marked(fields.value_or_null("attributes"), fields.value_or_null("sealed"), {record.uid}, sealing_));
  for (const std::string& text : fields.texts("managed")) record.managed.push_back(PLUMB_TRY(path(text)));
  record.digests = PLUMB_TRY(path_map(fields, "digests"));
  record.evidence = PLUMB_TRY(path_map(fields, "evidence"));
  record.dependencies = PLUMB_TRY(sets_.find(fields.number("dependencies")));
  const std::uint64_t version = fields.number("schema", 1);
  if (version > static_cast<std::uint64_t>(INT32_MAX)) return fail("`schema` is out of range");
  record.schema_version = static_cast<int>(version);
  record.prevent_destroy = fields.flag("prevent_destroy");
  record.retain = fields.flag("retain");
  record.create_before_destroy = fields.flag("create_before_destroy");
  record.trigger = fields.text("trigger");
  if (const Value* partial = fields.value("partial"); partial != nullptr) {
    if (!partial->is_string()) return fail("`partial` must be text");
    record.partial = partial->as_string();
  }
  record.deposed = PLUMB_TRY(deposed(fields, record.uid));
  return record;
}

Result<Intent> RecordReader::intent(Fields& fields) {
  Intent intent;
  intent.id = fields.required_text("id");
  const std::string action = fields.required_text("action");
  if (action == "create")
    intent.action = IntentAction::create;
  else if (action == "update")
    intent.action = IntentAction::update;
  else if (action == "remove")
    intent.action = IntentAction::remove;
  else
    return fail("`action` must be create, update or remove");
  intent.uid = fields.text("uid");
  intent.address = PLUMB_TRY(address_of(fields));
  intent.provider = fields.text("provider");
  intent.identity = fields.value_or_null("identity");
  intent.server_id = fields.text("server_id");
  intent.deposed = fields.text("deposed");
  intent.siblings = fields.texts("siblings");
  intent.started = fields.text("started");
  return intent;
}

Result<CheckRecord> RecordReader::check(Fields& fields) {
  CheckRecord check;
  check.status = fields.required_text("status");
  if (check.status != "passed" && check.status != "failed" && check.status != "unknown")
    return fail("`status` must be passed, failed or unknown");
  check.messages = fields.texts("messages");
  return check;
}

Result<OutputRecord> RecordReader::output(Fields& fields, const std::string& name) {
  OutputRecord output;
  output.sensitive = fields.flag("sensitive");
  output.reference = fields.text("reference");
  const Value* value = fields.value("value");
  const std::string sealed = fields.text("sealed");
  if (!output.reference.empty()) {
    if (value != nullptr || !sealed.empty()) return fail("an output that is a reference has no value");
    output.value = Value().with_sensitive();
    return output;
  }
  if ((value != nullptr) != sealed.empty()) return fail("an output has either `value` or `sealed`");
  output.value = value != nullptr ? *value : PLUMB_TRY(sealing_.value_of({"output"}, name, sealed));
  return output;
}

}  // namespace plumb::statefile
