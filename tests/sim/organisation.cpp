#include "sim/organisation.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::sim {
namespace {

struct Cast {
  char const *local, *first, *last, *department;
  int office;
};
// The story's people; names that a careless reader of XML or JSON would break.
constexpr std::array<Cast, 13> cast{{
    {"ada", "Ada", "Lovelace", "Operations", 0},
    {"zoe.mueller", "Zoë", "Müller", "Sales", 0},
    {"juergen.gross", "Jürgen", "Groß", "Sales", 0},
    {"lukasz.zolc", "Łukasz", "Żółć", "Engineering", 0},
    {"soren.kjaer", "Søren", "Kjær", "Engineering", 0},
    {"umit.ozdemir", "Ümit", "Özdemir", "Sales", 0},
    {"renee.oconnor", "Renée", "O'Connor & Søn", "Field Service", 1},
    {"irina.sokolova", "Ирина", "Соколова", "Finance", 0},
    {"ken.watanabe", "健", "渡辺", "Engineering", 0},
    {"huong.dang", "Hương", "Đặng Thị", "Finance", 0},
    {"aoife.nibhriain", "Aoife", "Ní Bhriain", "Legal", 0},
    {"eleni.papa", "Ελένη", "Παπαδοπούλου", "Contractors EMEA", 0},
    {"bela", "Béla", "Őry", "Engineering", 0},
}};
constexpr std::array firsts{"Anna",  "Béla", "Chloé", "Dušan", "Emil",   "Fatıma", "Gaël", "Håkon",
                            "Iñigo", "Jana", "Kärt",  "Léa",   "Mårten", "Noël",   "Oğuz", "Påvel"};
constexpr std::array lasts{"Ångström", "Bäcker", "Čapek",   "Dvořák", "Èze",   "Fjörd",
                           "Gómez",    "Håland", "Ionescu", "Jørgen", "Kovač", "Lindström",
                           "Muñoz",    "Nygård", "Öberg",   "Pešić"};

std::string xsi_user_of(std::string_view seed) {
  auto const raw = sha256(seed);
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  for (int i = 0; i < 10; ++i) out += letters[static_cast<unsigned char>(raw[std::size_t(i)]) % 36];
  return out + "@81726354.at10.bcld.example.net";
}

Person const* look_up(std::unordered_map<std::string, Person const*> const& in, std::string key) {
  auto const found = in.find(key);
  return found == in.end() ? nullptr : found->second;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string api_id(std::string_view type, std::string_view value) {
  auto out = to_base64(fmt::format("ciscospark://us/{}/{}", type, value));
  while (!out.empty() && out.back() == '=') out.pop_back();
  return out;
}

std::string value_of_api_id(std::string_view id) {
  auto const plain = from_base64(id);
  if (!plain || !plain->starts_with("ciscospark://")) return {};
  return plain->substr(plain->rfind('/') + 1);
}

Organisation::Organisation(std::uint64_t seed, std::size_t people) : seed_(seed) {
  uuid_ = uuid_of("organisation");
  id_ = api_id("ORGANIZATION", uuid_);
  calling_licence_ = api_id("LICENSE", uuid_of("licence calling"));
  messaging_licence_ = api_id("LICENSE", uuid_of("licence messaging"));
  auto office = [&](std::string name, std::string country, std::string code, std::string zone,
                    std::string city) {
    auto const uuid = uuid_of("office " + name);
    offices_.push_back({api_id("LOCATION", uuid),
                        fmt::format("ACMELOC{:05}", 30001 + offices_.size()), std::move(name),
                        std::move(country), std::move(code), std::move(zone), std::move(city)});
  };
  office("Wien Zentrale", "AT", "43", "Europe/Vienna", "Wien");
  office("Denver", "US", "1", "America/Denver", "Denver");

  for (auto const& one : cast)
    add(fmt::format("{}@acme.example", one.local), one.first, one.last, one.department,
        offices_[std::size_t(one.office)]);
  people_.front().full_admin = true;
  add_machine("wardroom@webex.bot", "Wardroom", "Bot", "bot");
  add_machine("wardroom-guests@serviceapp.example", "Wardroom", "Guests", "appuser");
  add_queue();
  add_former();
  for (auto i = people_.size(); i < people; ++i)
    add(fmt::format("person{:05}@acme.example", i), firsts[i % firsts.size()],
        fmt::format("{} {}", lasts[i / firsts.size() % lasts.size()], i), "Staff",
        offices_[i % 7 == 0 ? 1 : 0]);
}

void Organisation::add(std::string email, std::string first, std::string last,
                       std::string department, Office const& office) {
  auto const i = people_.size();
  Person p;
  p.uuid = uuid_of("person " + email);
  p.id = api_id("PEOPLE", p.uuid);
  p.xsi_user = xsi_user_of(fmt::format("{} xsi {}", seed_, email));
  auto const american = [](std::size_t n) {
    return n < 10000 ? fmt::format("720555{:04}", n) : fmt::format("721{:07}", n);
  };
  p.number = office.country == "US" ? american(i) : fmt::format("1777{:06}", i);
  if (i < 8000) p.extension = fmt::format("{}", 2000 + i);
  p.email = std::move(email);
  p.first_name = std::move(first);
  p.last_name = std::move(last);
  p.department = std::move(department);
  p.office = &office;
  auto const& kept = people_.emplace_back(std::move(p));
  by_email_[kept.email] = by_uuid_[kept.uuid] = by_xsi_[kept.xsi_user] = &kept;
  by_number_[kept.e164()] = &kept;
  if (!kept.extension.empty()) by_number_[kept.extension] = &kept;
}

void Organisation::add_machine(std::string email, std::string first, std::string last,
                               std::string type) {
  Person p;
  p.uuid = uuid_of("machine " + email);
  p.id = api_id("PEOPLE", p.uuid);
  p.email = std::move(email);
  p.first_name = std::move(first);
  p.last_name = std::move(last);
  p.office = &offices_.front();
  p.calling = false;
  p.type = std::move(type);
  auto const& kept = machines_.emplace_back(std::move(p));
  by_email_[kept.email] = by_uuid_[kept.uuid] = &kept;
}

void Organisation::add_queue() {
  Person p;
  p.uuid = uuid_of("queue");
  p.email = "sales.queue@acme.example";
  p.first_name = "Sales";
  p.last_name = "Queue";
  p.xsi_user = xsi_user_of(fmt::format("{} xsi queue", seed_));
  p.number = "1888000";
  p.office = &offices_.front();
  p.calling = false;
  p.type = "queue";
  auto const& kept = machines_.emplace_back(std::move(p));
  by_xsi_[kept.xsi_user] = &kept;
}

// Somebody whose account was deleted, as the spaces they were in still have them.
void Organisation::add_former() {
  add_machine("max.former@acme.example", "Max", "Former", "person");
  machines_.back().gone = true;
}

std::string Organisation::uuid_of(std::string_view what) const {
  auto const hex = to_hex(sha256(fmt::format("{} {}", seed_, what)));
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                     hex.substr(17, 3), hex.substr(20, 12));
}

Result<Person const*> Organisation::hire(std::string email, std::string first, std::string last) {
  email = lower_case(email);
  if (email.find('@') == std::string::npos)
    return failure(ErrorKind::malformed, "\"" + email + "\" is no e-mail address");
  if (by_email(email)) return failure(ErrorKind::conflict, email + " is here already");
  add(std::move(email), std::move(first), std::move(last), "Staff", offices_.front());
  return &people_.back();
}

bool Organisation::dismiss(std::string_view email) {
  auto const wanted = lower_case(email);
  for (auto& p : people_) {
    if (p.email != wanted) continue;
    p.calling = p.login_enabled = false;
    return true;
  }
  return false;
}

Person const* Organisation::by_email(std::string_view email) const {
  return look_up(by_email_, lower_case(email));
}
Person const* Organisation::by_uuid(std::string_view uuid) const {
  return look_up(by_uuid_, lower_case(uuid));
}
Person const* Organisation::by_api_id(std::string_view id) const {
  return by_uuid(value_of_api_id(id));
}
Person const* Organisation::by_xsi_user(std::string_view user) const {
  return look_up(by_xsi_, std::string(user));
}
Person const* Organisation::by_any_id(std::string_view id) const {
  if (auto const* p = by_xsi_user(id)) return p;
  if (auto const* p = by_uuid(id)) return p;
  return by_api_id(id);
}
Person const* Organisation::by_dialled(std::string_view digits) const {
  auto const* p = look_up(by_number_, std::string(digits));
  return p && p->calling ? p : nullptr;
}
Office const* Organisation::office(std::string_view id) const {
  for (auto const& o : offices_)
    if (o.id == id) return &o;
  return nullptr;
}

bool is_emergency_number(std::string_view dialled, std::string_view country) {
  // What each country's own authority says is for emergencies, beside 112 and 911 everywhere.
  struct Numbers {
    std::string_view country, numbers;
  };
  constexpr std::array<Numbers, 14> by_country{{{"AT", " 122 133 140 144 "},
                                                {"AU", " 000 106 "},
                                                {"BE", " 100 101 "},
                                                {"CH", " 117 118 144 1414 "},
                                                {"CZ", " 150 155 156 158 "},
                                                {"DE", " 110 "},
                                                {"FR", " 15 17 18 114 "},
                                                {"GB", " 999 "},
                                                {"HU", " 104 105 107 "},
                                                {"IN", " 100 101 108 "},
                                                {"IT", " 113 115 118 "},
                                                {"JP", " 110 118 119 "},
                                                {"NO", " 110 113 "},
                                                {"US", ""}}};
  auto known = [&](std::string_view n) {
    if (n == "112" || n == "911") return true;
    if (n.empty()) return false;
    for (auto const& one : by_country)
      if (one.country == country)
        return one.numbers.find(fmt::format(" {} ", n)) != one.numbers.npos;
    return false;
  };
  if (known(dialled)) return true;
  return !dialled.empty() && (dialled[0] == '9' || dialled[0] == '0') && known(dialled.substr(1));
}

}  // namespace wardroom::sim
