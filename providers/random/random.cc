#include "providers/random/random.h"

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/provider_api/local_provider.h"
#include "engine/provider_api/password.h"
#include "providers/random/attributes.h"
#include "providers/random/password.h"

namespace plumb {

namespace random {

namespace {

constexpr std::int64_t kMostBytes = 1024;

TypeSchema id_schema() {
  TypeSchema out;
  out.name = "random.id";
  out.doc = "Random bytes as text, for names that must not collide; no secret.";
  Attribute count = chosen("bytes", integer_type(), "How many random bytes, from 1 to 1024.", "8");
  count.required = true;
  count.optional = false;
  out.attributes = {std::move(count), keepers(), made("hex", "The bytes in hexadecimal digits.", "9f86d081884c7d65"),
                    made("base64url", "The bytes in base64 for URLs, without padding.", "n4bQgYhMfWU")};
  out.outside_effect = false;
  return out;
}

TypeSchema uuid_schema() {
  TypeSchema out;
  out.name = "random.uuid";
  out.doc = "A random UUID (version 4); no secret.";
  out.attributes = {keepers(), made("value", "The UUID.", "6fa459ea-ee8a-4ca4-894e-db77e160355e")};
  out.outside_effect = false;
  return out;
}

ProviderSchema random_schema() {
  ProviderSchema out;
  out.name = "random";
  out.doc = "Passwords and identifiers, made once and kept in state.";
  out.types = {password_schema(), id_schema(), uuid_schema()};
  out.connects = false;
  return out;
}

std::vector<TypeError> check_id(const Value& desired) {
  const Value count = desired.get("bytes");
  if (!count.is_integer() || (count.as_integer() >= 1 && count.as_integer() <= kMostBytes)) return {};
  return {{Path("bytes"), "must be from 1 to " + std::to_string(kMostBytes), "choose a number such as 8"}};
}

std::vector<TypeError> check_type(const TypeSchema& type, const Value& desired) {
  if (type.name == "random.password") return check_password(desired);
  if (type.name == "random.id") return check_id(desired);
  return {};
}

ValueMap generate(const TypeSchema& type, const Value& desired) {
  if (type.name == "random.password") {
    return {{"value", Value(make_password(password_rules(desired))).with_sensitive()}};
  }
  if (type.name == "random.id") {
    const std::string raw = random_bytes(static_cast<std::size_t>(desired.get("bytes").as_integer()));
    return {{"base64url", base64url(raw)}, {"hex", hex(raw)}};
  }
  return {{"value", random_uuid()}};
}

// What was made stays for life.
ValueMap generated_before(const TypeSchema& type, const Value& prior) {
  ValueMap out;
  for (const Attribute& attribute : type.attributes) {
    if (attribute.computed) out.set(attribute.name, prior.get(attribute.name));
  }
  return out;
}

class RandomProvider : public LocalProvider {
 public:
  ApplyResult apply(const ChangeRequest& change) override {
    ApplyResult out;
    if (change.operation == Operation::remove) return out;
    if (change.operation == Operation::update) {
      out.value = local_object(*change.type, change.desired, generated_before(*change.type, change.prior));
      return out;
    }
    // What was unknown to plan is checked here.
    if (const auto errors = check_type(*change.type, change.desired); !errors.empty()) {
      const TypeError& first = errors.front();
      out.error = Error{first.path.str() + " " + first.message, first.next_step};
      return out;
    }
    out.value = local_object(*change.type, change.desired, generate(*change.type, change.desired));
    return out;
  }
};

class RandomKind : public ProviderKind {
 public:
  [[nodiscard]] const ProviderSchema& schema() const override { return schema_; }
  [[nodiscard]] std::unique_ptr<Provider> make() const override { return std::make_unique<RandomProvider>(); }
  [[nodiscard]] std::vector<TypeError> check(const TypeSchema& type, const Value& desired) const override {
    return check_type(type, desired);
  }

 private:
  ProviderSchema schema_ = random_schema();
};

}  // namespace

}  // namespace random

std::unique_ptr<ProviderKind> make_random() { return std::make_unique<random::RandomKind>(); }

}  // namespace plumb
