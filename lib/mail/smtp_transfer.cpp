#include "mail/smtp_transfer.hpp"

#include <fmt/format.h>
#include <openssl/x509.h>

#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace wardroom::mail {

Result<std::string> SmtpTransfer::run(SmtpSettings const& settings,
                                      CurlMailer::Options const& options) {
  options_ = options;
  where_ = settings.url;
  easy_ = curl_easy_init();
  if (!easy_) throw std::bad_alloc();
  struct Cleanup {
    CURL* easy;
    ~Cleanup() { curl_easy_cleanup(easy); }
  } const cleanup{easy_};
  configure(settings);
  begun_ = last_sign_ = Clock::now();
  return judge(curl_easy_perform(easy_));
}

void SmtpTransfer::configure(SmtpSettings const& settings) {
  auto const server = parse_smtp_url(settings.url);
  if (!server) throw std::logic_error(server.error().what);  // checked before
  auto set = [&](CURLoption option, auto value) {
    if (auto const code = curl_easy_setopt(easy_, option, value); code != CURLE_OK)
      throw std::logic_error(std::string("libcurl refuses an option: ") + curl_easy_strerror(code));
  };
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  auto const host = server->host.contains(':') ? "[" + server->host + "]" : server->host;
  set(CURLOPT_URL,
      fmt::format("{}://{}:{}", server->tls_at_once ? "smtps" : "smtp", host, server->port)
          .c_str());
  set(CURLOPT_PROXY, "");
  set(CURLOPT_USE_SSL, server->starttls_needed ? static_cast<long>(CURLUSESSL_ALL)
                                               : static_cast<long>(CURLUSESSL_NONE));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings.ca_file.empty()) set(CURLOPT_CAINFO, settings.ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<char const*>(nullptr));
  if (!settings.username.empty()) {
    set(CURLOPT_USERNAME, settings.username.c_str());
    std::string password(settings.password.reveal());  // libcurl wants it ended by a zero
    set(CURLOPT_PASSWORD, password.c_str());
    wipe(password);
    // Without Kerberos and NTLM: the former would ask its own servers on our loop.
    set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5");
  }
  auto const all = options_.timeout + options_.last_answer_timeout + Milliseconds(1000);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(all.count()));  // goes_on() knows better
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(all.count()));
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(all.count() / 1000 + 1));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &SmtpTransfer::goes_on);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  if (!options_.connect_to.empty()) {
    connect_to_line_ = "::" + options_.connect_to;
    connect_to_ = {connect_to_line_.data(), nullptr};
    set(CURLOPT_CONNECT_TO, &connect_to_);
  }
  set(CURLOPT_MAIL_FROM, from_.c_str());
  recipients_.resize(to_.size());
  for (std::size_t i = 0; i < to_.size(); ++i)
    recipients_[i] = {to_[i].data(), i + 1 < to_.size() ? &recipients_[i + 1] : nullptr};
  set(CURLOPT_MAIL_RCPT, recipients_.data());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes_.size()));
  set(CURLOPT_READFUNCTION, &SmtpTransfer::wants_bytes);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_VERBOSE, 1L);  // the only way to hear both sides; nothing of it is printed
  set(CURLOPT_DEBUGFUNCTION, &SmtpTransfer::heard);
  set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
  set(CURLOPT_OPENSOCKETFUNCTION, &SmtpTransfer::open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_CLOSESOCKETFUNCTION, &SmtpTransfer::close_socket);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
}

std::size_t SmtpTransfer::wants_bytes(char* into, std::size_t, std::size_t room,
                                      void* self) noexcept {
  auto& me = *static_cast<SmtpTransfer*>(self);
  auto const n = std::min(room, me.bytes_.size() - me.given_);
  std::memcpy(into, me.bytes_.data() + me.given_, n);
  me.given_ += n;
  me.last_sign_ = Clock::now();
  // libcurl stops at the announced size, perhaps without asking again.
  if (me.given_ == me.bytes_.size() && !me.handed_over()) me.dialogue_.handed_over();
  return n;
}

int SmtpTransfer::heard(CURL*, curl_infotype what, char* text, std::size_t size,
                        void* self) noexcept {
  auto& me = *static_cast<SmtpTransfer*>(self);
  if (what == CURLINFO_TEXT) return 0;
  me.last_sign_ = Clock::now();
  if (what == CURLINFO_HEADER_IN) me.dialogue_.came({text, size});
  if (what != CURLINFO_HEADER_OUT) return 0;
  me.dialogue_.sent({text, size});
  // libcurl waits for the answer to QUIT, which changes nothing. QUIT is on its way; a socket that
  // is shut for reading ends that wait at once, whatever the server does.
  if (me.dialogue_.quitting())
    for (auto const socket : me.sockets_) ::shutdown(socket, SHUT_RD);
  return 0;
}

