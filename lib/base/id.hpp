/// Ids that do not mix: a PersonId is not a CallId although both are text.
#pragma once
#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace wardroom {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}

  std::string const& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(Id const&) const = default;

 private:
  std::string text_;
};

}  // namespace wardroom

template <class Tag>
struct std::hash<wardroom::Id<Tag>> {
  std::size_t operator()(wardroom::Id<Tag> const& id) const noexcept {
    return std::hash<std::string>{}(id.text());
  }
};
