#include "http/server_request.hpp"

#include <cassert>

namespace wardroom::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(target_, other.target_);  // what we held is answered when `other` dies
  return *this;
}

Responder::~Responder() {
  if (target_)
    target_->respond(problem(500, "internal", "The request was dropped without an answer.",
                             "Look in the log of wardroomd for the reason and try again."));
}

void Responder::send(Response response) {
  assert(target_ && "a request is answered once");
  if (auto target = std::move(target_)) target->respond(std::move(response));
}

void Responder::send_wire(std::string_view wire) {
  assert(target_ && "a request is answered once");
  if (auto target = std::move(target_)) target->respond_wire(wire);
}

std::shared_ptr<ResponseStream> Responder::stream(Response head) {
  assert(target_ && "a request is answered once");
  auto target = std::move(target_);
  return target ? target->start_stream(std::move(head)) : nullptr;
}

}  // namespace wardroom::http
