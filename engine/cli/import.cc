#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/base/text.h"
#include "engine/cli/signals.h"
#include "engine/cli/stack_run.h"
#include "engine/model/identity.h"
#include "engine/report/state_text.h"

namespace plumb::cli {

namespace {

Result<void> check_block(const StackConfig& stack, const Address& address) {
  std::vector<std::string> names;
  for (const ResourceBlock& block : stack.resources) {
    if (block.address == address.resource()) return {};
    names.push_back(block.address.str());
  }
  return fail("there is no block for " + address.str() + did_you_mean(address.resource().str(), names),
              "write the block under `resources:` first: import only ties an object to it");
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

}  // namespace

int run_import(Context& context) {
  const auto addresses = addresses_of({context.options.arguments[0]}, "");
  if (!addresses.has_value()) return context.failed(addresses.error());
  const Address& address = addresses->front();
  StackRun run(context);
  if (!run.load()) return 1;
  if (const auto block = check_block(run.stack, address); !block.has_value()) return context.failed(block.error());
  const auto type = context.registry.type(address.type);
  if (!type.has_value()) return context.failed(type.error());
  if (!run.lock_state("import") || !run.start(PlanMode::normal)) return 1;
  auto record = find_object(context, run, address, **type);
  if (!record.has_value()) return context.failed(record.error());
  defer_signals();
  const std::vector<JournalEvent> events{OutcomeDone{"", *std::move(record)}};
  fold(run.state, events.front());
  if (const auto done = run.locked->append(run.state, events, true); !done.has_value()) {
    return context.failed(done.error());
  }
  if (const auto done = run.locked->commit(run.state); !done.has_value()) return context.failed(done.error());
  const InstanceRecord& kept = run.state.instances.at(address);
  if (context.options.json) {
    context.print_json(instance_json(run.state, kept));
  } else {
    context.print("Imported into state:\n\n" + instance_text(run.state, kept, context.terminal.out) +
                  "\nRun `plumb plan` to see how it differs from its block.\n");
  }
  return 0;
}

}  // namespace plumb::cli
