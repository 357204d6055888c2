#include "http/curl_transfer.hpp"

#include "http/trust.hpp"

#include <openssl/ssl.h>

#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace wardroom::http {
namespace {

/// All header lines of one answer together.
constexpr std::size_t longest_head = 64u << 10;
constexpr std::size_t most_headers = 256;

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").contains(text.front())) text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r\n").contains(text.back())) text.remove_suffix(1);
  return text;
}

std::string join_address(std::string_view address, int port) {
  bool const v6 = address.contains(':');
  return (v6 ? "[" : "") + std::string(address) + (v6 ? "]:" : ":") + std::to_string(port);
}

}  // namespace

void CurlTransfer::configure(CURL* handle, CurlClient::Options const& options,
                             std::shared_ptr<x509_store_st> trusted, Proxy const* proxy) {
  easy = handle;
  trusted_ = std::move(trusted);
  proxy_ = proxy;
  auto set = [&](CURLoption option, auto value) {
    if (auto const code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
      throw std::logic_error(std::string("libcurl refuses an option: ") + curl_easy_strerror(code));
  };
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // giving up on a name never waits for the resolver's thread
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_PROXY, proxy_ ? proxy_->url.c_str() : "");  // "" also shuts the environment's out
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // the proxy sees none of ours
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (proxy_ && !proxy_->user.empty()) {
    set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_PROXYUSERNAME, proxy_->user.c_str());
    set(CURLOPT_PROXYPASSWORD, proxy_->password.reveal().data());  // a NUL follows
  }
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  key_alone_ = !options.pinned_key.empty() && options.ca_file.empty();
  set(CURLOPT_SSL_VERIFYHOST, key_alone_ ? 0L : 2L);
  if (!options.pinned_key.empty()) set(CURLOPT_PINNEDPUBLICKEY, options.pinned_key.c_str());
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_CTX_FUNCTION, &CurlTransfer::tls_made);
  set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
  // Ours are put in by tls_made; libcurl's would be parsed again for new connections, on the loop.
  set(CURLOPT_CAINFO, static_cast<char const*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<char const*>(nullptr));
  // Our own timers are the ones that count; this lets libcurl share the time between addresses.
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count() + 200));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, 15L);
  set(CURLOPT_TCP_KEEPINTVL, 5L);
  set(CURLOPT_SOCKOPTFUNCTION, &CurlTransfer::socket_made);
  set(CURLOPT_MAXAGE_CONN, 60L);
  if (request.once) set(CURLOPT_FRESH_CONNECT, 1L);
  if (!sink) set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.response_limit));
  if (!request.connect_to.empty() && !proxy_) {  // the proxy finds the way by itself
    connect_to_line_ = "::" + request.connect_to;
    connect_to_ = {connect_to_line_.data(), nullptr};
    set(CURLOPT_CONNECT_TO, &connect_to_);
  }
  set(CURLOPT_HEADERFUNCTION, &CurlTransfer::header_came);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &CurlTransfer::body_came);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_PREREQFUNCTION, &CurlTransfer::about_to_send);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set_method();
  set_headers();
}

void CurlTransfer::set_method() {
  bool const has_body = !request.body.empty() || request.method == Method::post ||
                        request.method == Method::put || request.method == Method::patch;
  if (request.method == Method::head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(name(request.method)).c_str());
}

void CurlTransfer::set_headers() {
  bool typed = false;
  for (auto const& [name, value] : request.headers) {
    typed = typed || equal_ignoring_case(name, "Content-Type");
    // "Name;" is libcurl's way to say a header without a value; "Name:" would remove it.
    lines_.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  lines_.emplace_back("Expect:");
  if (!typed) lines_.emplace_back("Content-Type:");
  if (auto const credential = authorization(request); !credential.empty())
    authorization_ = Secret::joined({"Authorization: ", credential.reveal()});
  list_.resize(lines_.size());
  for (std::size_t i = 0; i < lines_.size(); ++i)
    list_[i] = {lines_[i].data(), i + 1 < lines_.size() ? &list_[i + 1] : nullptr};
  if (!authorization_.empty()) {
    list_.push_back({const_cast<char*>(authorization_.reveal().data()), nullptr});  // only read
    for (std::size_t i = 0; i + 1 < list_.size(); ++i) list_[i].next = &list_[i + 1];
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list_.data());
}

std::size_t CurlTransfer::header_came(char* bytes, std::size_t, std::size_t count,
                                      void* self) noexcept {
  auto& me = *static_cast<CurlTransfer*>(self);
  try {
    return me.header_line({bytes, count}) ? count : 0;
  } catch (...) {
    me.thrown = std::current_exception();
    return 0;
  }
}

std::size_t CurlTransfer::body_came(char* bytes, std::size_t, std::size_t count,
                                    void* self) noexcept {
  auto& me = *static_cast<CurlTransfer*>(self);
  try {
    return me.body_bytes({bytes, count}) ? count : 0;
  } catch (...) {
    me.thrown = std::current_exception();
    return 0;
  }
}

bool CurlTransfer::header_line(std::string_view line) {
  if (head_done) return true;  // trailers
  header_bytes_ += line.size();
  if (header_bytes_ > longest_head || ++header_count_ > most_headers) {
    too_long_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {  // also the answer proper after an interim one
    response.headers = Headers();
    response.status = 0;
    auto const space = line.find(' ');
    if (space != line.npos)
      std::from_chars(line.data() + space + 1, line.data() + line.size(), response.status);
    return true;
  }
  auto const text = trim(line);
  if (text.empty()) {
    if (response.status < 200) return true;
    head_done = true;
    if (on_head_done) on_head_done();
    if (sink) sink->on_head(response.status, response.headers, response.peer);
    return true;
  }
  if (auto const colon = text.find(':'); colon != text.npos)
    response.headers.add(std::string(trim(text.substr(0, colon))),
                         std::string(trim(text.substr(colon + 1))));
  return true;
}

bool CurlTransfer::body_bytes(std::string_view bytes) {
  if (sink) {
    sink->on_bytes(bytes);
    return true;
  }
  if (bytes.size() > request.response_limit - response.body.size()) {
    too_long_ = true;
    return false;
  }
  response.body += bytes;
  return true;
}

int CurlTransfer::about_to_send(void* self, char* peer, char*, int port, int) noexcept {
  auto& me = *static_cast<CurlTransfer*>(self);
  if (me.connected && !may_repeat(me.request)) {  // libcurl tries another connection by itself
    me.kept_one_died_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  me.connected = true;
  if (!me.proxy_) me.response.peer = join_address(peer, port);  // else it is the proxy's
  return CURL_PREREQFUNC_OK;
}

CURLcode CurlTransfer::tls_made(CURL*, void* tls, void* self) noexcept {
  auto* context = static_cast<SSL_CTX*>(tls);
  auto const& me = *static_cast<CurlTransfer*>(self);
  demand_safe_tls(context, me.trusted_.get());
  if (me.key_alone_) {
    trust_any_certificate(context);
    return CURLE_OK;
  }
  return demand_host(SSL_CTX_get0_param(context), me.host) ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

int CurlTransfer::socket_made(void*, curl_socket_t socket, curlsocktype) noexcept {
  // Bytes that nobody acknowledges for so long mean a dead way. Source: xsi.md 3.6.
  unsigned const ms = 30'000;
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
  return CURL_SOCKOPT_OK;
}

void CurlTransfer::forget_credentials() noexcept {
  authorization_ = Secret();
  request.bearer.reset();
  request.basic.reset();
  wipe(request.body);
}

}  // namespace wardroom::http
