// Data sources: read in plan when all they depend on stands still, else in apply.
//
// What one said last is kept in state. When its question is the same and only something that it `depends_on` changes,
// that answer stands for this plan: a sibling's change must not make everything behind it unknown. Answers that hold
// secrets are not kept; instead such a one is asked again.
#include <algorithm>

#include "engine/plan/kept.h"
#include "engine/plan/settle.h"
#include "engine/plan/three_way.h"
#include "engine/plan/world.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

// The question: what configuration sets, as the record keeps it.
Value asked(const TypeSchema& type, const Value& attributes) {
  std::vector<ValueMap::Entry> entries;
  for (const auto& [name, value] : attributes.as_map()) {
    const Attribute* attribute = type.find(name);
    if (attribute != nullptr && !attribute->computed && !value.is_null()) entries.emplace_back(name, value);
  }
  return Value(ValueMap::from(std::move(entries)));
}

// State knows the question, and so that it was answered.
bool asked_before(const InstanceNode& instance) {
  if (instance.record == nullptr || !instance.desired.fully_known() || instance.desired.any_sensitive()) return false;
  return asked(*instance.type, instance.record->attributes) == asked(*instance.type, instance.desired);
}

// The last answer to the same question; nullptr when there is none, or secrets of it were not kept.
const InstanceRecord* last_answer(const InstanceNode& instance) {
  if (!asked_before(instance) || answers_secrets(*instance.type)) return nullptr;
  return instance.record->attributes.fully_known() ? instance.record : nullptr;
}

// The answer, with the marks of a question that it repeats.
Value marked_as_asked(const Value& answer, const Value& question) {
  if (!question.any_sensitive()) return answer;
  ValueMap out = answer.as_map();
  for (const auto& [name, value] : question.as_map()) {
    if (value.any_sensitive()) out.set(name, value);
  }
  return Value(std::move(out));
}

bool finish(InstanceNode& instance, Value value) {
  instance.value = instance.planned = std::move(value);
  instance.phase = Phase::done;
  return true;
}

bool wait_for_apply(World& world, InstanceNode& instance, const std::string& reason) {
  if (world.resources[instance.resource].check != nullptr) return finish(instance, Value::unknown());
  PlannedChange& change = change_of(world, instance);
  change.action = instance.action = Action::read;
  change.reason = reason;
  Value planned = planned_create(*instance.type, instance.desired);
  change.after = planned;
  return finish(instance, std::move(planned));
}

bool unreadable(World& world, InstanceNode& instance, Error error) {
  if (world.resources[instance.resource].check != nullptr) {  // its check says so
    instance.live.error = std::move(error);
    return finish(instance, Value::unknown());
  }
  const SourcePos pos = world.resources[instance.resource].block->pos;
  if (error.fault == Fault::unreachable || error.fault == Fault::refused) {
    world.info[instance.node].failed = true;
    world.diagnostics->add(std::move(error).in(instance.address.str()).at(pos));
    return finish(instance, Value::unknown());
  }
  PlannedChange& change = change_of(world, instance);
  change.intended = Action::read;
  change.action = instance.action = Action::blocked;
  change.blocked = std::move(error).at(pos);
  instance.blocked = true;
  return finish(instance, planned_create(*instance.type, instance.desired));
}

bool take_answer(World& world, InstanceNode& instance) {
  if (instance.live.status != ReadResult::Status::present && !world.applying) {
    // What it depends on is about to change, and may be what it asks for.
    if (const auto upstream = changed_upstream(world, instance)) {
      return wait_for_apply(world, instance, upstream->str() + " changes, which it depends on");
    }
  }
  switch (instance.live.status) {
    case ReadResult::Status::present:
      return finish(instance, marked_as_asked(instance.live.value, instance.desired));
    case ReadResult::Status::absent:
      return unreadable(world, instance,
                        Error{"there is nothing that it asks for",
                              "check what it is asked: the server has no such thing",
                              {},
                              Fault::provider});
    case ReadResult::Status::unreadable:
      return unreadable(world, instance, instance.live.error);
  }
  return true;
}

}  // namespace

