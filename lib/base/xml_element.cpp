#include "base/xml.hpp"

namespace wardroom::xml {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view Element::name() const {
  return document_ ? document_->text(document_->nodes_[index_].name) : std::string_view();
}

std::string_view Element::name_space() const {
  return document_ ? std::string_view(document_->name_spaces_[document_->nodes_[index_].name_space])
                   : std::string_view();
}

std::string_view Element::text() const {
  return document_ ? trimmed(document_->text(document_->nodes_[index_].text)) : std::string_view();
}

std::string_view Element::attribute(std::string_view local) const {
  if (!document_) return {};
  auto const& node = document_->nodes_[index_];
  for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
    auto const& attribute = document_->attributes_[node.attributes + i];
    if (document_->text(attribute.name) == local) return document_->text(attribute.value);
  }
  return {};
}

std::string_view Element::type() const {
  auto const value = trimmed(attribute("type"));
  return value.substr(value.rfind(':') + 1);  // npos + 1 is 0
}

Element Element::child(std::string_view local) const {
  if (!document_) return {};
  auto const& nodes = document_->nodes_;
  for (auto i = nodes[index_].first_child; i != 0; i = nodes[i].next)
    if (nodes[i].name_space == nodes[index_].name_space && document_->text(nodes[i].name) == local)
      return {document_, i};
  return {};
}

Element Element::first() const {
  if (!document_ || document_->nodes_[index_].first_child == 0) return {};
  return {document_, document_->nodes_[index_].first_child};
}

Element Element::next() const {
  if (!document_ || document_->nodes_[index_].next == 0) return {};
  return {document_, document_->nodes_[index_].next};
}

Element Element::next_same() const {
  for (auto other = next(); other; other = other.next())
    if (other.name() == name() && other.name_space() == name_space()) return other;
  return {};
}

}  // namespace wardroom::xml
