// Answers of a file become the site.
#include "config/config_file.hpp"
#include "setup_answers.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

class Taking {
 public:
  Taking(Site& site, Places const& places) : site_(site), places_(places) {}

  void answered(Question const& question, std::string words) {
    if (!question.applies(site_.draft)) {
      if (!words.empty()) wrong(question, "is of no use with the other answers");
    } else if (words.empty()) {
      empty(question);
    } else if (question.secret) {
      secret(question, words);
    } else {
      put(question, std::move(words));
    }
  }
  void left_out(Question const& question) {
    auto const why = asked_because(question, site_.draft);
    if (!why) return;
    if (auto const usual = question.usual(site_.draft, places_))
      put(question, *usual);
    else
      wrong(question, "an answer is needed" + (why->empty() ? "" : ", since " + *why));
  }

  std::vector<std::string> settled, troubles;

 private:
  void wrong(Question const& question, std::string const& what) {
    troubles.push_back(fmt::format("{}: {}", question.key, what));
  }
  void put(Question const& question, std::string words) {
    if (auto done = settle(site_, places_, question, std::move(words)); !done)
      wrong(question, done.error().what);
    else
      settled.emplace_back(question.key);
  }
  /// Keeps a good answer that is there.
  void empty(Question const& question) {
    auto const usual = question.usual(site_.draft, places_);
    if (usual)
      put(question, *usual);
    else if (asked_because(question, site_.draft))
      wrong(question, "an answer is needed");
  }
  void secret(Question const& question, std::string const& file) {
    auto content = config::read_secret(file);
    if (!content) return wrong(question, content.error().what);
    if (site_.draft.value(question.key) == file) return;  // the site's own: it is there already
    put(question, std::string(content->reveal()));
  }

  Site& site_;
  Places const& places_;
};

}  // namespace

std::expected<std::vector<std::string>, std::vector<std::string>> take_answers(
    Site& site, Places const& places, Answers const& answers) {
  Taking taking(site, places);
  for (auto const& question : questions()) {
    auto const found = answers.find(question.key);
    if (found == answers.end())
      taking.left_out(question);
    else
      taking.answered(question, found->second);
  }
  if (!taking.troubles.empty()) return std::unexpected(std::move(taking.troubles));
  return std::move(taking.settled);
}

}  // namespace wardroom::ctl
