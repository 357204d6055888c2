// `config set` on random files: the new value is read, every other key keeps its value, and every
// comment is still there. WARDROOM_SEED and WARDROOM_COUNT choose the run.
#include "config/yaml_edit.hpp"
#include "settings.hpp"
#include "settings_reload.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

namespace wardroom {
namespace {

using config::NewValue;
using List = std::vector<std::string>;

/// Values that are right whatever the other keys say, with what the record then shows.
struct Candidate {
  NewValue value;
  std::string shown;
};

std::vector<Candidate> words(std::vector<std::string> const& all) {
  std::vector<Candidate> out;
  for (auto const& one : all) out.push_back({one, one});
  return out;
}

std::vector<Candidate> lists(std::vector<List> const& all) {
  std::vector<Candidate> out;
  for (auto const& one : all) {
    std::string shown;
    for (auto const& item : one) shown += (shown.empty() ? "" : ", ") + item;
    out.push_back({one, shown});
  }
  return out;
}

std::vector<std::string> const strange{
    "plain", "a: b", "it's", "x #y", "\"q\"", "null", "~",  "ünï cödé", " lead", "trail ",
    "{x}",   "[y]",  "*z",   "&w",   "- d",   "!t",   "%p", "@a",       "a,b",   "tab\tin",
    "true",  "0x1f", "a:",   "#c",   "|",     ">",    "?",  "a\\b",     "''",    "1e3"};

std::map<std::string, std::vector<Candidate>> const candidates{
    {"log.level", words({"trace", "debug", "warning"})},
    {"http.public_url", words({"https://w.acme.example", "https://w.acme.example:8443/x"})},
    {"http.trusted_proxies", lists({{}, {"127.0.0.1"}, {"10.0.0.1", "::1"}})},
    {"control.socket", words({"/run/x.sock", "/run/with space/#1"})},
    {"secrets.master_key_file", words({"/etc/key", "/etc/k: ey"})},
    {"webex.api", words({"https://a.example/v1", "http://127.0.0.1:8481/v1"})},
    {"webex.org_id", words(strange)},
    {"webex.admins", lists({{}, {"a@b.example"}, {"a@b.example", "it's", "x y", "c: d"}})},
    {"identities.admin.client_id", words(strange)},
    {"identities.admin.extra_scopes", lists({{}, {"a:b"}, {"a:b", "c:d"}})},
    {"alerts.webex_admins", words({"true", "false"})},
    {"alerts.hold", words({"5s", "250s", "1h"})},
    {"alerts.smtp.ca_file", words({"/etc/ca.pem"})},
    {"call_blocking.mode", words({"observe", "enforce", "off"})},
    {"call_blocking.post_interval", words({"10s", "31s"})},
    {"call_blocking.timeout", words({"10m", "2h"})},
    {"call_blocking.outside_line_prefixes", lists({{}, {"0"}, {"0", "9", "77"}})},
    {"call_blocking.emergency_numbers", lists({{"4444"}, {"4444", "5555"}})},
    {"call_blocking.confirmations", words({"1", "7"})},
    {"call_blocking.xsi.application_id", words(strange)},
    {"call_blocking.xsi.dns_servers", lists({{"10.0.0.53"}, {"10.0.0.53", "10.0.0.54"}})},
    {"call_blocking.fences.one.margin", words({"10m", "2km"})},
    {"call_blocking.fences.one.deny", words({"true", "false"})},
    {"call_blocking.fences.one.stale", words({"open", "grace(2m)"})},
    {"call_blocking.fences.two.no_fix", words({"open", "closed"})},
};

/// Writes files as different people do.
class Writer {
 public:
  explicit Writer(std::mt19937& random) : random_(random) {}

