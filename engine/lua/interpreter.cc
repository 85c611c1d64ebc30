#include "engine/lua/interpreter.h"

#include <deque>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/lua/lexer.h"
#include "engine/lua/message.h"
#include "engine/lua/proxy.h"
#include "engine/lua/sandbox.h"

namespace plumb {
namespace {

using lua::chunk_name;
using lua::plain_message;
using lua::PlainMessage;

// An expression is one value: Lua itself would take `a, b` and drop the b.
std::optional<Token> second_value(std::string_view text) {
  Lexer lexer(text);
  Nesting nesting;
  while (true) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::end || token.kind == TokenKind::bad) return std::nullopt;
    if (nesting.depth <= 0 && (token.is(",") || token.is(";"))) return token;
    nesting.take(token);
  }
}

std::string advice(std::string_view text) {
  Lexer lexer(text);
  Token before;
  while (true) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::end) break;
    if (token.kind == TokenKind::bad) return "a string or a comment has no end";
    if (token.is("!")) return "Lua writes \"~=\" for \"not equal\" and \"not x\" for \"!x\"";
    if (token.is("?")) return "Lua writes \"condition and a or b\"";
    if (token.is("&") && before.is("&")) return "Lua writes \"and\"";
    if (token.is("|") && before.is("|")) return "Lua writes \"or\"";
    before = token;
  }
  return "an expression is one Lua 5.4 expression";
}

// The place of what the message says it is near to, on the first line; later lines are counted from their own start.
SourcePos place(const SourcePos& pos, std::string_view text, const PlainMessage& message) {
  SourcePos at = pos;
  if (message.line > 1) {
    at.line += message.line - 1;
    at.column = 1;
    return at;
  }
  const std::size_t near = message.text.rfind("near '");
  if (near == std::string::npos || message.text.size() < near + 8) return at;
  const std::string_view token(message.text.data() + near + 6, message.text.size() - near - 7);
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t found = line.find(token);
  if (found != std::string_view::npos && line.find(token, found + 1) == std::string_view::npos) {
    at.column += static_cast<std::uint32_t>(found);
  }
  return at;
}

}  // namespace

struct Interpreter::Impl {
  struct Expression {
    std::string text;
    References references;
    bool loaded = false;  // one chain of names needs no Lua until somebody evaluates it
  };
  lua::Run run;
  lua_State* L = nullptr;
  std::deque<Expression> expressions;
  std::unordered_map<std::string_view, ExpressionId> by_text;  // views into `expressions`

  Result<void> load(const Expression& expression, ExpressionId id, const SourcePos& pos);
  Evaluation finish(int status);
  Error failure();
};

namespace {

using lua::Run;
using lua::Stop;

// Stack: environment, chunks (see open).
constexpr int environment_index = 1;
constexpr int chunks_index = 2;

// Argument: the chunk.
int evaluate_chunk(lua_State* L) {
  lua_call(L, 0, 1);
  Run& run = lua::run_of(L);
  run.result = lua::to_value(L, -1);
  lua::charge_result(L, run.result);
  if (run.result.is_unknown()) lua::stop(L, Stop::unknown, run.result.sensitive());
  if (run.result.is_unavailable()) lua::stop(L, Stop::unavailable, true);
  return 0;
}

}  // namespace

Result<std::string> ExpressionHost::read_file(std::string_view /*path*/) {
  return fail("there are no files to read here", "pass the text in");
}

Result<Value> ExpressionHost::parse_yaml(std::string_view /*text*/) {
  return fail("there is no YAML reader here", "write the text as JSON and use json_decode");
}

Interpreter::Interpreter(std::vector<std::string> scope_names, InterpreterLimits limits)
    : impl_(std::make_unique<Impl>()) {
  impl_->run.scope = std::move(scope_names);
  impl_->run.limits = limits;
  impl_->L = lua::open_state(impl_->run);
  lua_newtable(impl_->L);
}

Interpreter::~Interpreter() { lua_close(impl_->L); }

Result<ExpressionId> Interpreter::compile(std::string_view text, const SourcePos& pos) {
  if (const auto known = impl_->by_text.find(text); known != impl_->by_text.end()) return known->second;
  if (Lexer(text).next().kind == TokenKind::end) {
    return fail("expression: there is nothing between ${ and }", "write an expression, or $${ for a literal ${", pos);
  }
  Impl::Expression expression{std::string(text), references(text, impl_->run.scope), false};
  const auto id = static_cast<ExpressionId>(impl_->expressions.size());
  if (!expression.references.whole) {
    if (const auto second = second_value(text)) {
      const PlainMessage message{"unexpected symbol near '" + std::string(second->text) + "'", 1};
      return fail("expression: " + message.text, "an expression is one value", place(pos, text, message));
    }
    PLUMB_CHECK(impl_->load(expression, id, pos));
    expression.loaded = true;
  }
  impl_->expressions.push_back(std::move(expression));
  impl_->by_text.emplace(impl_->expressions.back().text, id);
  return id;
}

