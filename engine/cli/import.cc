#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/cli/import_write.h"
#include "engine/cli/signals.h"
#include "engine/cli/stack_run.h"
#include "engine/model/identity.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

namespace {

const ResourceBlock* block_of(const StackConfig& stack, const Address& address) {
  const auto found = std::find_if(stack.resources.begin(), stack.resources.end(),
                                  [&](const ResourceBlock& block) { return block.address == address.resource(); });
  return found == stack.resources.end() ? nullptr : &*found;
}

Result<void> check_block(const StackConfig& stack, const Address& address) {
  // What a module makes is known only once it is evaluated.
  if (!address.modules.empty() || block_of(stack, address) != nullptr) return {};
  std::vector<std::string> names;
  for (const ResourceBlock& block : stack.resources) names.push_back(block.address.str());
  return fail("there is no block for " + address.str() + did_you_mean(address.resource().str(), names),
              "write the block under `resources:` first, or let `--write FILE` write it");
}

// The object is in state already, here or under another address.
Result<void> check_free(const State& state, const InstanceRecord& wanted, const TypeSchema& type) {
  if (state.instances.contains(wanted.address)) {
    return fail(wanted.address.str() + " is already in state",
                "see it with `plumb state show '" + wanted.address.str() + "'`");
  }
  const std::optional<std::string> key = identity_key(type, wanted.identity);
  for (const auto& [address, record] : state.instances) {
    if (record.provider != wanted.provider || address.type != wanted.address.type) continue;
    const bool same_id = !wanted.server_id.empty() && record.server_id == wanted.server_id;
    if (!same_id && identity_key(type, record.identity) != key) continue;
    return fail("this object is in state as " + address.str(),
                "one object has one address: remove one of the two blocks");
  }
  return {};
}

Result<InstanceRecord> find_object(Context& context, StackRun& run, const Address& address, const TypeSchema& type) {
  if (run.state.instances.contains(address)) {
    return fail(address.str() + " is already in state", "see it with `plumb state show '" + address.str() + "'`");
  }
  const Value identity = PLUMB_TRY(parse_identity(type, context.options.arguments[1]));
  const ReadResult found = PLUMB_TRY(run.session->read_one(address, identity));
  if (found.status == ReadResult::Status::unreadable) return fail(found.error);
  if (found.status == ReadResult::Status::absent) {
    return fail("there is no " + type.name + " \"" + printable(identity_text(type, identity)) + "\"",
                "check the name; an object that is not there yet is made by `plumb apply`");
  }
  InstanceRecord record = PLUMB_TRY(run.session->imported_record(address, run.state, found));
  PLUMB_CHECK(check_free(run.state, record, type));
  return record;
}

void tell(Context& context, const StackRun& run, const InstanceRecord& kept, const Written& written) {
  if (context.options.json) {
    Value out = instance_json(run.state, kept);
    if (!written.file.empty()) out = with_written(out, written);
    context.print_json(out);
    return;
  }
  const std::string next = written.file.empty() ? "Run `plumb plan` to see how it differs from its block.\n"
                                                : "Run `plumb plan` to see that nothing is left to change.\n";
  if (!written.file.empty()) tell_written(context, written);
  context.print("Imported into state:\n\n" + instance_text(run.state, kept, context.terminal.out) + "\n" + next);
}

// What state will hold; nothing after an error, which is told.
std::optional<InstanceRecord> record_of(Context& context, StackRun& run, const Address& address, const TypeSchema& type,
                                        bool changed) {
  if (changed && (!run.load_again() || !run.start(PlanMode::normal))) return std::nullopt;
  auto record = find_object(context, run, address, type);
  if (record.has_value()) return *std::move(record);
  context.say(record.error());
  return std::nullopt;
}

bool store(Context& context, StackRun& run, InstanceRecord record) {
  if (record.attributes.any_sensitive() && !run.ensure_key()) return false;
  const std::vector<JournalEvent> events{OutcomeDone{"", std::move(record)}};
  fold(run.state, events.front());
  auto done = run.locked->append(run.state, events, true);
  if (done.has_value()) done = run.locked->commit(run.state);
  if (!done.has_value()) context.say(done.error());
  return done.has_value();
}

}  // namespace

int run_import(Context& context) {
  const auto addresses = addresses_of({context.options.arguments[0]}, "");
  if (!addresses.has_value()) return context.failed(addresses.error());
  const Address& address = addresses->front();
  if (address.data) return context.failed(Error{"a data source is not imported", "its block is all it needs"});
  StackRun run(context);
  if (!run.load()) return 1;
  const bool write = !context.options.write.empty();
  const auto good = write ? check_no_block(run.stack, address) : check_block(run.stack, address);
  if (!good.has_value()) return context.failed(good.error());
  const auto type = context.registry.type(address.type);
  if (!type.has_value()) return context.failed(type.error());
  if (!run.lock_state("import") || !run.start(PlanMode::normal)) return 1;
  Written written;
  if (write) {
    auto done = write_block(context, run, address, **type);
    if (!done.has_value()) return context.failed(done.error());
    written = *std::move(done);
    if (!written.next_step.empty()) {
      tell_not_imported(context, written);
      return 0;
    }
  }
  std::optional<InstanceRecord> record = record_of(context, run, address, **type, write);
  if (!record) {
    const auto restored = write ? written.put_back() : Result<void>();
    return restored.has_value() ? 1 : context.failed(restored.error());
  }
  defer_signals();
  if (!store(context, run, *std::move(record))) return 1;
  tell(context, run, run.state.instances.at(address), written);
  return 0;
}

}  // namespace plumb::cli
