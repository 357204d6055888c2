/// The open body of a streaming answer, as its writer holds it.
#pragma once
#include "http/server_request.hpp"
#include "runtime/clock.hpp"

#include <functional>
#include <memory>

namespace wardroom::http {

/// The connection under it.
class StreamCarrier {
 public:
  virtual ~StreamCarrier() = default;
  virtual void write_chunk(std::shared_ptr<std::string const> bytes) = 0;
  virtual void end_stream() = 0;
  virtual std::size_t backlog() const = 0;
};

/// Closed until it is attached, and again once either side ends it. Dropping it ends the stream.
class StreamBody final : public ResponseStream {
 public:
  explicit StreamBody(Executor loop) : loop_(loop) {}
  ~StreamBody() override;

  void attach(std::shared_ptr<StreamCarrier> carrier) { carrier_ = std::move(carrier); }
  void carrier_ended();

  void write(std::shared_ptr<std::string const> bytes) override;
  std::size_t backlog() const override;
  void close() override;
  bool open() const override { return carrier_ != nullptr; }
  void on_close(std::function<void()> then) override;

 private:
  void tell();

  Executor loop_;
  std::shared_ptr<StreamCarrier> carrier_;
  std::function<void()> then_;
};

}  // namespace wardroom::http
