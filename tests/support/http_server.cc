#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>

namespace plumb::test {
namespace {

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::abort();
}

void use_certificate(SSL_CTX* context, const ServerTls& tls) {
  BIO* certificate = BIO_new_mem_buf(tls.certificate.data(), static_cast<int>(tls.certificate.size()));
  X509* parsed = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
  BIO* key = BIO_new_mem_buf(tls.key.data(), static_cast<int>(tls.key.size()));
  EVP_PKEY* parsed_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
  const bool used = SSL_CTX_use_certificate(context, parsed) == 1 && SSL_CTX_use_PrivateKey(context, parsed_key) == 1;
  X509_free(parsed);
  EVP_PKEY_free(parsed_key);
  BIO_free(certificate);
  BIO_free(key);
  if (!used) give_up("the server's certificate");
}

void ask_for_certificates(SSL_CTX* context, const std::string& authority) {
  BIO* bio = BIO_new_mem_buf(authority.data(), static_cast<int>(authority.size()));
  X509* parsed = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), parsed) != 1) give_up("the clients' authority");
  X509_free(parsed);
  BIO_free(bio);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

const char* reason_of(int status) { return status == 200 ? "OK" : "Answer"; }

}  // namespace

// One client's connection, plain or TLS; what was read beyond a request stays for the next.
struct HttpServer::Connection {
  int fd = -1;
  std::size_t number = 0;
  SSL* ssl = nullptr;
  std::string buffer;
  std::thread thread;

  ~Connection() {
    if (thread.joinable()) thread.join();
    if (ssl != nullptr) SSL_free(ssl);
    close(fd);
  }
  bool more() {
    char bytes[16384];
    const auto n = ssl != nullptr ? SSL_read(ssl, bytes, sizeof bytes) : recv(fd, bytes, sizeof bytes, 0);
    if (n > 0) buffer.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const auto n = ssl != nullptr ? SSL_write(ssl, text.data(), static_cast<int>(text.size()))
                                    : send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // What a client of https says first; servers of plain HTTP answer it with 400.
  ReceivedRequest tls_hello() {
    buffer.clear();
    ReceivedRequest out;
    out.method = "TLS hello";
    out.connection = number;
    return out;
  }
  std::optional<ReceivedRequest> read() {
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
      if (buffer[0] == '\x16') return tls_hello();
    }
    ReceivedRequest out;
    out.connection = number;
    const std::string head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    const auto first = head.substr(0, head.find("\r\n"));
    out.method = first.substr(0, first.find(' '));
    out.target = first.substr(out.method.size() + 1, first.rfind(' ') - out.method.size() - 1);
    for (auto from = first.size() + 2; from < head.size();) {
      const auto stop = head.find("\r\n", from);
      const auto line = head.substr(from, stop - from);
      const auto colon = line.find(':');
      const auto value = line.find_first_not_of(' ', colon + 1);
      out.headers.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
      from = stop + 2;
    }
    const auto length = static_cast<std::size_t>(std::strtoul(out.header("Content-Length").c_str(), nullptr, 10));
    while (buffer.size() < length) {
      if (!more()) return std::nullopt;
    }
    out.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return out;
  }
};

std::string ReceivedRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return "";
}

HttpServer::HttpServer(Handler handler, Host host) : handler_(std::move(handler)) { listen_on(host); }

HttpServer::HttpServer(Handler handler, const ServerTls& tls) : handler_(std::move(handler)) {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write has no MSG_NOSIGNAL
  tls_ = SSL_CTX_new(TLS_server_method());
  if (tls_ == nullptr) give_up("SSL_CTX_new");
  use_certificate(tls_, tls);
  if (!tls.client_authority.empty()) ask_for_certificates(tls_, tls.client_authority);
  listen_on(Host::ip4);
}

void HttpServer::listen_on(Host host) {
  host_ = host;
  listener_ = socket(host == Host::ip4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) give_up("socket");
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_addr = in6addr_loopback;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* name = host == Host::ip4 ? reinterpret_cast<sockaddr*>(&four) : reinterpret_cast<sockaddr*>(&six);
  socklen_t size = host == Host::ip4 ? sizeof four : sizeof six;
  if (bind(listener_, name, size) != 0) give_up("bind");
  if (listen(listener_, 128) != 0) give_up("listen");
  if (getsockname(listener_, name, &size) != 0) give_up("getsockname");
  port_ = ntohs(host == Host::ip4 ? four.sin_port : six.sin6_port);
  accepting_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  close(listener_);
  drop_connections();
  connections_.clear();
  SSL_CTX_free(tls_);
}

void HttpServer::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stop_ || fd < 0) {
      if (fd >= 0) close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->number = connections_.size() + 1;
    auto& kept = *connections_.emplace_back(std::move(connection));
    kept.thread = std::thread([this, &kept] {
      serve(kept);
      shutdown(kept.fd, SHUT_RDWR);
    });
  }
}

void HttpServer::serve(Connection& connection) {
  if (tls_ != nullptr) {
    connection.ssl = SSL_new(tls_);
    SSL_set_fd(connection.ssl, connection.fd);
    const bool accepted = SSL_accept(connection.ssl) == 1;
    const char* name = SSL_get_servername(connection.ssl, TLSEXT_NAMETYPE_host_name);
    {
      const std::lock_guard lock(mutex_);
      names_asked_.emplace_back(name == nullptr ? "" : name);
    }
    if (!accepted) {
      // The client reads why only if its request does not meet a closed door.
      shutdown(connection.fd, SHUT_WR);
      char bytes[1024];
      while (recv(connection.fd, bytes, sizeof bytes, 0) > 0) continue;
      return;
    }
  }
  while (auto request = connection.read()) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      most_at_once_ = std::max(most_at_once_, ++at_once_);
    }
    const bool keep = answer(connection, *request);
    if (!keep) return;
  }
}

bool HttpServer::answer(Connection& connection, const ReceivedRequest& request) {
  const auto answer = handler_(request);
  const bool on_time = pause(answer.delay);
  {
    // Before the answer: the client may send the next request as soon as it has this one.
    const std::lock_guard lock(mutex_);
    --at_once_;
  }
  using Ending = ServerAnswer::Ending;
  if (!on_time || answer.ending == Ending::no_answer) return false;
  if (answer.ending == Ending::hang) return connection.more();
  if (!answer.raw.empty()) return connection.write(answer.raw) && answer.ending == Ending::keep;
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " + reason_of(answer.status) + "\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
  if (request.method != "HEAD") {
    text += answer.ending == Ending::half ? answer.body.substr(0, answer.body.size() / 2) : answer.body;
  }
  return connection.write(text) && answer.ending == Ending::keep;
}

// False when the server stops meanwhile.
bool HttpServer::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, time, [this] { return stop_; });
}

void HttpServer::drop_connections() {
  const std::lock_guard lock(mutex_);
  for (auto& one : connections_) shutdown(one->fd, SHUT_RDWR);
}

std::string HttpServer::address() const {
  return std::string(tls_ != nullptr ? "https://" : "http://") + (host_ == Host::ip4 ? "127.0.0.1:" : "[::1]:") +
         std::to_string(port_);
}

std::vector<ReceivedRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> HttpServer::names_asked() const {
  const std::lock_guard lock(mutex_);
  return names_asked_;
}

std::size_t HttpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::size_t HttpServer::most_at_once() const {
  const std::lock_guard lock(mutex_);
  return most_at_once_;
}

}  // namespace plumb::test
