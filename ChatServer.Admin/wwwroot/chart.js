import { element } from './chat/dom.js';

const WINDOW = 60_000, KEPT = 65_000; // ms that a chart looks back, and a little more for the line to come in from the edge
const SVG = 'http://www.w3.org/2000/svg', WIDTH = 100, HEIGHT = 30;

function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** A figure with its name, and how it went in the last minute. Who does not see the chart has the figure. */
export class Chart {
  node = element('div', 'chart');
  #value = element('dd', 'value'); #line = svg('path', { class: 'line' }); #area = svg('path', { class: 'area' });
  #samples = []; #least; #write;

  /** @param {number} least top of the scale, at least @param {(value: number) => string} write */
  constructor(name, least, write) {
    [this.#least, this.#write] = [least, write];
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    picture.append(this.#area, this.#line);
    const drawing = element('dd', 'plot');
    drawing.ariaHidden = 'true';
    drawing.append(picture);
    this.node.append(element('dt', 'small muted', name), this.#value, drawing);
  }

  /** @param {boolean} isHigh shown as a warning */
  push(value, more = '', isHigh = false) {
    this.node.classList.toggle('warning', isHigh);
    const now = Date.now();
    this.#samples = [...this.#samples.filter(({ at }) => now - at < KEPT), { at: now, value }];
    this.#value.replaceChildren(this.#write(value), ...more ? [' ', element('span', 'small muted', more)] : []);
    const top = Math.max(this.#least, ...this.#samples.map(sample => sample.value));
    const points = this.#samples.map(sample =>
      `${(WIDTH - (now - sample.at) / WINDOW * WIDTH).toFixed(2)} ${(HEIGHT - 1 - sample.value / top * (HEIGHT - 3)).toFixed(2)}`);
    const first = points[0].split(' ')[0];
    this.#line.setAttribute('d', `M${points.join('L')}`);
    this.#area.setAttribute('d', `M${first} ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`);
  }
}
