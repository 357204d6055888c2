// Builds page elements. Text is always set as text: nothing from the server is ever read as HTML.
const svgNamespace = 'http://www.w3.org/2000/svg';

/** h('button', { class: 'quiet', onclick: f }, 'Text', child): properties beginning with "on" are listeners. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Shows exactly one of several sections. */
export function showOnly(id, among) {
  for (const other of among) byId(other).hidden = other !== id;
}

/** Sets text only when it differs, so that screen readers are not told twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Text in which `backticks` set apart what is to be typed: pieces for h() or append(). */
export function words(text) {
  return String(text).split(/`([^`]*)`/).map((piece, i) => (i % 2 ? h('code', {}, piece) : piece)).filter((piece) => piece !== '');
}

const shapes = {
  inside: [['circle', { cx: 12, cy: 12, r: 7 }]],
  outside: [['path', { d: 'M12 3.5 20.5 12 12 20.5 3.5 12Z' }]],
  uncertain: [['path', { d: 'M12 4 21 19.5H3Z' }]],
  stale: [['circle', { cx: 12, cy: 12, r: 6.5, class: 'hollow' }]],
  no_fix: [['path', { d: 'M6 6 18 18M18 6 6 18', class: 'hollow' }]],
  allowed: [['path', { d: 'M4.5 12.5 9.8 17.8 19.5 7', class: 'hollow' }]],
  blocked: [['circle', { cx: 12, cy: 12, r: 8, class: 'hollow' }], ['path', { d: 'M6.5 6.5 17.5 17.5', class: 'hollow' }]],
};
/** The mark of a standing or a verdict: colour by CSS, shape here, so that colour alone never tells. */
export function standingMark(standing) {
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `mark mark-${standing}`);
  svg.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of shapes[standing] ?? shapes.no_fix) {
    const part = document.createElementNS(svgNamespace, tag);
    for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
    svg.append(part);
  }
  return svg;
}
