#include "sim/xsi_request.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::sim {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    out.push_back(percent_decode(path.substr(0, end)).value_or(""));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

std::optional<std::int64_t> whole(std::string const& text) {
  std::int64_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

Result<Element> document(Request const& r, std::string_view root,
                         std::vector<std::string_view> const& order) {
  auto const type = r.header("Content-Type");
  if (!type.empty() && !type.starts_with("application/xml") && !type.starts_with("text/xml"))
    return failure(ErrorKind::denied, "Unsupported media type.");
  auto e = read_xml(r.body);
  if (!e) return failure(ErrorKind::malformed, "The XML document cannot be parsed.");
  if (e->name != root) return failure(ErrorKind::malformed, fmt::format("Expected <{}>.", root));
  if (e->space != xsi_namespace)
    return failure(ErrorKind::malformed, fmt::format("<{}> is not in the XSI namespace.", root));
  if (auto bad = complaint_about_order(*e, order); !bad.empty())
    return failure(ErrorKind::malformed, bad + ".");
  return std::move(*e);
}

Answer refuse(Error const& e) {
  if (e.kind == ErrorKind::denied) return xsi_error(415, 4415, e.what);
  return xsi_error(400, 4401, e.what);
}

// A positive number of the document, nullopt when absent; complains when it is no number.
Result<std::optional<std::int64_t>> number_in(Element const& e, std::string_view name) {
  if (!e.has(name)) return std::nullopt;
  auto const n = whole(e.child_text(name));
  if (!n || *n <= 0)
    return failure(ErrorKind::malformed, fmt::format("{} is not a positive number.", name));
  return n;
}

Answer xsi_ok(std::string body) {
  Answer a;
  a.response.headers = {{"Content-Type", "text/xml;charset=UTF-8"},
                        {"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}};
  a.response.body = std::move(body);
  return a;
}

Answer xsi_error(int status, int code, std::string_view summary) {
  Answer a;
  a.response.status = status;
  a.response.headers = {{"Content-Type", "text/xml;charset=ISO-8859-1"}};
  auto const text = xml_escape(summary);
  a.response.body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<ErrorInfo xmlns=\"{}\"><summary>{} "
      "\xE9</summary>"
      "<summaryEnglish>{}</summaryEnglish><errorCode>{}</errorCode></ErrorInfo>",
      xsi_namespace, text, text, code);  // \xE9: a byte that is no UTF-8, as real ones may hold
  return a;
}

Answer xsi_method_not_allowed(std::string allow) {
  auto answer = xsi_error(405, 4405, "Method not allowed.");
  answer.response.headers.add("Allow", std::move(allow));
  return answer;
}

}  // namespace wardroom::sim
