#include "sim/xml_reader.hpp"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace wardroom::sim {
namespace {

struct Reading {
  XML_Parser parser = nullptr;
  Element root;
  std::vector<Element*> open;
  bool refused = false;
};

void trim(std::string& text) {
  constexpr auto blank = " \t\r\n";
  auto const first = text.find_first_not_of(blank);
  text = first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

void refuse(Reading& r) {
  r.refused = true;
  XML_StopParser(r.parser, XML_FALSE);
}

void on_start(void* user, char const* name, char const**) {
  auto& r = *static_cast<Reading*>(user);
  if (r.open.size() >= 64) return refuse(r);
  std::string_view const full = name;
  auto const bar = full.rfind('\n');
  Element e;
  if (bar != std::string_view::npos) e.space = full.substr(0, bar);
  e.name = bar == std::string_view::npos ? full : full.substr(bar + 1);
  if (r.open.empty()) {
    r.root = std::move(e);
    r.open.push_back(&r.root);
  } else {
    r.open.push_back(&r.open.back()->children.emplace_back(std::move(e)));
  }
}

void on_end(void* user, char const*) {
  auto& r = *static_cast<Reading*>(user);
  trim(r.open.back()->text);
  r.open.pop_back();
}

void on_text(void* user, char const* text, int size) {
  auto& r = *static_cast<Reading*>(user);
  if (!r.open.empty()) r.open.back()->text.append(text, std::size_t(size));
}

void on_doctype(void* user, char const*, char const*, char const*, int) {
  refuse(*static_cast<Reading*>(user));
}

}  // namespace

std::string Element::child_text(std::string_view wanted) const {
  for (auto const& c : children)
    if (c.name == wanted) return c.text;
  return {};
}

bool Element::has(std::string_view wanted) const {
  return std::any_of(children.begin(), children.end(),
                     [&](auto const& c) { return c.name == wanted; });
}

std::optional<Element> read_xml(std::string_view text) {
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, '\n'), &XML_ParserFree);
  Reading r;
  r.parser = parser.get();
  XML_SetUserData(parser.get(), &r);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  auto const status = XML_Parse(parser.get(), text.data(), int(text.size()), XML_TRUE);
  if (status != XML_STATUS_OK || r.refused) return std::nullopt;
  return std::move(r.root);
}

std::string complaint_about_order(Element const& e, std::vector<std::string_view> const& schema) {
  std::size_t next = 0;
  for (auto const& c : e.children) {
    if (c.space != xsi_namespace) return fmt::format("{} is not in the XSI namespace", c.name);
    auto const at = std::find(schema.begin(), schema.end(), c.name);
    if (at == schema.end()) return fmt::format("{} does not belong into {}", c.name, e.name);
    auto const index = std::size_t(at - schema.begin());
    if (index < next) return fmt::format("{} is out of order in {}", c.name, e.name);
    next = index + 1;
  }
  return {};
}

}  // namespace wardroom::sim
