// What libcurl's result of a transfer means for the caller, in a sentence.
#include "http/curl_transfer.hpp"
#include "http/trust.hpp"

#include <openssl/x509_vfy.h>

#include <cstring>

namespace wardroom::http {
namespace {

ErrorKind kind_of(CURLcode result) {
  switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorKind::timed_out;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_BAD_CONTENT_ENCODING:
      return ErrorKind::malformed;
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return ErrorKind::internal;
    default:
      return ErrorKind::unavailable;
  }
}

Error unavailable(std::string what) { return {ErrorKind::unavailable, std::move(what)}; }

}  // namespace

Result<void> CurlTransfer::judge(CURLcode result) const {
  if (result == CURLE_OK && head_done) return check(request, response.status, response.headers);
  // libcurl 7.88 takes a connection that ends inside the headers for the end of a whole answer.
  if (result == CURLE_OK) result = CURLE_PARTIAL_FILE;
  auto error = trouble(result);
  error.what = describe(request) + ": " + error.what;
  error.not_done = !connected;
  return std::unexpected(std::move(error));
}

Error CurlTransfer::trouble(CURLcode result) const {
  if (too_long_ || result == CURLE_FILESIZE_EXCEEDED)
    return {ErrorKind::malformed,
            head_done || result == CURLE_FILESIZE_EXCEEDED
                ? "the answer's body is longer than the limit of " +
                      std::to_string(request.response_limit) + " bytes"
                : "the answer's headers are longer than 64 KiB or more than 256"};
  if (kept_one_died_)
    return unavailable(
        "the kept connection ended before an answer came; the request may have been carried out "
        "and is not sent again");
  std::string detail = error_text_[0] ? error_text_.data() : curl_easy_strerror(result);
  while (!detail.empty() && detail.back() == '\n') detail.pop_back();
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable("the name cannot be resolved; check DNS");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable("the name of the proxy " + (proxy_ ? proxy_->host : "") +
                         " cannot be resolved; check webex.proxy and DNS");
    case CURLE_COULDNT_CONNECT:
      return no_connection(detail);
    case CURLE_GOT_NOTHING:
      return unavailable("the connection ended before an answer came");
    case CURLE_PARTIAL_FILE:
      return unavailable("the connection ended before the answer was complete");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: {
      long verdict = X509_V_OK;
      curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
      return verdict == X509_V_OK ? handshake_failed(detail, host)
                                  : certificate_refused(verdict, host);
    }
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return key_refused(host);
    case CURLE_SSL_CACERT_BADFILE:
      return unavailable("the file of trusted certificates cannot be read: " + detail);
    default:
      if (proxy_ && !connected) return refused_by_proxy(kind_of(result), detail);
      return {kind_of(result), detail};
  }
}

Error CurlTransfer::no_connection(std::string const& detail) const {
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  return unavailable(
      (proxy_ ? "no connection to the proxy " + proxy_->host + ": " : "no connection: ") +
      (os_error ? std::string(std::strerror(static_cast<int>(os_error))) : detail));
}

Error CurlTransfer::refused_by_proxy(ErrorKind kind, std::string const& detail) const {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  auto what = "the proxy " + proxy_->host + " does not let us through to " + host + ": ";
  if (status == 0) return {kind, what + detail};
  what += "it answered " + std::to_string(status);
  if (status == 407) what += "; it wants a user and password, or other ones (webex.proxy)";
  return unavailable(std::move(what));
}

}  // namespace wardroom::http
