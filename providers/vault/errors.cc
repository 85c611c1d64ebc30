#include "providers/vault/errors.h"

#include "engine/base/text.h"
#include "engine/model/json_text.h"

namespace plumb::vault {

namespace {

// `1 error occurred:\n\t* permission denied\n\n` is `permission denied`; several are joined.
std::string plain(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t' || line.front() == '*')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    const bool count = line.ends_with("occurred:") && line.find("error") != std::string_view::npos;
    if (line.empty() || count) continue;
    if (!out.empty()) out += "; ";
    out += line;
  }
  return out;
}

std::string said(const HttpResponse& response) {
  std::vector<std::string> parts;
  if (const auto body = parse_json(response.body); body && body->is_map()) {
    if (const Value* errors = body->find("errors"); errors != nullptr && errors->is_list()) {
      for (const Value& one : errors->as_list()) {
        if (one.is_string() && !plain(one.as_string()).empty()) parts.push_back(plain(one.as_string()));
      }
    }
  }
  std::string text = join(parts, "; ");
  constexpr std::size_t longest = 600;
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return printable(text);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string capability_of(const Call& call) {
  if (call.method == "GET") return "read";
  if (call.method == "LIST") return "list";
  if (call.method == "SCAN") return "scan";
  if (call.method == "DELETE") return "delete";
  if (call.method == "PATCH") return "patch";
  return "create\", \"update";
}

std::string bare_path(const Call& call) { return call.path.substr(0, call.path.find('?')); }

Error denied(const Call& call, const std::string& cause) {
  if (has(cause, "invalid token") || has(cause, "bad token") || has(cause, "missing client token")) {
    return {"the server refuses the token: " + cause,
            "Give a token that is valid, or let the provider log in",
            {},
            Fault::refused};
  }
  return {described(call) + ": " + (cause.empty() ? "permission denied" : cause),
          "Give the token a policy with: path \"" + bare_path(call) + "\" { capabilities = [\"" + capability_of(call) +
              "\"] }",
          {},
          Fault::denied};
}

Error bad_request(const Call& call, const std::string& cause) {
  Error out{described(call) + ": " + (cause.empty() ? "the server refuses the request (400)" : cause),
            "Mend what the server names",
            {},
            Fault::provider};
  if (has(cause, "Upgrading from non-versioned")) {
    out.next_step = "Wait until the server has upgraded the key-value store, and run again";
    out.retry = Retry::later;
  } else if (has(cause, "check-and-set")) {
    out.next_step = "Somebody else wrote it in between: plan again";
  } else if (has(cause, "path is already in use")) {
    out.next_step = "Plan again: it says how to take over what is there";
  }
  return out;
}

Error unavailable(const Call& call, const std::string& cause) {
  const bool sealed = has(cause, "sealed");
  Error out{described(call) + ": " + (cause.empty() ? "the server cannot serve (503)" : cause),
            sealed ? "Unseal the server, and run again" : "Run again when the server is back",
            {},
            Fault::unreachable,
            Retry::later};
  return out;
}

}  // namespace

std::string described(const Call& call) {
  std::string out = call.method + ' ' + bare_path(call);
  if (!call.space.empty()) out += " in namespace " + call.space;
  return out;
}

Error error_of(const Call& call, const HttpResponse& response) {
  const std::string cause = said(response);
  const auto retry_after = response.retry_after();
  Error out;
  switch (response.status) {
    case 400:
      return bad_request(call, cause);
    case 401:
    case 403:
      return denied(call, cause);
    case 405:
      return {described(call) + ": the server knows no such operation here" + (cause.empty() ? "" : " (" + cause + ")"),
              "Check the path, and whether this server has the feature",
              {},
              Fault::provider};
    case 307:
      if (const std::string* to = response.header("Location"); to != nullptr && to->starts_with('/')) {
        return {described(call) + ": the server knows this path as " + printable(to->substr(0, to->find('?'))),
                "Write the path as the server does",
                {},
                Fault::provider};
      }
      return {"the server is a standby that does not pass requests on",
              "Give the address of the active server" +
                  (response.header("Location") != nullptr ? ", it names " + *response.header("Location") : ""),
              {},
              Fault::unreachable};
    case 412:
    case 429:
      out = {described(call) + ": " +
                 (cause.empty() ? (response.status == 429 ? "too many requests" : "the server has not caught up yet")
                                : cause),
             "Run again later, or raise the server's rate limit",
             {},
             Fault::provider,
             Retry::later};
      out.retry_after = retry_after;
      return out;
    case 472:
    case 473:
      return {"the server is a standby that serves nothing (" + std::to_string(response.status) + ')',
              "Give the address of the active server",
              {},
              Fault::unreachable};
    case 503:
      out = unavailable(call, cause);
      out.retry_after = retry_after;
      return out;
    default:
      break;
  }
  out = {described(call) + ": " + (cause.empty() ? "the server answers " + std::to_string(response.status) : cause),
         "Look into the server's log",
         {},
         Fault::provider};
  if (response.status == 500 || response.status == 502 || response.status == 504) {
    out.retry = call.reads() ? Retry::later : Retry::outcome_unknown;
    if (response.status != 500) out.fault = Fault::unreachable;
  }
  return out;
}

}  // namespace plumb::vault
