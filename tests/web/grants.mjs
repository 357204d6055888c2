// Made-up grants for the logins page, one of every state.
const day = 86400_000;
/** Some minutes over: what the page rounds down stays the same however slow the machine is. */
export const inDays = (days, now = Date.now()) => new Date(now + days * day + 600_000).toISOString();
export const hostile = '<img src=x onerror="document.title=1">';

const scopes = ['spark:people_read', 'spark-admin:people_read', 'spark-admin:roles_read', 'spark-admin:organizations_read', 'spark-admin:locations_read', 'spark-admin:xsi'];
const org = 'Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjFlMmQzYy00YjVhLTQ5Njg';

export const admin = (over = {}) => ({
  identity: 'admin', kind: 'integration', state: 'valid', colour: 'green', sentence: 'admin: logged in as Ada Novak',
  who: 'ada@acme.example', person: 'Ada Novak', person_id: 'Y2lzY29zcGFyazovL3VzL1BFT1BMRS9mNWIzNjE4Ny1jOGRkLTQ3MjctOGIyZg', org_id: org,
  scopes, missing_scopes: [], access_expires_at: inDays(13.4), refresh_expires_at: inDays(61), refresh_days_left: 61, ...over,
});

export const revoked = () => admin({
  state: 'needs_login', colour: 'red', sentence: 'admin: Webex does not take the refresh token any more (it was revoked)',
  remedy: 'run `wardroomctl login` and open the URL it prints', access_expires_at: inDays(-0.1), refresh_expires_at: inDays(-0.1),
});

export const guests = (over = {}) => ({
  identity: 'guests', kind: 'service_app', state: 'renewing_fails', colour: 'yellow',
  sentence: 'guests: Webex answered 503 to the renewal; the next try is in 52 s', remedy: 'nothing is lost yet; check client id, secret and the network',
  who: 'guests@acme.example', person: 'Wardroom Guests', scopes: ['spark:messages_write'], missing_scopes: [],
  access_expires_at: inDays(2), refresh_expires_at: inDays(6), refresh_days_left: 6, ...over,
});

export const issuer = () => ({
  identity: 'issuer', kind: 'guest_issuer', state: 'signs_by_itself', colour: 'green', sentence: 'issuer: signs its tokens by itself', scopes: [], missing_scopes: [],
});

export const host = (n, over = {}) => ({
  ...admin({ who: `host${n}@acme.example`, person: `Host ${n}`, sentence: `Host ${n} has logged in`, ...over }),
  identity: `person:f5b36187-c8dd-4727-8b2f-${String(n).padStart(12, '0')}`, client: 'admin', scopes: ['meeting:schedules_write'],
});

export const logins = (grants) => ({
  now: new Date().toISOString(), health: grants.some(({ colour }) => colour === 'red') ? 'red' : grants.some(({ colour }) => colour === 'yellow') ? 'yellow' : 'green', grants,
});

export const everyState = () => logins([
  admin({ missing_scopes: [{ scope: 'spark-admin:telephony_config_write', needed_by: 'call_blocking, alerts' }], colour: 'yellow', sentence: 'admin: logged in as Ada Novak, but 1 scope is missing', remedy: 'add it to the integration, then log in again' }),
  guests(), issuer(),
  { identity: 'reports', kind: 'integration', state: 'missing', colour: 'red', sentence: 'reports: nobody has logged in yet', remedy: 'run `wardroomctl login --identity reports`', scopes: [], missing_scopes: [] },
  host(1), host(2, { state: 'expired', colour: 'red', sentence: 'The access token has ended (no answer from the token endpoint)', access_expires_at: inDays(-0.2), refresh_expires_at: inDays(0.6) }),
]);

export const alerts = () => ({
  open: [{
    part: 'login.guests', colour: 'yellow', sentence: 'guests: renewing fails', remedy: 'check the way to `webexapis.com`', since: inDays(-0.05), told_at: inDays(-0.049),
    deliveries: [{ channel: 'webex', to: 'the space Operations', state: 'sent' }, { channel: 'mail', to: 'ops@acme.example', state: 'failed', detail: 'connection refused' }],
  }],
  recent: [],
});
