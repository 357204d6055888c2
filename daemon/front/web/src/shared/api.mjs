// Talks to the daemon's API: JSON both ways, and trouble as one kind of error with words.
import { t } from './i18n.mjs';

export class ApiTrouble extends Error {
  /** kind: offline, timeout, signed_out, forbidden, throttled, unavailable or failed. */
  constructor(kind, { status = 0, words = '', retryAfter = null, headers = new Headers() } = {}) {
    super(words || t(`api.${kind}`, { status }));
    Object.assign(this, { kind, status, retryAfter, headers });
  }
}

/** Seconds from a Retry-After field (seconds or a date); null when absent or not readable. */
export function retryAfterSeconds(field, now = Date.now()) {
  if (!field) return null;
  if (/^\d+$/.test(field.trim())) return Number(field);
  const at = Date.parse(field);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

const kinds = new Map([[401, 'signed_out'], [403, 'forbidden'], [429, 'throttled'], [503, 'unavailable'], [504, 'timeout']]);

async function troubleOf(response) {
  let words = '';
  try {
    const { error } = await response.json();
    words = [error?.message, error?.remedy].filter(Boolean).join(' ');
  } catch {
    words = ''; // an answer without our error shape: the status says enough
  }
  return new ApiTrouble(kinds.get(response.status) ?? 'failed', {
    status: response.status,
    words,
    retryAfter: retryAfterSeconds(response.headers.get('Retry-After')),
    headers: response.headers,
  });
}

let csrf = null;
/** The token that an administrator's changes carry; told by /api/v1/session. */
export function useCsrf(token) {
  csrf = token ?? null;
}

/** Answers {body, headers}; body is null for 204. Throws ApiTrouble. */
export async function call(method, path, body, { background = false } = {}) {
  const headers = { Accept: 'application/json' };
  if (background) headers['Wardroom-Background'] = '1'; // asked by the page, not by somebody: no sign of life
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (body !== undefined && csrf) headers['X-CSRF-Token'] = csrf;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(15000),
    });
  } catch (error) {
    throw new ApiTrouble(error.name === 'TimeoutError' ? 'timeout' : 'offline');
  }
  if (!response.ok) throw await troubleOf(response);
  if (response.status === 204) return { body: null, headers: response.headers };
  try {
    return { body: await response.json(), headers: response.headers };
  } catch {
    throw new ApiTrouble('failed', { status: response.status });
  }
}

export const get = async (path, options) => (await call('GET', path, undefined, options)).body;
export const post = (path, body) => call('POST', path, body);

/** Who is signed in, in which role; keeps the CSRF token for later changes. */
export async function session() {
  const body = await get('/api/v1/session');
  useCsrf(body.csrf);
  return body;
}
