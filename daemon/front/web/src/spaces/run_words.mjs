// What a job is at, how a run went and what became of a step, in the reader's words.
import { words } from '../shared/dom.mjs';
import { duration, number, t, word } from '../shared/i18n.mjs';

/** "1 person", "4 people": texts with a form for one. */
export const counted = (key, n, more = {}) => t(n === 1 ? `${key}.one` : key, { n: number(n), ...more });

export const titleOf = (job) => job.title || job.name;

/** One word for where a job stands, and its colour. */
export function standing(job) {
  if (job.running) return { word: 'running', colour: 'busy' };
  if (job.held) return { word: 'held', colour: 'red' };
  if (job.mode === 'off') return { word: 'off', colour: 'none' };
  if (job.last?.state === 'failed') return { word: 'failed', colour: 'red' };
  if (job.last?.state === 'partly') return { word: 'partly', colour: 'yellow' };
  if (job.paused) return { word: 'paused', colour: 'yellow' };
  if (!job.last) return { word: 'new', colour: 'none' };
  return job.last.state === 'observed' ? { word: 'observed', colour: 'none' } : { word: 'good', colour: 'green' };
}

const colours = { done: 'green', held: 'red', failed: 'red', partly: 'yellow', reading: 'busy', applying: 'busy' };
export const colourOf = (state) => colours[state] ?? 'none';

/** "3 added, 1 removed, 2 spared"; of a plan "3 to add, 1 to remove". */
export function countWords(run) {
  const counts = run.counts ?? {};
  const applied = ['done', 'partly', 'applying', 'failed'].includes(run.state);
  const keys = applied ? ['added', 'removed', 'already', 'spared', 'failed', 'skipped'] : ['to_add', 'to_remove', 'spared'];
  const told = keys.filter((key) => counts[key] > 0).map((key) => counted(`spaces.count.${key}`, counts[key]));
  return told.length > 0 ? told.join(', ') : t('spaces.count.none');
}

/** A whole sentence about a run that is over, planned or held. */
export function outcomeWords(run) {
  const counts = run.counts ?? {};
  const nothing = !counts.to_add && !counts.to_remove;
  if (run.state === 'failed') return t('spaces.outcome.failed', { title: run.title || run.job });
  if (nothing && ['done', 'planned', 'observed'].includes(run.state)) return t('spaces.outcome.equal', { title: run.title || run.job });
  const key = `spaces.outcome.${run.state}`;
  return t(key, { title: run.title || run.job, counts: countWords(run) });
}

export function whoAsked(run) {
  const cause = word('spaces.cause', run.cause);
  return run.by ? t('spaces.cause.by', { cause, by: run.by }) : cause;
}

export const isOver = (run) => !['reading', 'applying'].includes(run.state);

export const took = (run) => (!Number.isFinite(run.took_s) ? '' : run.took_s < 1 ? t('spaces.took.blink') : duration(run.took_s));

/** A sentence of the server, in which `backticks` set apart what is to be typed; nothing is touched when it is the same. */
export function say(node, text) {
  if (node.said === text) return;
  node.said = text;
  node.replaceChildren(...words(text));
}

/** What became of somebody: "added", "to be removed", "stays: a moderator". */
export function stepWords(row) {
  if (row.spared) return t(row.why === 'left' ? 'spaces.step.left' : row.why === 'unknown' ? 'spaces.step.unknown' : 'spaces.step.stays', { why: word('spaces.spared', row.why) });
  if (['planned', 'done'].includes(row.state)) return t(`spaces.step.${row.act}.${row.state}`);
  return word('spaces.step', row.state);
}

export function stepColour(row) {
  if (row.spared || row.state === 'spared') return 'none';
  if (row.state === 'failed') return 'red';
  if (row.state === 'begun' || row.state === 'skipped') return 'yellow';
  return row.act === 'remove' ? 'remove' : 'add';
}
