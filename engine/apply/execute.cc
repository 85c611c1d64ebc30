#include "engine/apply/execute.h"

#include <algorithm>

#include "engine/model/address.h"
#include "engine/model/diff.h"
#include "engine/provider_api/contract.h"

namespace plumb {

namespace {

ReadResult read_back(const Call& call) {
  const std::vector<ReadKey> keys{{call.identity, call.request.server_id, call.known}};
  std::vector<ReadResult> results = call.provider->read_many(*call.request.type, keys);
  check_read(*call.request.type, keys, results);
  if (results.empty()) return ReadResult::unreadable(Error{"the provider gave no answer", "", {}, Fault::provider});
  return std::move(results.front());
}

ApplyResult done(ReadResult read) {
  ApplyResult result;
  result.value = std::move(read.value);
  result.server_id = std::move(read.server_id);
  result.evidence = std::move(read.evidence);
  return result;
}

ApplyResult failed(Error error) {
  ApplyResult result;
  result.error = std::move(error);
  return result;
}

// What was to change has not, or nobody can see whether it has: a secret that the server does not give back.
bool may_have_stayed(const Call& call, const ReadResult& now) {
  const auto among = [](const std::vector<Path>& paths, const Path& path) {
    return std::any_of(paths.begin(), paths.end(), [&](const Path& one) { return one.root() == path.root(); });
  };
  return std::any_of(call.request.changed.begin(), call.request.changed.end(), [&](const Path& path) {
    if (among(now.unmoved, path)) return true;
    const Attribute* attribute = call.request.type->find(path.root());
    if (attribute == nullptr || !attribute->write_only) return false;
    const Path whole(attribute->name);
    const auto evidence = now.evidence.find(whole);
    const Value wanted = call.request.desired.get(attribute->name);
    if (evidence == now.evidence.end()) return !wanted.is_null();
    return !call.provider->verify(*call.request.type, whole, wanted, evidence->second);
  });
}

// The reply was lost. What the server says now decides; nothing is repeated blindly.
ApplyResult settle_unknown(const Call& call, ApplyResult lost) {
  ReadResult now = read_back(call);
  if (now.status == ReadResult::Status::unreadable) {
    lost.error->message += "; and reading back failed: " + now.error.message;
    lost.error->next_step = "run apply again: it reads first";
    lost.error->retry = Retry::outcome_unknown;
    return lost;
  }
  const std::string& asked = call.request.server_id;
  // Another object may have taken the name of one that is gone.
  const bool other = !asked.empty() && !now.server_id.empty() && now.server_id != asked;
  const bool there =
      now.status == ReadResult::Status::present && !(other && call.request.operation == Operation::remove);
  if (call.request.operation == Operation::remove) {
    if (!there) return {};
    lost.error->retry = Retry::at_once;  // it did not happen
    return lost;
  }
  if (!there) {
    lost.error->retry = call.request.operation == Operation::create ? Retry::at_once : Retry::never;
    return lost;
  }
  const bool open = call.request.operation == Operation::update && may_have_stayed(call, now);
  ApplyResult result = done(std::move(now));
  ApplyResult checked = result;
  if (!open && check_apply(*call.request.type, call.expected, checked).empty()) return result;
  if (call.request.operation == Operation::update) {
    lost.error->retry = Retry::at_once;
    return lost;
  }
  // Made, but not (yet) as planned: kept as half-made, so that the next plan updates it.
  result.error = std::move(lost.error);
  result.error->retry = Retry::never;
  return result;
}

ApplyResult change(const Call& call) {
  ApplyResult result = call.provider->apply(call.request);
  if (result.error && result.error->retry == Retry::outcome_unknown) return settle_unknown(call, std::move(result));
  return result;
}

// What an object that is there lacks of what is wanted. Secrets cannot be compared, so they are sent.
std::vector<Path> lacking(const TypeSchema& type, const Value& there, const Value& expected, const Value& desired) {
  std::vector<Path> out;
  for (const Attribute& attribute : type.attributes) {
    const Value wanted = expected.get(attribute.name);
    if (attribute.local || attribute.create_only || wanted.is_unknown()) continue;
    const bool secret = attribute.write_only || attribute.sensitive || wanted.any_sensitive();
    if (secret) {
      if (!desired.get(attribute.name).is_null()) out.emplace_back(attribute.name);
      continue;
    }
    if (wanted.is_null() && attribute.computed) continue;
    for (PathChange& one : diff_attribute(there.get(attribute.name), wanted, attribute)) {
      if (one.after.fully_known()) out.push_back(std::move(one.path));
    }
  }
  return out;
}

// The object that an interrupted apply was about to make is there: it is ours, and becomes what is wanted now.
ApplyResult complete_own(const Call& call, ReadResult now) {
  const TypeSchema& type = *call.request.type;
  Call update = call;
  update.request.operation = Operation::update;
  update.request.server_id = now.server_id;
  update.request.changed = lacking(type, now.value, call.expected, call.request.desired);
  if (update.request.changed.empty()) return done(std::move(now));
  for (const Path& path : update.request.changed) {
    const Attribute* attribute = type.find(path.root());
    if (attribute == nullptr || !attribute->immutable) continue;
    return failed(
        Error{"an interrupted apply made it with another " + quoted(path.root()) + ", which cannot be changed",
              "remove it on the server, or set " + quoted(path.root()) + " back; then plan again",
              {},
              Fault::provider});
  }
  update.request.prior = std::move(now.value);
  return change(update);
}

ApplyResult ask(const Call& call) {
  const std::vector<Value> questions{call.request.desired};
  std::vector<ReadResult> answers = call.provider->read_data(*call.request.type, questions);
  check_data(*call.request.type, questions.size(), answers);
  ReadResult& answer = answers.front();
  if (answer.status == ReadResult::Status::absent)
    return failed(Error{"not found: there is nothing that it asks for",
                        "make it first, or mend what it is asked",
                        {},
                        Fault::provider});
  if (answer.status == ReadResult::Status::unreadable) {
    // A read that may have happened has done no harm.
    if (answer.error.retry == Retry::outcome_unknown) answer.error.retry = Retry::at_once;
    return failed(std::move(answer.error));
  }
  return done(std::move(answer));
}

}  // namespace

ApplyResult execute(const Call& call) {
  if (call.data) return ask(call);
  if (call.read_first && call.request.operation == Operation::create) {
    ReadResult now = read_back(call);
    if (now.status == ReadResult::Status::unreadable) return failed(std::move(now.error));
    if (now.status == ReadResult::Status::present) {
      if (call.own) return complete_own(call, std::move(now));
      if (call.request.type->link) return done(std::move(now));
      return failed(Error{
          "it exists already, and is not in state", "plan again: it says how to take it over", {}, Fault::provider});
    }
  }
  return change(call);
}

}  // namespace plumb
