#include "doctor/mail_server.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <memory>

namespace wardroom::doctor {
namespace {

std::size_t ignore(char*, std::size_t, std::size_t size, void*) { return size; }

int goes_on(void* unwanted, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<std::atomic<bool>*>(unwanted) ? 1 : 0;
}

}  // namespace

Result<std::string> MailServerProbe::run(std::chrono::milliseconds limit) {
  auto const server = mail::parse_smtp_url(settings_.url);
  if (!server) return std::unexpected(server.error());
  std::unique_ptr<CURL, void (*)(CURL*)> const easy(curl_easy_init(), curl_easy_cleanup);
  if (!easy) throw std::bad_alloc();
  auto const set = [&](CURLoption option, auto value) {
    curl_easy_setopt(easy.get(), option, value);
  };
  std::array<char, CURL_ERROR_SIZE> words{};
  auto const host = server->host.contains(':') ? "[" + server->host + "]" : server->host;
  auto const url =
      fmt::format("{}://{}:{}", server->tls_at_once ? "smtps" : "smtp", host, server->port);
  set(CURLOPT_ERRORBUFFER, words.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROXY, "");
  set(CURLOPT_USE_SSL,
      static_cast<long>(server->starttls_needed ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
  if (!settings_.username.empty()) {
    set(CURLOPT_USERNAME, settings_.username.c_str());
    std::string password(settings_.password.reveal());  // libcurl wants it ended by a zero
    set(CURLOPT_PASSWORD, password.c_str());
    wipe(password);
    set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5");
  }
  set(CURLOPT_CUSTOMREQUEST, "NOOP");
  set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_WRITEFUNCTION, ignore);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limit.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, goes_on);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&unwanted_));
  auto const code = curl_easy_perform(easy.get());
  auto const name = fmt::format("{}:{}", server->host, server->port);
  if (code == CURLE_OK) return name;
  auto const why = words[0] != '\0' ? std::string(words.data()) : curl_easy_strerror(code);
  if (code == CURLE_LOGIN_DENIED)
    return failure(ErrorKind::denied, fmt::format("{} refuses the login ({})", name, why));
  return failure(code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::timed_out : ErrorKind::unavailable,
                 fmt::format("{}: {}", name, why));
}

}  // namespace wardroom::doctor
