// A connection to one server: calls of its API, with a token that stays valid.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/value.h"
#include "engine/net/http.h"
#include "providers/vault/settings.h"

namespace plumb::vault {

struct Server {
  enum class Kind : std::uint8_t { vault, openbao };
  Kind kind = Kind::vault;
  int major = 0, minor = 0;
  std::string version;   // `2.7.2`
  std::string identity;  // the cluster's id
  [[nodiscard]] bool openbao() const { return kind == Kind::openbao; }
  [[nodiscard]] bool openbao_since(int wanted_major, int wanted_minor) const {
    return openbao() && (major > wanted_major || (major == wanted_major && minor >= wanted_minor));
  }
  // Vault's free build takes the header for one, and ignores it.
  [[nodiscard]] bool has_namespaces() const {
    return openbao() ? openbao_since(2, 3) : version.find("+ent") != std::string::npos;
  }
  [[nodiscard]] std::string name() const { return (openbao() ? "OpenBao " : "Vault ") + version; }
};

struct Call {
  std::string method = "GET";  // GET, LIST, SCAN, POST, PATCH, DELETE
  std::string path;            // below /v1/, without a slash at its begin, encoded, with its query
  Value body{};                // sent as JSON; null for none. Marks are lost on the way out
  std::string space{};         // the namespace, absolute
  bool asks = false;           // a POST that only reads (a lookup)
  std::string wrap_ttl{};      // ask for the answer wrapped in a one-time token that lives this long
  std::chrono::milliseconds timeout{0};

  [[nodiscard]] bool reads() const { return asks || method == "GET" || method == "LIST" || method == "SCAN"; }
};

struct Answer {
  int status = 0;
  Value body;  // the JSON; null when there was none
  [[nodiscard]] bool found() const { return status != 404; }
  [[nodiscard]] Value data() const { return body.get("data"); }
  // What the server wants to be known, one line each.
  [[nodiscard]] std::vector<std::string> warnings() const;
};

// Thread-safe, but for `open`.
class Client {
 public:
  // Asks what server it is, logs in, and checks the token. Errors: Fault::input, Fault::unreachable (also sealed, not
  // initialised), Fault::refused.
  static Result<std::unique_ptr<Client>> open(Settings settings);
  // Gives back the token that a login made.
  ~Client();

  // An answer is a success, or 404: what that means is the caller's business. Everything else is an error of the right
  // class (errors.h). A write whose answer says that the server ignored a parameter is an error too.
  Result<Answer> call(const Call& call);
  // The same for what must be there: 404 is an error too.
  Result<Answer> expect(const Call& call);
  // All at once over a few connections; in order.
  std::vector<Result<Answer>> call_all(std::span<const Call> calls);

  // Most used: the `data` of a GET; nullopt for 404.
  Result<std::optional<Value>> read(std::string path, std::string space);
  // The keys of a LIST; empty for 404 (an empty list answers that).
  Result<std::vector<std::string>> list(std::string path, std::string space);

  [[nodiscard]] const Server& server() const { return server_; }
  [[nodiscard]] const std::string& space() const { return settings_.space; }
  void close_idle() { http_->close_idle(); }

 private:
  struct Token;
  Client(Settings settings, std::unique_ptr<HttpClient> http);
  Result<void> learn_server();
  Result<void> log_in();
  Result<void> check_token();
  // Renews the token, or logs in again, when its time runs out.
  Result<void> keep_token();
  void renew_token();
  // After a refusal: true when a new token was had, and the calls may be sent again.
  Result<bool> refreshed_token(std::uint64_t used);
  [[nodiscard]] Error no_namespaces(const std::string& space) const;
  // The calls that the server would carry out in another namespace than they name; the others are sent.
  std::vector<Result<Answer>> refuse_namespaces(std::span<const Call> calls);
  HttpRequest request_of(const Call& call) const;

  Settings settings_;
  std::unique_ptr<HttpClient> http_;
  Server server_;
  std::unique_ptr<Token> token_;
};

}  // namespace plumb::vault
