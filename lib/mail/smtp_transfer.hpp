/// One mail given to libcurl: its options, what is heard of the dialogue, and what the end means.
#pragma once
#include "mail/curl_mailer.hpp"
#include "mail/smtp_dialogue.hpp"

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace wardroom::mail {

/// Made on the loop, run on a thread of the mailer; only give_up() may be called meanwhile.
class SmtpTransfer {
 public:
  SmtpTransfer(std::string bytes, std::string from, std::vector<std::string> to)
      : bytes_(std::move(bytes)), from_(std::move(from)), to_(std::move(to)) {}
  SmtpTransfer(SmtpTransfer const&) = delete;
  SmtpTransfer& operator=(SmtpTransfer const&) = delete;

  /// The whole exchange; blocks.
  Result<std::string> run(SmtpSettings const& settings, CurlMailer::Options const& options);
  /// Ends run() within a second.
  void give_up() { unwanted_ = true; }

 private:
  static std::size_t wants_bytes(char* into, std::size_t, std::size_t room, void* self) noexcept;
  static int heard(CURL*, curl_infotype what, char* text, std::size_t size, void* self) noexcept;
  static int goes_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept;
  static int close_socket(void* self, curl_socket_t socket) noexcept;

  void configure(SmtpSettings const& settings);
  bool out_of_time();
  bool handed_over() const { return dialogue_.stage() == SmtpStage::message; }
  Result<std::string> judge(CURLcode result) const;
  Result<std::string> broken_off(ErrorKind kind, std::string why) const;
  Result<std::string> fail(ErrorKind kind, std::string why) const;

  using Clock = std::chrono::steady_clock;
  std::string bytes_, from_;
  std::vector<std::string> to_;
  CurlMailer::Options options_;
  CURL* easy_ = nullptr;
  std::string where_;  ///< "smtp://mail.acme.example:587"
  std::size_t given_ = 0;
  SmtpDialogue dialogue_;
  Clock::time_point begun_, last_sign_;
  std::string late_;  ///< why it was given up
  std::atomic<bool> unwanted_ = false;
  std::set<curl_socket_t> sockets_;
  std::vector<curl_slist> recipients_;
  std::string connect_to_line_;
  curl_slist connect_to_{};
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace wardroom::mail