  std::string file() {
    out_.clear();
    if (chance(10)) out_ += "---\n";
    struct Section {
      std::string name;
      std::vector<std::pair<std::string, NewValue>> keys;
      std::map<std::string, std::vector<std::pair<std::string, NewValue>>> below;
    };
    std::map<std::string, Section> sections;
    for (auto const& [key, values] : candidates) {
      bool const needed = key == "identities.admin.client_id";
      if (key.contains(".fences.") || (!needed && chance(60))) continue;
      auto const dot = key.find('.');
      auto& section = sections[key.substr(0, dot)];
      auto const rest = key.substr(dot + 1);
      auto const second = rest.find('.');
      auto const& value = values[below(values.size())].value;
      if (second == rest.npos)
        section.keys.emplace_back(rest, value);
      else
        section.below[rest.substr(0, second)].emplace_back(rest.substr(second + 1), value);
    }
    sections["identities"].below["admin"].emplace_back("client_secret_file", "/etc/s");
    sections["call_blocking"];
    for (auto& [name, section] : sections) {
      comment(0);
      bool const call_blocking = name == "call_blocking";
      bool const flow = !call_blocking && chance(30);
      out_ += name + ":";
      if (flow) {
        out_ += " ";
        open();
        for (auto const& [key, value] : section.keys) flow_entry(key, value);
        for (auto const& [key, keys] : section.below) flow_map(key, keys);
        close();
        end_line();
        continue;
      }
      end_line();
      for (auto const& [key, value] : section.keys) entry(2, key, value);
      for (auto const& [key, keys] : section.below) {
        comment(2);
        out_ += "  " + key + ":";
        if (chance(30)) {
          out_ += " ";
          open();
          for (auto const& [one, value] : keys) flow_entry(one, value);
          close();
          end_line();
        } else {
          end_line();
          for (auto const& [one, value] : keys) entry(6, one, value);
        }
      }
      if (call_blocking) fences();
    }
    if (chance(10)) out_.pop_back();
    std::string dressed = chance(10) ? "\xEF\xBB\xBF" : "";
    bool const windows = chance(20);
    for (char const c : out_) dressed += windows && c == '\n' ? "\r\n" : std::string(1, c);
    return dressed;
  }
  std::vector<std::string> const& comments() const { return comments_; }

  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string mark() { return comments_.emplace_back("# c" + std::to_string(number_++) + "."); }
  void comment(std::size_t indent) {
    while (chance(25)) out_ += std::string(chance(50) ? indent : 0, ' ') + mark() + "\n";
    if (chance(15)) out_ += "\n";
  }
  void end_line() {
    if (chance(30)) out_ += "  " + mark();
    out_ += "\n";
  }
  std::string scalar(std::string const& text, bool flow) {
    if (text.find('\t') == text.npos && chance(25)) {
      std::string quoted = "'";
      for (char const c : text) quoted += c == '\'' ? "''" : std::string(1, c);
      return quoted + "'";
    }
    auto const safe = config::yaml_scalar(text, flow);
    return chance(25) && safe[0] != '"' ? "\"" + safe + "\"" : safe;
  }
  std::string flow_list(List const& list) {
    std::string out;
    for (auto const& item : list) out += (out.empty() ? "" : ", ") + scalar(item, true);
    return "[" + out + "]";
  }
  void entry(std::size_t indent, std::string const& key, NewValue const& value) {
    comment(indent);
    out_ += std::string(indent, ' ') + key + ":" + std::string(1 + below(3), ' ');
    auto const* list = std::get_if<List>(&value);
    if (!list) {
      out_ += scalar(std::get<std::string>(value), false);
      return end_line();
    }
    if (list->empty() || chance(50)) {
      out_ += flow_list(*list);
      return end_line();
    }
    end_line();
    auto const deeper = indent + (chance(50) ? 2 : 0);
    for (auto const& item : *list) {
      comment(deeper);
      out_ += std::string(deeper, ' ') + "- " + scalar(item, false) + "\n";
    }
  }
  void open() {
    out_ += "{ ";
    first_ = true;
    lines_ = chance(30);
  }
  void next() {
    if (!first_) out_ += ", ";
    first_ = false;
    if (lines_) out_ += mark() + "\n      ";
  }
  void close() { out_ += lines_ ? "\n    }" : " }"; }
  void flow_entry(std::string const& key, NewValue const& value) {
    next();
    auto const* list = std::get_if<List>(&value);
    out_ += key + ": " + (list ? flow_list(*list) : scalar(std::get<std::string>(value), true));
  }
  void flow_map(std::string const& key, std::vector<std::pair<std::string, NewValue>> const& keys) {
    next();
    out_ += key + ": { ";
    bool const lines = lines_;
    lines_ = false;
    first_ = true;
    for (auto const& [one, value] : keys) flow_entry(one, value);
    out_ += " }";
    lines_ = lines;
    first_ = false;
  }
  void fences() {
    comment(2);
    auto const indent = chance(50) ? 2u : 4u;
    out_ += "  fences:\n";
    for (std::string const name : {"one", "two"}) {
      comment(indent);
      if (chance(40)) {
        out_ += std::string(indent, ' ') + "- { name: " + name +
                ", circle: { at: [1, 2], radius: 2km }, stale: closed }";
        end_line();
        continue;
      }
      out_ += std::string(indent, ' ') + "- name: " + name;
      end_line();
      entry(indent + 2, "margin", std::string("300m"));
      out_ += std::string(indent + 2, ' ') + "box: { south: 1, north: 2, west: 3, east: 4 }";
      end_line();
    }
  }

