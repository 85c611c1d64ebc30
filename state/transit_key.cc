#include "state/transit_key.h"

#include "engine/base/file_system.h"
#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/model/json_text.h"
#include "engine/net/http.h"

namespace plumb {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr std::size_t kKeyBytes = 32;
constexpr std::uint64_t kLongestToken = 64 * 1024;

struct Setting {
  std::string text;
  std::string from;  // the variable, or the name in `state.key`; empty when it is not set
};

std::string variable(const Environment& environment, const std::string& name) {
  const auto it = environment.find(name);
  return it == environment.end() ? std::string() : it->second;
}

// What is configured, else a variable.
Setting setting(const Environment& environment, const std::string& given, const std::string& name,
                const std::string& suffix) {
  if (!given.empty()) return {given, "`" + name + "`"};
  for (const char* prefix : {"BAO_", "VAULT_"}) {
    if (std::string text = variable(environment, prefix + suffix); !text.empty()) return {text, prefix + suffix};
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The server's own words, on one line and not endless. What it says of a request holds no secret of ours.
std::string said(const HttpResponse& response) {
  constexpr std::size_t kLongest = 300;
  std::string out;
  if (const auto body = parse_json(response.body); body && body->is_map()) {
    const Value* errors = body->find("errors");
    if (errors != nullptr && errors->is_list()) {
      for (const Value& one : errors->as_list()) {
        if (one.is_string()) out += (out.empty() ? "" : "; ") + std::string(trimmed(one.as_string()));
      }
    }
  }
  if (out.size() > kLongest) out = out.substr(0, kLongest) + "...";
  return out.empty() ? "status " + std::to_string(response.status) : printable(out);
}

class TransitWrapper final : public KeyWrapper {
 public:
  TransitWrapper(TransitSource source, Environment environment, Setting address, std::unique_ptr<HttpClient> client)
      : source_(std::move(source)),
        environment_(std::move(environment)),
        address_(std::move(address)),
        client_(std::move(client)) {}

  Result<Fresh> make() override {
    const Value data = PLUMB_TRY(ask("datakey/plaintext", R"({"bits":256})"));
    Fresh out;
    out.key = PLUMB_TRY(plaintext(data));
    const Value* ciphertext = data.find("ciphertext");
    if (ciphertext == nullptr || !ciphertext->is_string() || ciphertext->as_string().empty())
      return fail(unusable("gave no ciphertext"));
    out.wrapped = ciphertext->as_string();
    return out;
  }

  Result<std::string> open(const std::string& wrapped) override {
    return plaintext(PLUMB_TRY(ask("decrypt", json_text(ValueMap{{"ciphertext", wrapped}}))));
  }

  [[nodiscard]] std::string place() const override {
    return "the transit key " + source_.key + " (mount " + source_.mount + ") of " + address_.text;
  }
  [[nodiscard]] std::string name() const override { return source_.mount + "/keys/" + source_.key; }

 private:
  Error unusable(const std::string& what) const {
    return {place() + " " + what,
            "check that the address in " + address_.from + " leads to Vault or OpenBao",
            {},
            Fault::environment};
  }

  Result<std::string> plaintext(const Value& data) const {
    const Value* text = data.find("plaintext");
    auto key = text != nullptr && text->is_string() ? from_base64(text->as_string()) : std::nullopt;
    if (!key || key->size() != kKeyBytes) return fail(unusable("gave no key of 32 bytes"));
    return std::move(*key);
  }

  // Where the token comes from, so that messages can tell; nullopt when there is none.
  Result<std::optional<Setting>> token() const {
    if (source_.token_env) {
      const std::string text = variable(environment_, *source_.token_env);
      if (text.empty()) return std::nullopt;
      return Setting{text, *source_.token_env};
    }
    if (Setting found = setting(environment_, "", "", "TOKEN"); !found.text.empty()) return found;
    const std::string home = variable(environment_, "HOME");
    const std::string file = home + "/.vault-token";
    if (home.empty() || !PLUMB_TRY(real_file_system().info(file))) return std::nullopt;
    const std::string text = PLUMB_TRY(real_file_system().read(file, kLongestToken));
    if (trimmed(text).empty()) return std::nullopt;
    return Setting{std::string(trimmed(text)), file};
  }

  Result<Value> ask(const std::string& operation, std::string body) {
    const auto found = PLUMB_TRY(token());
    if (!found) {
      const std::string name = source_.token_env ? *source_.token_env : "VAULT_TOKEN";
      return fail("there is no token for " + place(),
                  source_.token_env ? "put one into " + name : "put one into " + name + ", or log in (`vault login`)",
                  {}, Fault::environment);
    }
    HttpRequest request;
    request.method = "POST";
    request.path = "/v1/" + url_path(source_.mount) + "/" + operation + "/" + url_segment(source_.key);
    request.headers.push_back({"X-Vault-Token", found->text});
    request.headers.push_back({"X-Vault-Request", "true"});
    const Setting space = setting(environment_, source_.namespace_name, "namespace", "NAMESPACE");
    if (!space.text.empty()) request.headers.push_back({"X-Vault-Namespace", space.text});
    request.body = std::move(body);
    request.reads = true;  // neither a new data key nor opening one changes anything there
    auto sent = client_->send(request);
    if (!sent) {
      Error error = std::move(sent).error();
      error.message = place() + " cannot be reached: " + error.message;
      error.fault = Fault::unreachable;
      return fail(std::move(error));
    }
    if (sent->status != 200) return fail(refusal(*sent, operation, found->from));
    auto answer = parse_json(sent->body);
    const Value* data = answer && answer->is_map() ? answer->find("data") : nullptr;
    if (data == nullptr || !data->is_map()) return fail(unusable("gave no answer that can be read"));
    return *data;
  }

  Error refusal(const HttpResponse& response, const std::string& operation, const std::string& token_from) const {
    const std::string cause = said(response);
    const std::string path = source_.mount + "/" + operation + "/" + source_.key;
    Error error{place() + " does not answer: " + cause, "look what is wrong with the server", {}, Fault::environment};
    if (cause.find("sealed") != std::string::npos) {
      error.message = place() + " cannot be used: the server is sealed";
      error.next_step = "unseal it";
    } else if (response.status == 403) {
      error.message = place() + " cannot be used: " + cause;
      error.next_step = "the token in " + token_from + " must be valid, and its policy needs `update` on " + path;
    } else if (cause.find("no handler for route") != std::string::npos) {
      error.message = place() + " is not there: nothing is mounted at " + source_.mount;
      error.next_step = "mount a transit engine there (`vault secrets enable -path=" + source_.mount +
                        " transit`), or check `mount` and `namespace`";
    } else if (response.status == 404 || cause.find("key not found") != std::string::npos) {
      error.message = place() + " is not there: " + cause;
      error.next_step = operation == "decrypt"
                            ? "restore it from its backup, or check `mount`, `key` and `namespace`"
                            : "make it (`vault write -f " + name() + "`), or check `mount`, `key` and `namespace`";
    } else if (response.status == 400) {
      error.message = place() + " cannot open the key of this state: " + cause;
      error.next_step =
          "it is another key of that name, or its older versions were trimmed: restore it from its backup";
    }
    return error;
  }

  TransitSource source_;
  Environment environment_;
  Setting address_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<KeyWrapper>> transit_wrapper(const TransitSource& source,
                                                    const std::map<std::string, std::string>& environment) {
  const Setting address = setting(environment, source.address, "address", "ADDR");
  if (address.text.empty())
    return fail("`state.key.vault_transit` has no address", "give it `address`, or set VAULT_ADDR", source.pos);
  if (clear_text_beyond_loopback(address.text))
    return fail("the address of `state.key.vault_transit` (" + printable(address.text) +
                    ") would send the root key in clear text",
                "use https", source.pos);
  HttpSettings settings;
  settings.address = address.text;
  settings.tls.ca_file = setting(environment, source.ca_cert, "ca_cert", "CACERT").text;
  settings.tls.ca_path = variable(environment, "VAULT_CAPATH");
  settings.tls.certificate_file = setting(environment, "", "", "CLIENT_CERT").text;
  settings.tls.key_file = setting(environment, "", "", "CLIENT_KEY").text;
  settings.tls.server_name = setting(environment, "", "", "TLS_SERVER_NAME").text;
  settings.connections = 1;
  settings.attempts = 3;
  settings.connect_timeout = std::chrono::milliseconds(5000);
  settings.timeout = std::chrono::milliseconds(15'000);
  settings.retry_total = std::chrono::milliseconds(10'000);
  auto client = HttpClient::make(std::move(settings));
  if (!client) return fail(std::move(client).error().in("`state.key.vault_transit`").at(source.pos));
  return std::make_unique<TransitWrapper>(source, environment, address, std::move(*client));
}

}  // namespace plumb
