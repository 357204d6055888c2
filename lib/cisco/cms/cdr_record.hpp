/// Puts one call detail record together from the elements of it. Pure.
#pragma once
#include "domain/conference.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace wardroom::cms {

/// Local names; valid while the element's start tag is at hand.
using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

/// The attributes of <records>. Returns how many nobody told us of.
std::uint64_t take_root(conference::RecordBatch& batch, Attributes const& attributes);

class RecordBuilder {
 public:
  explicit RecordBuilder(Attributes const& attributes);
  void begin_object(std::string_view name, Attributes const& attributes);
  void field(std::string_view name, std::string_view text);
  void end_object() { inside_ = false; }
  /// The record, whole; the builder is done then.
  conference::CallRecord take();
  std::uint64_t strangers() const { return strangers_; }

 private:
  void machine_field(std::string_view name, std::string_view text);

  conference::CallRecord record_;
  std::uint64_t strangers_ = 0;
  bool inside_ = false;  ///< the object that the type promises
  bool has_object_ = false;
};

}  // namespace wardroom::cms
