import { element } from './chat/dom.js';

const WINDOW_MS = 60_000; // width of a chart
const RETENTION_MS = 65_000; // longer than the window: the line starts at the edge
const SVG_NAMESPACE = 'http://www.w3.org/2000/svg', WIDTH = 100, HEIGHT = 30; // units of the view box

function svgElement(tag, attributes) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** A metric: its name, its current value, and a chart of the last minute, which is hidden from screen readers. */
export class Chart {
  node = element('div', 'chart');
  #value = element('dd', 'value'); #line = svgElement('path', { class: 'line' }); #area = svgElement('path', { class: 'area' });
  #samples = []; #minScale; #format;

  /** @param {number} minScale the scale ends at this value or at a larger sample @param {(value: number) => string} format */
  constructor(name, minScale, format) {
    [this.#minScale, this.#format] = [minScale, format];
    const svg = svgElement('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    svg.append(this.#area, this.#line);
    const plot = element('dd', 'plot', svg);
    plot.ariaHidden = 'true';
    this.node.append(element('dt', 'small muted', name), this.#value, plot);
  }

  /** @param {string} [details] after the value @param {boolean} [isWarning] shows the metric as a warning */
  push(value, details = '', isWarning = false) {
    this.node.classList.toggle('warning', isWarning);
    const now = Date.now();
    this.#samples = [...this.#samples.filter(({ at }) => now - at < RETENTION_MS), { at: now, value }];
    this.#value.replaceChildren(this.#format(value), ...details ? [' ', element('span', 'small muted', details)] : []);
    const max = Math.max(this.#minScale, ...this.#samples.map(sample => sample.value));
    const points = this.#samples.map(sample =>
      `${(WIDTH - (now - sample.at) / WINDOW_MS * WIDTH).toFixed(2)} ${(HEIGHT - 1 - sample.value / max * (HEIGHT - 3)).toFixed(2)}`);
    const firstX = points[0].split(' ')[0];
    this.#line.setAttribute('d', `M${points.join('L')}`);
    this.#area.setAttribute('d', `M${firstX} ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`);
  }
}
