// A small HTTP/1.1 server on loopback that answers as a test tells it and remembers what it was asked.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

struct ssl_ctx_st;

namespace plumb::test {

struct ReceivedRequest {
  std::string method;
  std::string target;  // the path with its query, as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t connection = 0;  // counted from 1
  // The first of that name, letter case aside; empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

struct ServerAnswer {
  enum class Ending {
    keep,       // the connection stays
    close,      // closed after the answer
    no_answer,  // closed instead of an answer
    half,       // closed after half of the body
    hang,       // no answer, and the connection stays until the client or the server goes
  };
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds delay{0};
  Ending ending = Ending::keep;
  std::string raw;  // sent as it is instead of all this
};

// PEM texts. With client_authority a client must bring a certificate of that authority.
struct ServerTls {
  std::string certificate;
  std::string key;
  std::string client_authority;
};

// A thread for each connection. The handler runs on them, many at once.
class HttpServer {
 public:
  using Handler = std::function<ServerAnswer(const ReceivedRequest&)>;
  enum class Host { ip4, ip6 };

  explicit HttpServer(Handler handler, Host host = Host::ip4);
  HttpServer(Handler handler, const ServerTls& tls);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const noexcept { return port_; }
  // `http://127.0.0.1:PORT`.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] std::size_t connections() const;
  // The most requests that were being answered at one moment.
  [[nodiscard]] std::size_t most_at_once() const;
  // The server names (SNI) of the TLS handshakes begun, empty where there was none.
  [[nodiscard]] std::vector<std::string> names_asked() const;
  // Closes every connection that stands, as a restart does.
  void drop_connections();

 private:
  struct Connection;
  void listen_on(Host host);
  void accept_all();
  void serve(Connection& connection);
  bool answer(Connection& connection, const ReceivedRequest& request);
  bool pause(std::chrono::milliseconds time);

  Handler handler_;
  ssl_ctx_st* tls_ = nullptr;
  Host host_ = Host::ip4;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;
  std::vector<ReceivedRequest> requests_;
  std::vector<std::string> names_asked_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread accepting_;
};

}  // namespace plumb::test
