/// Bytes waiting to be taken by the kernel, in order; shared buffers are not copied.
#pragma once
#include <boost/asio/buffer.hpp>

#include <array>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::http {

class Outbox {
 public:
  static constexpr std::size_t gather = 16;  ///< pieces offered in one write

  void push(std::string bytes);
  void push(std::shared_ptr<std::string const> shared);
  bool empty() const { return pieces_.empty(); }
  std::size_t size() const { return size_; }
  void clear();

  /// The first pieces; unused places are empty.
  std::array<boost::asio::const_buffer, gather> front() const;
  /// The kernel took the first `count` bytes.
  void consume(std::size_t count);

 private:
  struct Piece {
    std::string own;
    std::shared_ptr<std::string const> shared;
    std::string_view view() const { return shared ? std::string_view(*shared) : own; }
  };
  std::list<Piece> pieces_;  // costs nothing while empty, as most connections are
  std::size_t offset_ = 0;   ///< of the first piece, already taken
  std::size_t size_ = 0;
};

}  // namespace wardroom::http
