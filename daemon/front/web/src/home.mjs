// The overview page. All it asks the server is whether an administrator must log in.
import { get } from './shared/api.mjs';
import { byId } from './shared/dom.mjs';
import { startShell } from './shared/shell.mjs';

startShell('home.title');
get('/api/v1/overview').then(
  ({ needs_login: needsLogin }) => { byId('needs-login').hidden = !needsLogin; },
  () => {}, // not reachable: the page says what it says without
);
