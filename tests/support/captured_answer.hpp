/// Answers of a handler without a server: what was responded, or written to a stream.
#pragma once
#include "http/server_request.hpp"

#include <memory>
#include <optional>
#include <string>

namespace wardroom::test {

class CapturedStream final : public http::ResponseStream {
 public:
  void write(std::shared_ptr<std::string const> bytes) override { written += *bytes; }
  std::size_t backlog() const override { return 0; }
  void close() override {
    open_ = false;
    if (auto then = std::move(then_)) then();
  }
  bool open() const override { return open_; }
  void on_close(std::function<void()> then) override { then_ = std::move(then); }
  std::string written;

 private:
  bool open_ = true;
  std::function<void()> then_;
};

class CapturedAnswer final : public http::Responder::Target {
 public:
  void respond(http::Response response) override { answer = std::move(response); }
  void respond_wire(std::string_view bytes) override { wire = std::string(bytes); }
  std::shared_ptr<http::ResponseStream> start_stream(http::Response head) override {
    answer = std::move(head);
    return stream = std::make_shared<CapturedStream>();
  }
  std::optional<http::Response> answer;
  std::optional<std::string> wire;
  std::shared_ptr<CapturedStream> stream;
};

}  // namespace wardroom::test
