#include "http/outbox.hpp"

#include <utility>

namespace wardroom::http {

void Outbox::push(std::string bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  pieces_.push_back({std::move(bytes), nullptr});
}

void Outbox::push(std::shared_ptr<std::string const> shared) {
  if (!shared || shared->empty()) return;
  size_ += shared->size();
  pieces_.push_back({{}, std::move(shared)});
}

void Outbox::clear() {
  pieces_.clear();
  offset_ = size_ = 0;
}

std::array<boost::asio::const_buffer, Outbox::gather> Outbox::front() const {
  std::array<boost::asio::const_buffer, gather> buffers;
  auto skip = offset_;
  std::size_t count = 0;
  for (auto piece = pieces_.begin(); piece != pieces_.end() && count < gather; ++piece) {
    auto const rest = piece->view().substr(skip);
    buffers[count++] = boost::asio::const_buffer(rest.data(), rest.size());
    skip = 0;
  }
  return buffers;
}

void Outbox::consume(std::size_t count) {
  size_ -= count;
  count += offset_;
  while (!pieces_.empty() && count >= pieces_.front().view().size()) {
    count -= pieces_.front().view().size();
    pieces_.pop_front();
  }
  offset_ = count;
}

}  // namespace wardroom::http
