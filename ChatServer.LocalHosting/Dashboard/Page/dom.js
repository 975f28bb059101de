// Elements from text. Text becomes text nodes, always: nothing that a process writes is ever markup.

export const $ = id => document.getElementById(id);

/** An element with attributes (a false, null or undefined one is left out) and children: nodes, or text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) attr(element, name, value);
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** Sets an attribute, or removes it. Touches nothing that is as it should be: a screen reader hears every change. */
export function attr(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? '' : value);
}

export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

/** How long since an instant: "8 s", "3 m 20 s", "2 h 5 m", "4 d 1 h". */
export function since(instant) {
  const seconds = Math.max(0, Math.floor((Date.now() - new Date(instant)) / 1000));
  const [s, m, h, d] = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600) % 24, Math.floor(seconds / 86400)];
  return d ? `${d} d ${h} h` : h ? `${h} h ${m} m` : m ? `${m} m ${s} s` : `${s} s`;
}

/** An address as a link where a browser can open it; else as text. Other schemes than these are never links. */
export function endpoint({ name, url }) {
  const short = url.replace(/^[a-z]+:\/\/(localhost|127\.0\.0\.1)(?=:)/, '').replace(/\/$/, '');
  return /^https?:\/\//.test(url)
    ? el('a', { href: url, target: '_blank', rel: 'noreferrer', title: `${name}: ${url}`, 'aria-label': `${name} ${url}` }, short)
    : el('span', { title: `${name}: ${url}` }, short);
}
