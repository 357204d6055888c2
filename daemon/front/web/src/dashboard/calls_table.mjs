// Live calls and decisions, newest first; pressing one tells why.
import { byId, h, setText } from '../shared/dom.mjs';
import { number, t, timeOfDay, word } from '../shared/i18n.mjs';

const shown = 100;

export class CallsTable {
  /** why(call id) is called when somebody asks for the reason. */
  constructor(log, why) {
    this.log = log;
    this.why = why;
    this.which = 'all';
    this.rows = new Map();
    this.frame = null;
    for (const button of byId('calls-filter').querySelectorAll('button'))
      button.addEventListener('click', () => this.filter(button.dataset.which));
  }

  filter(which) {
    this.which = which;
    for (const button of byId('calls-filter').querySelectorAll('button'))
      button.setAttribute('aria-pressed', String(button.dataset.which === which));
    this.render();
  }

  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  render() {
    const calls = this.log.list(this.which).slice(0, shown);
    const body = byId('calls-body');
    const keep = new Set(calls.map((call) => call.call));
    for (const id of [...this.rows.keys()]) if (!keep.has(id)) this.rows.delete(id);
    calls.forEach((call, i) => {
      const node = this.row(call);
      if (body.children[i] !== node) body.insertBefore(node, body.children[i] ?? null);
    });
    while (body.children.length > calls.length) body.lastElementChild.remove();
    byId('calls-table').hidden = calls.length === 0;
    byId('calls-none').hidden = calls.length > 0;
    setText(byId('calls-none'), t(this.log.calls.size ? 'calls.none.filtered' : 'calls.none'));
  }

  row(call) {
    let row = this.rows.get(call.call);
    if (!row) {
      row = this.newRow(call);
      this.rows.set(call.call, row);
    }
    const { cells } = row;
    setText(cells.time, timeOfDay(call.at));
    setText(cells.person, call.person ?? '');
    setText(cells.direction, word('dir', call.direction));
    row.node.dataset.direction = call.direction ?? '';
    setText(cells.remote, call.remote ?? '');
    setText(cells.state, word('state', call.state));
    setText(cells.badge, word('decision', call.decision));
    cells.badge.dataset.decision = call.decision;
    cells.sos.hidden = !call.emergency;
    setText(cells.reason, word('reason', call.reason));
    setText(cells.latency, call.latency_ms === undefined ? '' : `${number(call.latency_ms)} ms`);
    cells.why.setAttribute('aria-label', t('calls.why.of', { person: call.person ?? call.call }));
    return row.node;
  }

  newRow({ call }) {
    // Roles are written out because narrow screens lay the table out as cards, which would drop them.
    const cell = (name, ...children) => h('td', { class: `c-${name}`, role: 'cell' }, ...children);
    const cells = {
      time: cell('time'), person: cell('person'), direction: h('span'), remote: h('span', { class: 'remote' }),
      state: cell('state'), badge: h('span', { class: 'badge' }), reason: cell('reason'), latency: cell('latency'),
      sos: h('span', { class: 'badge badge-sos', hidden: true }, t('calls.emergency')),
      why: h('button', { type: 'button', class: 'small quiet' }, t('calls.why')),
    };
    cells.why.addEventListener('click', () => this.why(call));
    const node = h('tr', { class: 'call-row', role: 'row' }, cells.time, cells.person,
      cell('remote', cells.direction, ' ', cells.remote), cells.state, cell('decision', cells.badge, ' ', cells.sos),
      cells.reason, cells.latency, cell('why', cells.why));
    node.addEventListener('click', (event) => {
      if (!event.target.closest('button') && getSelection().isCollapsed) this.why(call);
    });
    return { node, cells };
  }
}