// Compiles the text and keeps the chunk under the id.
Result<void> Interpreter::Impl::load(const Expression& expression, ExpressionId id, const SourcePos& pos) {
  const std::string source = "return " + rewrite_forms(expression.text);
  if (luaL_loadbufferx(L, source.data(), source.size(), chunk_name, "t") != LUA_OK) {
    const PlainMessage message = plain_message(lua::text_at(L, -1));
    lua_settop(L, chunks_index);
    return fail("expression: " + printable(message.text), advice(expression.text),
                place(pos, expression.text, message));
  }
  lua_rawseti(L, chunks_index, static_cast<lua_Integer>(id) + 1);
  return {};
}

const References& Interpreter::references_of(ExpressionId id) const { return impl_->expressions[id].references; }

Error Interpreter::Impl::failure() {
  Error error;
  if (const lua::Proxy* proxy = lua::proxy_at(L, -1); proxy != nullptr && proxy->tag == lua::Tag::error) {
    return static_cast<const lua::ErrorProxy*>(proxy)->error;
  }
  if (lua_type(L, -1) == LUA_TSTRING) {
    auto [text, line] = plain_message(lua::text_at(L, -1));
    error.message = printable(text.substr(0, 2000));
    error.pos.line = line;
  } else {
    error.message = std::string("the expression failed with a ") + lua::kind_at(L, -1) + " in place of a message";
  }
  if (run.user_error && run.sensitive) {
    error.message = "the expression failed; its message is withheld because it read a sensitive value";
  }
  error.next_step = "correct the expression";
  return error;
}

Evaluation Interpreter::Impl::finish(int status) {
  Evaluation made;
  made.used_nonsensitive = run.used_nonsensitive;
  if (status == LUA_ERRMEM && run.stop == Stop::none) run.stop = run.memory.churned ? Stop::steps : Stop::memory;
  switch (run.stop) {
    case Stop::none:
      break;
    case Stop::unknown:
      made.value = Value::unknown().with_sensitive(run.sensitive || run.stop_sensitive);
      return made;
    case Stop::unavailable:
      made.value = Value::unavailable();
      return made;
    case Stop::demand:
      made.status = Evaluation::Status::demand;
      return made;
    case Stop::error:
      made.status = Evaluation::Status::error;
      made.error = std::move(run.stop_error);
      return made;
    case Stop::steps:
    case Stop::memory:
      made.status = Evaluation::Status::error;
      made.error = lua::limit_error(run, "expression");
      return made;
  }
  if (status != LUA_OK) {
    made.status = Evaluation::Status::error;
    made.error = failure();
    return made;
  }
  made.value = run.sensitive ? run.result.with_sensitive() : std::move(run.result);
  run.result = Value();
  return made;
}

Evaluation Interpreter::evaluate(ExpressionId id, ExpressionHost& host) {
  lua_State* L = impl_->L;
  Run& run = impl_->run;
  lua_settop(L, chunks_index);
  if (Impl::Expression& expression = impl_->expressions[id]; !expression.loaded) {
    if (auto loaded = impl_->load(expression, id, {}); !loaded.has_value()) {
      Evaluation broken;
      broken.status = Evaluation::Status::error;
      broken.error = std::move(loaded).error();
      return broken;
    }
    expression.loaded = true;
  }
  lua_pushcfunction(L, &lua::guarded<&evaluate_chunk>);
  lua_rawgeti(L, chunks_index, static_cast<lua_Integer>(id) + 1);
  // Whatever the last evaluation did to its own `_ENV` is gone.
  lua_pushvalue(L, environment_index);
  lua_setupvalue(L, -2, 1);
  run.begin(host, impl_->expressions[id].text);
  lua_sethook(L, &lua::count_hook, LUA_MASKCOUNT, lua::hook_interval);
  const int status = lua_pcall(L, 1, 0, 0);
  const std::size_t used = run.memory.churn + run.memory.values;
  run.end();
  lua_sethook(L, nullptr, 0, 0);
  Evaluation made = impl_->finish(status);
  lua_settop(L, chunks_index);
  if (used > (32U << 20)) lua_gc(L, LUA_GCCOLLECT);
  return made;
}

}  // namespace plumb
