#include "cisco/cms/cms_refusal.hpp"

#include "cisco/cms/cms_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::cms {
namespace {

constexpr std::size_t most_words = 4, longest_word = 64;
/// Of one answer: a page of a list is some hundred elements.
constexpr xml::Limits limits{.bytes = 8u << 20, .depth = 32, .elements = 200'000};

std::string plain(std::string_view text) {
  std::string out;
  for (char const c : text.substr(0, longest_word))
    out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '?';
  return out;
}

bool is_gone(std::string_view word) { return word.ends_with("DoesNotExist"); }

ErrorKind kind_of(int status, std::vector<std::string> const& words, bool names_object) {
  if (std::ranges::any_of(words, is_gone)) return ErrorKind::not_found;
  auto const says = [&](std::string_view word) {
    return std::ranges::find(words, word) != words.end();
  };
  if (says("tooManyCdrReceivers")) return ErrorKind::conflict;
  if (says("databaseNotReady")) return ErrorKind::unavailable;
  switch (status) {
    case 401:
    case 403:
      return ErrorKind::unauthorized;
    case 404:
      return names_object ? ErrorKind::not_found : ErrorKind::unavailable;
    case 408:
      return ErrorKind::timed_out;
    case 429:
      return ErrorKind::throttled;
    default:
      break;
  }
  if (status >= 500 || (status >= 300 && status < 400)) return ErrorKind::unavailable;
  return ErrorKind::conflict;
}

std::string_view remedy(int status, ErrorKind kind, std::vector<std::string> const& words) {
  if (kind == ErrorKind::unauthorized)
    return "; the user or the password is not accepted: check username and password_file of this "
           "bridge, and that the user has the role api";
  if (std::ranges::find(words, "tooManyCdrReceivers") != words.end())
    return "; all places for CDR receivers are taken: remove one that is not needed there";
  if (status == 404 && kind != ErrorKind::not_found)
    return "; is api the address of its Web Admin with /api/v1 behind it?";
  return "";
}

}  // namespace

std::vector<std::string> failure_words(std::string_view body) {
  std::vector<std::string> out;
  auto const document = xml::parse(body, limits);
  if (!document || document->root().name() != "failureDetails") return out;
  for (auto word = document->root().first(); word && out.size() < most_words; word = word.next())
    out.push_back(plain(word.name()));
  return out;
}

bool is_parameter_error(std::vector<std::string> const& words) {
  return std::ranges::find(words, "parameterError") != words.end();
}

Refusal refused(std::string const& what, http::ClientResponse const& answer, bool names_object,
                Instant now) {
  auto const words = failure_words(answer.body);
  auto const kind = kind_of(answer.status, words, names_object);
  Refusal out{
      .error = {kind, fmt::format("{}: answered {}{}{}{}", what, answer.status,
                                  words.empty() ? "" : fmt::format(" ({})", fmt::join(words, ", ")),
                                  http::redirect_words(answer.status, answer.headers),
                                  remedy(answer.status, kind, words))},
      .again = is_transient(kind) && (answer.status < 300 || answer.status == 408 ||
                                      answer.status == 429 || answer.status >= 500),
      .bad_parameter = is_parameter_error(words)};
  if (auto const wait = answer.headers.get("Retry-After");
      !wait.empty() && (answer.status == 503 || answer.status == 429))
    out.error.retry_after = http::parse_retry_after(wait, now);
  return out;
}

Result<xml::Document> document_of(std::string const& what, http::ClientResponse const& answer,
                                  std::string_view root) {
  auto document = xml::parse(answer.body, limits);
  if (!document)
    return failure(ErrorKind::malformed,
                   fmt::format("{}: the answer is not the XML of an API, or was cut; is api the "
                               "address of its Web Admin with /api/v1 behind it?",
                               what));
  if (document->root().name() != root)
    return failure(ErrorKind::malformed, fmt::format("{}: the answer is <{}> instead of <{}>", what,
                                                     plain(document->root().name()), root));
  return document;
}

}  // namespace wardroom::cms