curl_socket_t SmtpTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto const socket =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  try {
    static_cast<SmtpTransfer*>(self)->sockets_.insert(socket);
  } catch (...) {
    ::close(socket);
    return CURL_SOCKET_BAD;
  }
  return socket;
}

int SmtpTransfer::close_socket(void* self, curl_socket_t socket) noexcept {
  static_cast<SmtpTransfer*>(self)->sockets_.erase(socket);
  return ::close(socket);
}

/// libcurl asks about once a second.
int SmtpTransfer::goes_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  auto& me = *static_cast<SmtpTransfer*>(self);
  return me.unwanted_ || me.out_of_time() ? 1 : 0;
}

bool SmtpTransfer::out_of_time() {
  auto const now = Clock::now();
  auto const late = [&](Clock::time_point since, Milliseconds limit, std::string_view why) {
    if (now - since < limit) return false;
    late_ = fmt::format("{} {} ms", why, limit.count());
    return true;
  };
  if (handed_over()) return late(last_sign_, options_.last_answer_timeout, "no answer came within");
  curl_off_t connected = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connected);
  return (connected == 0 && late(begun_, options_.connect_timeout, "no connection within")) ||
         late(last_sign_, options_.stall_timeout, "nothing was said for") ||
         late(begun_, options_.timeout, "it took more than");
}

Result<std::string> SmtpTransfer::fail(ErrorKind kind, std::string why) const {
  return failure(kind, where_ + ": " + std::move(why));
}

Result<std::string> SmtpTransfer::broken_off(ErrorKind kind, std::string why) const {
  if (handed_over() && dialogue_.code() == 0)
    return fail(ErrorKind::conflict,
                "the mail was handed over, but " + why +
                    "; whether it was taken is not known, so it is not sent again by itself");
  return fail(kind, why + " " + dialogue_.place());
}

Result<std::string> SmtpTransfer::judge(CURLcode result) const {
  if (result == CURLE_OK) return dialogue_.answer();
  std::string detail = error_text_[0] ? error_text_.data() : curl_easy_strerror(result);
  while (detail.ends_with('\n')) detail.pop_back();
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return fail(ErrorKind::unavailable, "the name cannot be resolved; check DNS");
    case CURLE_COULDNT_CONNECT:
      return fail(ErrorKind::unavailable, "no connection (" + detail +
                                              "); check address, port and whether the server runs");
    case CURLE_USE_SSL_FAILED:
      if (dialogue_.refused()) return std::unexpected(dialogue_.refusal(where_));
      return fail(ErrorKind::denied,
                  "the server offers no TLS (STARTTLS), and beyond this machine nothing is sent "
                  "readable; mend the server, or use its smtps:// port");
    case CURLE_SSL_CONNECT_ERROR: {
      long verdict = X509_V_OK;
      curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &verdict);
      if (verdict == X509_V_OK)
        return fail(ErrorKind::unavailable, "the TLS handshake failed: " + detail);
      detail = X509_verify_cert_error_string(verdict);
      [[fallthrough]];
    }
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return fail(ErrorKind::unavailable,
                  "the server's certificate is not accepted (" + detail +
                      "); give its issuer in smtp.ca_file or mend the server");
    case CURLE_SSL_CACERT_BADFILE:
      return fail(ErrorKind::unavailable,
                  "the file of trusted certificates cannot be read: " + detail);
    case CURLE_LOGIN_DENIED:
      if (dialogue_.refused()) return std::unexpected(dialogue_.refusal(where_));
      return fail(ErrorKind::unauthorized,
                  "the server offers no login we know (PLAIN, LOGIN, CRAM-MD5); ask its "
                  "administrator for one");
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return fail(ErrorKind::internal, detail);
    default:
      break;
  }
  if (!late_.empty()) return broken_off(ErrorKind::timed_out, late_);
  if (dialogue_.refused()) return std::unexpected(dialogue_.refusal(where_));
  if (result == CURLE_OPERATION_TIMEDOUT)
    return broken_off(ErrorKind::timed_out, "it took too long");
  return broken_off(ErrorKind::unavailable, "the connection ended");
}

}  // namespace wardroom::mail
