/// One request given to libcurl: its options, and what the callbacks gather of the answer.
#pragma once
#include "http/client.hpp"
#include "http/curl_client.hpp"
#include "http/proxy.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <curl/curl.h>

#include <array>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct x509_store_st;

namespace wardroom::http {

/// Must stay where it is while libcurl works on it: the options point into it.
class CurlTransfer {
 public:
  CurlTransfer(ClientRequest r, StreamSink* s) : request(std::move(r)), sink(s) {}
  ~CurlTransfer() { forget_credentials(); }
  CurlTransfer(CurlTransfer const&) = delete;
  CurlTransfer& operator=(CurlTransfer const&) = delete;

  /// Sets every option of a fresh or reset handle.
  void configure(CURL* handle, CurlClient::Options const& options,
                 std::shared_ptr<x509_store_st> trusted, Proxy const* proxy);
  /// What libcurl's result means for the caller.
  Result<void> judge(CURLcode result) const;
  /// Wipes the token, the password and the body; libcurl must have let go of them.
  void forget_credentials() noexcept;

  ClientRequest request;
  StreamSink* sink;  ///< null when the whole answer is wanted
  ClientResponse response;
  CURL* easy = nullptr;
  std::string host;        ///< of the URL
  std::string origin;      ///< requests of one origin share a limit
  bool connected = false;  ///< the request is about to be written
  bool head_done = false;
  TimerHandle connect_timer, head_timer, stall_timer;
  Result<void> outcome;
  std::exception_ptr thrown;  ///< by the sink
  std::function<void()> on_head_done;

  std::move_only_function<void(boost::system::error_code)> done;
  boost::asio::cancellation_slot slot;

 private:
  static std::size_t header_came(char* bytes, std::size_t, std::size_t count, void* self) noexcept;
  static std::size_t body_came(char* bytes, std::size_t, std::size_t count, void* self) noexcept;
  static int about_to_send(void* self, char* peer, char*, int port, int) noexcept;
  static CURLcode tls_made(CURL*, void* tls, void* self) noexcept;
  static int socket_made(void*, curl_socket_t socket, curlsocktype) noexcept;
  bool header_line(std::string_view line);
  bool body_bytes(std::string_view bytes);
  void set_method();
  void set_headers();
  Error trouble(CURLcode result) const;
  Error no_connection(std::string const& detail) const;
  Error refused_by_proxy(ErrorKind kind, std::string const& detail) const;

  std::shared_ptr<x509_store_st> trusted_;
  bool key_alone_ = false;        ///< the pinned key is what is trusted, not the certificate
  Proxy const* proxy_ = nullptr;  ///< only when this request goes through it
  std::size_t header_bytes_ = 0, header_count_ = 0;
  bool too_long_ = false;
  bool kept_one_died_ = false;      ///< and the request may not be sent twice
  std::vector<std::string> lines_;  ///< header lines without the credential
  std::vector<curl_slist> list_;    ///< the same as libcurl wants them; nothing is copied
  std::string connect_to_line_;
  curl_slist connect_to_{};
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  Secret authorization_;
};

}  // namespace wardroom::http
