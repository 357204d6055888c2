// Draws the marks of standings on a canvas: the same shapes as in lists and legend.

const paths = {
  inside: (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI),
  outside: (c, x, y, r) => diamond(c, x, y, r * 1.35),
  uncertain: (c, x, y, r) => triangle(c, x, y, r * 1.3),
  stale: (c, x, y, r) => c.arc(x, y, r * 0.9, 0, 2 * Math.PI),
};

function diamond(c, x, y, r) {
  c.moveTo(x, y - r);
  c.lineTo(x + r, y);
  c.lineTo(x, y + r);
  c.lineTo(x - r, y);
  c.closePath();
}

function triangle(c, x, y, r) {
  c.moveTo(x, y - r);
  c.lineTo(x + r * 0.95, y + r * 0.75);
  c.lineTo(x - r * 0.95, y + r * 0.75);
  c.closePath();
}

/** colours: { fill, edge } of the standing. */
export function drawMark(c, standing, x, y, r, { fill, edge }) {
  c.beginPath();
  (paths[standing] ?? paths.stale)(c, x, y, r);
  const hollow = standing === 'stale';
  c.fillStyle = hollow ? edge : fill;
  c.fill();
  c.lineWidth = hollow ? 2.5 : 1.5;
  c.strokeStyle = hollow ? fill : edge;
  c.stroke();
}

/** A group of people too close together to be told apart; the ring has the colour of the worst standing. */
export function drawCluster(c, { x, y, r, count }, { fill, text, surface }) {
  c.beginPath();
  c.arc(x, y, r, 0, 2 * Math.PI);
  c.fillStyle = surface;
  c.fill();
  c.lineWidth = 3;
  c.strokeStyle = fill;
  c.stroke();
  c.fillStyle = text;
  c.font = '600 11px system-ui, sans-serif';
  c.textAlign = 'center';
  c.textBaseline = 'middle';
  c.fillText(count > 9999 ? `${Math.round(count / 1000)}k` : String(count), x, y + 0.5);
}
