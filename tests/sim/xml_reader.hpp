/// A small XML document as a tree, for the bodies that clients send.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

struct Element {
  std::string space;  ///< namespace URI
  std::string name;   ///< without prefix
  std::string text;   ///< its own text, trimmed
  std::vector<Element> children;

  std::string child_text(std::string_view name) const;  ///< empty when there is none
  bool has(std::string_view name) const;
};

/// nullopt when it is not well-formed, has a DOCTYPE, or is deeper than 64.
std::optional<Element> read_xml(std::string_view text);

inline constexpr std::string_view xsi_namespace = "http://schema.broadsoft.com/xsi";

/// Whether the children of `e` come in the order of `schema`, none twice and none unknown; the
/// complaint otherwise. Source: xsi.md 3.1, 5.2 (the order is fixed by the schema).
std::string complaint_about_order(Element const& e, std::vector<std::string_view> const& schema);

}  // namespace wardroom::sim
