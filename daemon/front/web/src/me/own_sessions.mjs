// Where else this person is signed in, unfolded on demand, with buttons that end it.
import { get, post, session } from '../shared/api.mjs';
import { byId, setText } from '../shared/dom.mjs';
import { busy, toast } from '../shared/feedback.mjs';
import { number, t } from '../shared/i18n.mjs';
import { browserWords, sessionRow } from '../shared/session_row.mjs';

const path = '/api/v1/me/sessions';

function show({ sessions }) {
  const now = Date.now();
  byId('my-sessions-list').replaceChildren(...sessions.map((one) => sessionRow(one, { title: browserWords(one.browser), now, end: endOne })));
  byId('my-sessions-others').hidden = sessions.filter(({ here }) => !here).length < 2;
  setText(byId('my-sessions-none'), t('my.sessions.none'));
  byId('my-sessions-none').hidden = sessions.some(({ here }) => !here);
}

async function read() {
  try {
    show(await get(path));
  } catch (trouble) {
    toast(t('my.sessions.failed', { why: trouble.message }), 'bad');
  }
}

async function end(wish, button) {
  await busy(button, async () => {
    try {
      await session(); // the token of now
      const { body } = await post(`${path}/end`, wish);
      toast(t(body.ended === 1 ? 'sessions.ended.one' : 'sessions.ended', { n: number(body.ended) }), 'good');
    } catch (trouble) {
      toast(t('sessions.end.failed', { why: trouble.message }), 'bad');
    }
    await read();
    byId('my-sessions').querySelector('summary').focus();
  });
}

const endOne = ({ id }, button) => void end({ id }, button);

export function startOwnSessions() {
  const section = byId('my-sessions');
  section.addEventListener('toggle', () => {
    if (section.open) void read();
  });
  byId('my-sessions-others').addEventListener('click', (event) => void end({ others: true }, event.currentTarget));
}
