// Pure: what there is to say about whether calls are watched.

const toldFor = 600; // seconds that a blind time is told after its end
const noticed = 2; // a shorter one is in the history, not here

/** monitoring as the API tells it; null = nothing to say. */
export function sightOf(monitoring, now) {
  const { on, watching, blind = {} } = monitoring;
  if (on && watching === false) {
    const from = blind.now?.from ?? null;
    return { state: 'blind', from, why: blind.now?.why ?? monitoring.protection_down ?? '', seconds: from ? (now - Date.parse(from)) / 1000 : null };
  }
  const last = blind.last;
  if (!watching || !last?.to || last.seconds < noticed) return null;
  if ((now - Date.parse(last.to)) / 1000 > toldFor) return null;
  return { state: 'back', from: last.from, to: last.to, why: last.why ?? '', seconds: last.seconds };
}
