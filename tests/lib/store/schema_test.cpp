// Every schema step of the daemon, and people found by their names and addresses, on both engines.
#include "alerts/alert_store.hpp"
#include "engines.hpp"
#include "features/call_blocking/call_blocking_store.hpp"
#include "features/security_notices/security_notices_store.hpp"
#include "features/space_sync/space_sync_store.hpp"
#include "front/site_admins.hpp"
#include "front/throttle.hpp"
#include "front/web_sessions.hpp"
#include "oauth/grant_store.hpp"
#include "people/migrations.hpp"
#include "people/people_store.hpp"
#include "people/roster.hpp"
#include "store/migrations.hpp"

namespace wardroom {
namespace {

std::vector<store::Migration> all_steps() {
  std::vector<store::Migration> out{oauth::grants_migration,   oauth::grants_client_migration,
                                    front::throttle_migration, front::site_admins_migration,
                                    alerts::alerts_migration,  alerts::alert_beginnings_migration};
  for (auto const& step : front::web_session_migrations) out.push_back(step);
  for (auto const& step : people::migrations()) out.push_back(step);
  for (auto const& step : call_blocking::call_blocking_migrations()) out.push_back(step);
  for (auto const& step : space_sync::space_sync_migrations()) out.push_back(step);
  for (auto const& step : security_notices::security_notices_migrations()) out.push_back(step);
  return out;
}

template <class Engine>
struct Schema : test::EngineFixture<Engine> {};
TYPED_TEST_SUITE(Schema, test::Engines, test::EngineNames);

TYPED_TEST(Schema, takes_every_step_of_the_daemon_once) {
  this->open(all_steps());
  this->open(all_steps());
  EXPECT_EQ(this->integer("SELECT count(*) FROM schema_migrations"),
            static_cast<std::int64_t>(all_steps().size() + store::base_migrations().size()));
}

TYPED_TEST(Schema, keeps_people_and_finds_them) {
  this->open(all_steps());
  people::Roster roster;
  people::PeopleStore store(*this->database, this->clock, roster);
  Person person;
  person.id = PersonId("id-1");
  person.uuid = "uuid-1";
  person.display_name = "Ada Example";
  person.emails = {"ada@example.test", "a.example@example.test"};
  person.country = "AT";
  auto const numbers = test::run_task(this->io, store.upsert(std::vector{person}));
  ASSERT_TRUE(numbers) << numbers.error().what;
  ASSERT_EQ(numbers->size(), 1u);
  auto const again = test::run_task(this->io, store.upsert(std::vector{person}));
  EXPECT_EQ(again, numbers);
  auto const by_email = test::run_task(this->io, store.by_email("a.example@example.test"));
  ASSERT_TRUE(by_email) << by_email.error().what;
  auto const found = test::run_task(this->io, store.search("ada ex", 5));
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(found->size(), 1u);
  auto const page = test::run_task(this->io, store.page(0, 5));
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->size(), 1u);
  ASSERT_TRUE(test::run_task(this->io, store.load()));
}

}  // namespace
}  // namespace wardroom