  std::mt19937& random_;
  std::string out_;
  std::vector<std::string> comments_;
  int number_ = 0;
  bool first_ = true, lines_ = false;
};

unsigned from_environment(char const* name, unsigned otherwise) {
  auto const* given = std::getenv(name);
  return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : otherwise;
}

std::string all_of(config::Complaints const& complaints) {
  std::string out;
  for (auto const& one : complaints) out += one.text() + "\n";
  return out;
}

TEST(ConfigSet, R106_changes_one_key_of_any_file_and_nothing_else) {
  auto const seed = from_environment("WARDROOM_SEED", std::random_device{}());
  auto const count = from_environment("WARDROOM_COUNT", 400);
  std::cout << "WARDROOM_SEED=" << seed << " WARDROOM_COUNT=" << count << "\n";
  std::mt19937 random(seed);
  for (unsigned round = 0; round < count; ++round) {
    Writer writer(random);
    auto const before = writer.file();
    config::Complaints complaints;
    auto const old = read_settings(before, "w.yaml", complaints);
    ASSERT_EQ(all_of(complaints), "") << before;
    auto row =
        std::next(candidates.begin(), static_cast<std::ptrdiff_t>(random() % candidates.size()));
    auto const& [value, shown] = row->second[random() % row->second.size()];
    auto const* entry = old.record.find(row->first);
    ASSERT_TRUE(entry) << row->first << "\n" << before;

    auto const after = config::set_value(before, entry->path, value);
    auto const what = row->first + " = " + shown + "\n--- before\n" + before;
    ASSERT_TRUE(after) << after.error().what << "\n" << what;
    auto const now = read_settings(*after, "w.yaml", complaints);
    auto const both = what + "\n--- after\n" + *after;
    ASSERT_EQ(all_of(complaints), "") << both;
    ASSERT_EQ(now.record.find(row->first)->value, shown) << both;
    ASSERT_EQ(now.record.find(row->first)->origin, config::Origin::file) << both;
    for (auto const& one : changed_keys(old.record, now.record)) {
      bool const follows = now.record.find(one.key)->origin == config::Origin::derived;
      ASSERT_TRUE(one.key == row->first || follows) << one.key << " changed too\n" << both;
    }
    for (auto const& comment : writer.comments())
      ASSERT_NE(after->find(comment), std::string::npos) << comment << " is lost\n" << both;
    ASSERT_EQ(after->starts_with("\xEF\xBB\xBF"), before.starts_with("\xEF\xBB\xBF")) << both;
    if (before.contains("\r\n"))
      ASSERT_EQ(std::ranges::count(*after, '\n'), std::ranges::count(*after, '\r')) << both;
  }
}

TEST(ConfigSet, R105_takes_or_refuses_any_damaged_file_and_never_changes_more_than_one_key) {
  auto const seed = from_environment("WARDROOM_SEED", std::random_device{}());
  auto const count = from_environment("WARDROOM_COUNT", 400);
  std::cout << "WARDROOM_SEED=" << seed << " WARDROOM_COUNT=" << count << "\n";
  std::mt19937 random(seed);
  std::string_view const bytes = ":#-[]{}\"'|>&*!%@`,\n\t \\?x\xff~";
  unsigned taken = 0;
  for (unsigned round = 0; round < count; ++round) {
    Writer writer(random);
    auto before = writer.file();
    for (auto damages = 1 + random() % 3; damages > 0; --damages) {
      auto const at = random() % before.size();
      if (random() % 2)
        before[at] = bytes[random() % bytes.size()];
      else
        before.insert(at, 1, bytes[random() % bytes.size()]);
    }
    config::Complaints complaints;
    auto const old = read_settings(before, "w.yaml", complaints);
    for (auto const& one : complaints) ASSERT_GE(one.line, 1) << one.text() << "\n" << before;
    if (!complaints.empty()) continue;
    auto const row =
        std::next(candidates.begin(), static_cast<std::ptrdiff_t>(random() % candidates.size()));
    auto const& [value, shown] = row->second[random() % row->second.size()];
    auto const* entry = old.record.find(row->first);
    if (!entry) continue;
    auto const after = config::set_value(before, entry->path, value);
    if (!after) continue;
    ++taken;
    auto const now = read_settings(*after, "w.yaml", complaints);
    auto const both = row->first + " = " + shown + "\n" + before + "\n--- after\n" + *after;
    ASSERT_EQ(all_of(complaints), "") << both;
    ASSERT_EQ(now.record.find(row->first)->value, shown) << both;
    for (auto const& one : changed_keys(old.record, now.record)) {
      bool const follows = now.record.find(one.key)->origin == config::Origin::derived;
      ASSERT_TRUE(one.key == row->first || follows) << one.key << " changed too\n" << both;
    }
  }
  EXPECT_GE(taken, count / 50) << "some damage is harmless, or nothing was tried";
}

}  // namespace
}  // namespace wardroom
