// Serves the built pages with the daemon's security headers, and answers the API as docs/api.md says.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { CmsMock } from './cms_mock.mjs';
import { SyncMock } from './sync_mock.mjs';

export const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
  "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ');

const types = {
  html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8',
  json: 'application/json', svg: 'image/svg+xml', txt: 'text/plain; charset=utf-8',
};

const common = {
  'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** Vienna and its surroundings are permitted: enough of a fence for the pages. */
const permitted = ({ latitude, longitude }) => latitude > 46.4 && latitude < 49.0 && longitude > 9.5 && longitude < 17.2;

export class MockServer {
  /** pages: the folder that build.mjs wrote. */
  constructor(pages) {
    const manifest = JSON.parse(readFileSync(join(pages, 'manifest.json'), 'utf8'));
    this.files = new Map(manifest.map(({ path, file }) => [path, join(pages, file)]));
    this.server = createServer((request, response) => void this.handle(request, response));
    this.reset();
  }

  reset() {
    this.signedIn = { person: true, admin: true };
    this.expires = 1800;
    this.extended = 1800;
    this.fix = null;
    this.posts = [];
    this.postAnswer = null; // (post) → { status, headers, body }: instead of the usual one
    this.interval = 30;
    this.timeout = 300;
    this.noticeVersion = '2026-1';
    this.dashboard = { people: [], calls: [], monitoring: { on: true, subscribed: true, channels: [] }, fences: [], health: 'green', signs: [], seq: 0 };
    this.beforeDashboard = null; // awaited before /api/v1/dashboard is answered
    this.explanations = new Map();
    this.whyOf = new Map(); // person number → the answer of /api/v1/people/{no}/why
    this.meMore = {};       // further members of /api/v1/me
    this.logins = { now: new Date().toISOString(), health: 'green', grants: [] };
    this.needsLogin = false;
    this.refreshPosts = [];
    this.refreshAnswer = null; // (identity) → { status, headers, body }, maybe later: instead of the usual one
    this.monitorPosts = [];
    this.sessions = { sessions: [], location_sessions: 0 };
    this.people = new Map(); // what was typed → { person_no, person, sessions }
    this.mySessions = [];
    this.revokePosts = [];
    this.backgroundReads = 0;
    this.streams ??= new Set();
    this.streamRequests = [];
    this.journal = () => ({ body: { now: new Date().toISOString(), entries: [], newest: 0, keep_s: 2592000, kinds: [] } });
    this.journalAsked = []; // the query of each request for entries
    this.streamsAsked = []; // and of each stream of them
    this.sync = new SyncMock();
    this.cms = new CmsMock();
    this.log = [];
  }

  /** Until the pages of the test before have let go of their streams. */
  async quiet() {
    for (const stream of this.streams) if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async stop() {
    this.streams.forEach((stream) => stream.destroy());
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** To every open dashboard. */
  emit(event, data, id = '') {
    const frame = `${id === '' ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const stream of this.streams) stream.write(frame);
  }

  async handle(request, response) {
    const { pathname } = new URL(request.url, this.url);
    this.log.push(`${request.method} ${pathname}`);
    const body = await bodyOf(request);
    const route = this.routes()[`${request.method} ${pathname}`] ?? this.patterns(request.method, pathname);
    if (route) return void route({ request, response, body });
    const file = request.method === 'GET' ? this.files.get(pathname) : undefined;
    if (file) return void this.sendFile(response, file, pathname.startsWith('/assets/'));
    this.json(response, 404, { error: { code: 'not_found', message: 'There is no such page.' } });
  }

  patterns(method, path) {
    const login = path.match(/^\/login-pages\/([\w-]+)$/);
    if (login && this.loginPages) return ({ response }) => this.sendLoginPage(response, login[1]);
    const person = path.match(/^\/api\/v1\/people\/(\d+)\/why$/);
    if (method === 'GET' && person) {
      const found = this.whyOf.get(Number(person[1]));
      return (x) => this.guarded('admin', x, () => found ? this.json(x.response, 200, found) : this.json(x.response, 404, { error: { code: 'not_found', message: 'Nobody has this number.' } }));
    }
    if (path.startsWith('/api/v1/sync')) return (x) => this.guarded('admin', x, () => this.syncs(x, path));
    if (path.startsWith('/api/v1/conferences')) return (x) => this.guarded('admin', x, () => this.conferences(x, path));
    const why = path.match(/^\/api\/v1\/calls\/([^/]+)\/why$/);
    if (method !== 'GET' || !why) return null;
    const found = this.explanations.get(decodeURIComponent(why[1]));
    return ({ response }) => found ? this.json(response, 200, found) : this.json(response, 404, { error: { code: 'not_found', message: 'No such call.' } });
  }

  routes() {
    return {
      'GET /api/v1/session': ({ response }) => this.json(response, 200, this.session()),
      'GET /api/v1/me': (x) => this.guarded('person', x, () => this.json(x.response, 200, this.me())),
      'POST /api/v1/location': (x) => this.guarded('person', x, () => this.location(x)),
      'GET /api/v1/dashboard': (x) => this.guarded('admin', x, async () => {
        await this.beforeDashboard?.();
        this.expires = this.extended;
        this.json(x.response, 200, this.dashboard);
      }),
      'GET /api/v1/dashboard/stream': (x) => this.guarded('admin', x, () => this.stream(x)),
      'GET /api/v1/journal': (x) => this.guarded('admin', x, async () => {
        const words = new URL(x.request.url, this.url).searchParams;
        this.journalAsked.push(words.toString());
        const { status = 200, body } = await this.journal(words);
        this.json(x.response, status, body);
      }),
      'GET /api/v1/journal/stream': (x) => this.guarded('admin', x, () => {
        this.streamsAsked.push(new URL(x.request.url, this.url).searchParams.toString());
        this.stream(x);
      }),
      'POST /api/v1/monitor': (x) => this.guarded('admin', x, () => this.monitor(x)),
      'GET /api/v1/overview': ({ response }) => this.json(response, 200, { needs_login: this.needsLogin }),
      'GET /api/v1/logins': (x) => this.guarded('admin', x, () => this.json(x.response, 200, this.logins)),
      'POST /api/v1/logins/refresh': (x) => this.guarded('admin', x, () => this.refresh(x)),
      'GET /api/v1/sessions': (x) => this.guarded('admin', x, () => this.listSessions(x)),
      'POST /api/v1/sessions/revoke': (x) => this.guarded('admin', x, () => this.revoke(x, 'csrf-of-ada')),
      'GET /api/v1/me/sessions': (x) => this.guarded('person', x, () => this.json(x.response, 200, { sessions: this.mySessions })),
      'POST /api/v1/me/sessions/end': (x) => this.guarded('person', x, () => this.endOwn(x)),
      'POST /api/v1/logout': ({ request, response }) => {
        if (!this.json_type(request, response)) return;
        this.signedIn = {};
        response.writeHead(204, common).end();
      },
      'GET /oauth/callback': ({ response }) => this.plainPage(response, 400, 'The login could not be completed', 'This answer does not belong to a login that this browser began.', 'Start again.'),
    };
  }

  listSessions({ request, response }) {
    if (request.headers['wardroom-background'] === '1') this.backgroundReads += 1;
    const who = new URL(request.url, this.url).searchParams.get('person');
    if (!who) return this.json(response, 200, this.sessions);
    const found = this.people.get(who);
    if (!found) return this.json(response, 404, { error: { code: 'not_found', message: `nobody fits '${who}'` } });
    return this.json(response, 200, found);
  }

  /** Ends what the body names in all lists. */
  revoke({ request, response, body }, token) {
    if (!this.json_type(request, response)) return;
    if (request.headers['x-csrf-token'] !== token)
      return this.json(response, 403, { error: { code: 'denied', message: 'The CSRF token is missing.' } });
    const wish = JSON.parse(body);
    this.revokePosts.push(wish);
    let ended = 0;
    const without = (list, gone) => list.filter((one) => !(gone(one) && ++ended));
    if (wish.id) {
      this.sessions.sessions = without(this.sessions.sessions, ({ id }) => id === wish.id);
      this.mySessions = without(this.mySessions, ({ id }) => id === wish.id);
    }
    if (wish.others) {
      this.sessions.sessions = without(this.sessions.sessions, ({ here }) => !here);
      this.mySessions = without(this.mySessions, ({ here }) => !here);
    }
    for (const found of wish.person ? this.people.values() : [])
      if (String(found.person_no) === wish.person) found.sessions = without(found.sessions, ({ here }) => !here);
    return this.json(response, 200, { ended });
  }

  async syncs({ request, response, body }, path) {
    const button = path.match(/^\/api\/v1\/sync\/jobs\/([^/]+)\/(run|plan|approve|pause|resume)$/);
    if (request.method === 'GET') {
      if (request.headers['wardroom-background'] === '1') this.sync.background += 1;
      const { status, body: told } = this.sync.read(path, new URL(request.url, this.url).searchParams);
      return this.json(response, status, told);
    }
    if (!button || !this.json_type(request, response)) return undefined;
    if (request.headers['x-csrf-token'] !== 'csrf-of-ada')
      return this.json(response, 403, { error: { code: 'denied', message: 'The CSRF token is missing.' } });
    const { status, body: told } = await this.sync.post(decodeURIComponent(button[1]), button[2], JSON.parse(body));
    return this.json(response, status, told);
  }

  async conferences({ request, response }, path) {
    if (path === '/api/v1/conferences/live') return this.stream({ request, response });
    if (path === '/api/v1/conferences/report.csv') return response.writeHead(200, { ...common, 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="wardroom-conferences.csv"' }).end('conference,name\r\n');
    if (request.method === 'POST' && !this.json_type(request, response)) return undefined;
    if (request.method === 'POST' && request.headers['x-csrf-token'] !== 'csrf-of-ada')
      return this.json(response, 403, { error: { code: 'denied', message: 'The CSRF token is missing.' } });
    const { status, body } = await this.cms.answer(request.method, path, request.headers['wardroom-background'] === '1');
    return this.json(response, status, body);
  }

  endOwn(x) {
    return this.revoke(x, this.signedIn.admin ? 'csrf-of-ada' : 'csrf-of-mia');
  }

  session() {
    const { person, admin } = this.signedIn;
    if (!person && !admin) return {};
    return {
      ...(person && { person: { name: 'Mia Berger' }, csrf: 'csrf-of-mia' }), ...(admin && { admin: { name: 'Ada Novak' }, csrf: 'csrf-of-ada' }),
      expires_in_s: this.expires,
    };
  }

  me() {
    const standing = this.standing();
    const words = {
      inside: 'Your calls are allowed: you are inside austria.',
      outside: 'Your calls are blocked: your last position is outside austria. Calls work again as soon as two positions in a row are clearly inside. Emergency numbers always work.',
      no_fix: 'Your calls are blocked: you have not shared a location yet.',
    };
    return {
      person: { name: 'Mia Berger' }, standing, allowed: standing === 'inside', words: words[standing], reason: standing,
      post_interval_s: this.interval, timeout_s: this.timeout, fences: ['austria'], notice_version: this.noticeVersion,
      ...this.meMore,
      fix: this.fix ? { age_s: this.fix.age ?? Math.floor((Date.now() - this.fix.at) / 1000), accuracy_m: this.fix.accuracy } : null,
    };
  }

  standing() {
    if (!this.fix) return 'no_fix';
    return permitted(this.fix) ? 'inside' : 'outside';
  }

  location({ request, response, body }) {
    if (!this.json_type(request, response)) return;
    const post = JSON.parse(body);
    this.posts.push({ ...post, received: Date.now() });
    const other = this.postAnswer?.(post);
    if (other) {
      response.writeHead(other.status, { ...common, 'Content-Type': 'application/json', ...other.headers });
      return void response.end(JSON.stringify(other.body ?? {}));
    }
    this.fix = { ...post, at: Date.now() };
    const standing = this.standing();
    response.writeHead(204, { ...common, 'Wardroom-Standing': standing, 'Wardroom-Calls': standing === 'inside' ? 'allowed' : 'blocked' });
    response.end();
  }

  monitor({ request, response, body }) {
    if (!this.json_type(request, response)) return;
    if (request.headers['x-csrf-token'] !== 'csrf-of-ada')
      return this.json(response, 403, { error: { code: 'denied', message: 'The CSRF token is missing.' } });
    const { on } = JSON.parse(body);
    this.monitorPosts.push(on);
    this.dashboard.monitoring = { ...this.dashboard.monitoring, on, subscribed: on };
    this.json(response, 200, {});
  }

  async refresh({ request, response, body }) {
    if (!this.json_type(request, response)) return;
    if (request.headers['x-csrf-token'] !== 'csrf-of-ada')
      return this.json(response, 403, { error: { code: 'denied', message: 'The CSRF token is missing.' } });
    const { identity } = JSON.parse(body);
    this.refreshPosts.push(identity);
    const other = await this.refreshAnswer?.(identity);
    if (!other) return this.json(response, 200, { access_expires_at: '2026-12-06T12:00:00.000Z' });
    response.writeHead(other.status, { ...common, 'Content-Type': 'application/json', ...other.headers });
    response.end(JSON.stringify(other.body ?? {}));
  }

  stream({ request, response }) {
    this.streamRequests.push(request.headers['last-event-id'] ?? null);
    response.writeHead(200, { ...common, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 100\n\n');
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  guarded(role, { response }, then) {
    if (this.signedIn[role]) return then();
    this.json(response, 401, { error: { code: 'denied', message: 'You are not signed in.' } });
  }

  json_type(request, response) {
    if (request.headers['content-type'] === 'application/json') return true;
    this.json(response, 415, { error: { code: 'malformed', message: 'application/json is needed.' } });
    return false;
  }

  json(response, status, value) {
    response.writeHead(status, { ...common, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(value));
  }

  /** A page that the daemon's own code has written. */
  sendLoginPage(response, name) {
    const { folder, statuses } = this.loginPages;
    response.writeHead(statuses[name], { ...common, 'Content-Type': types.html, 'Cache-Control': 'no-store' });
    response.end(readFileSync(join(folder, `${name}.html`)));
  }

  /** As daemon/front/login_pages.cpp writes its pages: without script, in the site's look. */
  plainPage(response, status, title, sentence, remedy) {
    response.writeHead(status, { ...common, 'Content-Type': types.html });
    response.end(`<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">\n<title>${title} · Wardroom</title>
<link rel="stylesheet" href="/assets/app.css">\n</head>\n<body class="plain" data-tone="bad">
<header class="plain-top"><a href="/">Wardroom</a></header>
<main class="container">\n<h1>${title}</h1>\n<p>${sentence}</p>
<section class="next">\n<h2>What to do</h2>\n<p>${remedy}</p>\n</section>
<p class="ways"><a role="button" href="/user/login">Try again</a> <a href="/">Back to the overview</a></p>\n</main>\n</body>\n</html>\n`);
  }

  sendFile(response, file, immutable) {
    response.writeHead(200, {
      ...common, 'Content-Type': types[file.split('.').at(-1)],
      'Cache-Control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    response.end(readFileSync(file));
  }
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
