#include "setup_talk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace wardroom::ctl {
namespace {

/// What the daemon would say about this key, were the file so.
std::optional<std::string> complaint_about(Question const& question, Draft const& draft) {
  config::Complaints complaints;
  draft.read(complaints);
  for (auto const& complaint : complaints) {
    std::string const key(question.key);
    if (complaint.key == key || complaint.key.starts_with(key + ".") ||
        complaint.key.starts_with(key + "["))
      return complaint.message;
  }
  return std::nullopt;
}

}  // namespace

std::string secret_file_of(Question const& question, Draft const& draft, Places const& places) {
  if (!question.secret) return "";
  auto const there = draft.value(question.key);
  if (there.find('/') != there.npos) return there;
  auto const name = question.key == "store.password_file" ? "store_password" : "client_secret";
  return places.secret(name);
}

Result<void> settle(Site& site, Places const& places, Question const& question, std::string words) {
  auto settled = question.read(words, site.draft);
  if (!settled) {
    if (question.secret) wipe(words);
    return std::unexpected(std::move(settled.error()));
  }
  auto draft = site.draft;
  auto const file = secret_file_of(question, draft, places);
  if (question.secret)
    settled->emplace_back(std::string(question.key), yaml_text(words.empty() ? "" : file));
  for (auto const& [key, yaml] : *settled) {
    auto const comment = key == question.key ? std::string(question.why) : "";
    if (auto set = draft.set(key, yaml, comment); !set) return set;
  }
  if (auto const complaint = complaint_about(question, draft))
    return failure(ErrorKind::malformed, *complaint);
  site.draft = std::move(draft);
  if (question.secret) {
    site.secrets.erase(file);
    if (!words.empty()) site.secrets.emplace(file, Secret(std::move(words)));
  }
  return {};
}

void Talk::say(std::string const& text, std::size_t indent) {
  auto const width = look_.width > indent ? look_.width - indent : 0;
  around_.err << std::string(indent, ' ') << wrap(text, width, indent) << "\n";
}

std::optional<std::string> Talk::words_or_usual(std::string line,
                                                std::optional<std::string> const& usual,
                                                Question const& question) {
  auto words = trimmed(line);
  if (question.secret) wipe(line);
  if (words == "?") {
    say(std::string(question.more));
    return std::nullopt;
  }
  if (!words.empty()) return words;
  if (usual) return usual;
  say(paint(look_, Tone::warning, "An answer is needed; ? says more."));
  return std::nullopt;
}

TalkEnd Talk::ask(Site& site, Places const& places, Question const& question,
                  std::string const& because) {
  auto const usual = question.usual(site.draft, places);
  around_.err << "\n"
              << paint(look_, Tone::strong, question.title) << "  "
              << paint(look_, Tone::faint, std::string(question.key)) << "\n";
  if (!because.empty())
    say(paint(look_, Tone::warning, "The present value will not do: " + clean(because)));
  say(std::string(question.why));
  auto const bracket = !usual ? "" : usual->empty() ? "[none] " : "[" + *usual + "] ";
  auto const prompt = fmt::format("  {}{}> ", bracket, question.secret ? "(not shown) " : "");
  for (;;) {
    auto line = around_.read_line(prompt, question.secret);
    if (!line || around_.stopped()) return over();
    auto words = words_or_usual(std::move(*line), usual, question);
    if (!words) continue;
    auto const settled = settle(site, places, question, std::move(*words));
    if (settled) return TalkEnd::done;
    say(paint(look_, Tone::bad, "✗ ") + clean(settled.error().what));
  }
}

std::optional<bool> Talk::yes_or_no(std::string const& question, bool usual) {
  for (;;) {
    auto const line = around_.read_line(question + (usual ? " [Y/n] " : " [y/N] "), false);
    if (!line || around_.stopped()) return std::nullopt;
    auto word = trimmed(*line);
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    if (word.empty()) return usual;
    if (word == "y" || word == "yes") return true;
    if (word == "n" || word == "no") return false;
    around_.err << "  y or n\n";
  }
}

}  // namespace wardroom::ctl