bool settle_data(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  if (instance.live_known) return take_answer(world, instance);
  const ProviderNode& provider = world.providers[instance.provider];
  const InstanceRecord* last = last_answer(instance);
  if (world.in.options.mode == PlanMode::validate) {
    return finish(instance, planned_create(*instance.type, instance.desired));
  }
  const bool ready = provider.status == ProviderNode::Status::ready;
  const bool ask_to_destroy = ready && answers_secrets(*instance.type) && instance.desired.fully_known();
  if (world.in.options.mode == PlanMode::destroy && !ask_to_destroy) {
    return finish(instance, last != nullptr ? last->attributes : planned_create(*instance.type, instance.desired));
  }
  if (world.in.options.refresh == Refresh::none && last != nullptr) return finish(instance, last->attributes);
  if (provider.status == ProviderNode::Status::unavailable) {
    return unreadable(world, instance, unavailable(world, "provider " + quoted(provider.name) + " is configured by"));
  }
  if (instance.desired.any_unavailable()) {
    return unreadable(world, instance, unavailable(world, "it is asked with"));
  }
  if (!instance.desired.fully_known()) {
    return wait_for_apply(world, instance, "what it is asked is known only after apply");
  }
  const bool ask_again = ready && answers_secrets(*instance.type) && asked_before(instance);
  if (const auto upstream = ask_again ? std::nullopt : changed_upstream(world, instance)) {
    if (last != nullptr) return finish(instance, last->attributes);
    return wait_for_apply(world, instance, upstream->str() + " changes, which it depends on");
  }
  if (!ready) {
    if (last != nullptr) return finish(instance, last->attributes);
    return wait_for_apply(world, instance, "its provider is configured in apply");
  }
  world.pending_data[{instance.provider, instance.type}].push_back(index);
  world.work.hold();
  return false;
}

bool flush_pending_data(World& world) {
  if (world.pending_data.empty()) return false;
  auto pending = std::move(world.pending_data);
  world.pending_data.clear();
  for (auto& [key, instances] : pending) {
    std::vector<Value> questions;
    questions.reserve(instances.size());
    for (const std::uint32_t i : instances) questions.push_back(world.instances[i].desired);
    Provider* provider = world.providers[key.first].provider.get();
    world.pool->submit([&world, provider, type = key.second, questions = std::move(questions),
                        asked_for = std::move(instances)]() -> WorkerPool::Completion {
      const auto start = std::chrono::steady_clock::now();
      auto results = std::make_shared<std::vector<ReadResult>>(provider->read_data(*type, questions));
      check_data(*type, questions.size(), *results);
      const auto took = std::chrono::steady_clock::now() - start;
      return [&world, results, asked_for, took] {
        world.refresh_time += took;
        for (std::size_t i = 0; i < asked_for.size(); ++i) {
          InstanceNode& instance = world.instances[asked_for[i]];
          instance.live = std::move((*results)[i]);
          instance.live_known = true;
          world.work.resume(instance.node);
        }
      };
    });
  }
  return true;
}

void read_again(World& world, std::uint32_t index) {
  InstanceNode& instance = world.instances[index];
  instance.live = {};
  const ProviderNode& provider = world.providers[instance.provider];
  if (provider.status != ProviderNode::Status::ready || !instance.desired.fully_known()) {
    instance.value = Value::unknown();
    return;
  }
  std::vector<ReadResult> results = provider.provider->read_data(*instance.type, std::vector<Value>{instance.desired});
  check_data(*instance.type, 1, results);
  instance.live = std::move(results.front());
  take_answer(world, instance);
}

bool data_record_stale(const World& world, const InstanceNode& instance) {
  if (!instance.live_known || instance.live.status != ReadResult::Status::present) return false;
  if (world.resources[instance.resource].check != nullptr) return false;
  if (instance.record == nullptr) return true;
  return instance.record->provider != world.providers[instance.provider].name ||
         !(kept_answer(*instance.type, instance.planned, instance.desired) == instance.record->attributes);
}

}  // namespace plumb
