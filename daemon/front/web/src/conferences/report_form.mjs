// The report: which time it is about, and the link that downloads it.
import { byId, setText } from '../shared/dom.mjs';
import { t } from '../shared/i18n.mjs';
import { localOf, momentOf } from '../history/filter.mjs';

const day = 86400000;

/** '' or what is wrong with the times. */
function wrongWith(since, until) {
  return since && until && Date.parse(since) >= Date.parse(until) ? t('conf.report.order') : '';
}

function show(path) {
  const [since, until] = [momentOf(byId('report-since').value), momentOf(byId('report-until').value)];
  const query = new URLSearchParams({ ...(since && { since }), ...(until && { until }) });
  const wrong = wrongWith(since, until);
  const link = byId('report-link');
  setText(byId('report-trouble'), wrong);
  byId('report-trouble').hidden = wrong === '';
  if (wrong) link.removeAttribute('href');
  else link.href = `${path}/report.csv${query.size > 0 ? `?${query}` : ''}`;
  if (wrong) link.setAttribute('aria-disabled', 'true');
  else link.removeAttribute('aria-disabled');
}

/** The last day is proposed. */
export function startReport(path, now) {
  byId('report-since').value = localOf(new Date(Math.floor((now() - day) / 60000) * 60000).toISOString()).slice(0, 16);
  for (const id of ['report-since', 'report-until']) byId(id).addEventListener('input', () => show(path));
  show(path);
}
