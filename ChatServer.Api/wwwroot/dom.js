export const $ = id => document.getElementById(id);

/** @param {...(string|Node)} content strings become text nodes and are never parsed as markup */
export function element(tag, className, ...content) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...content);
  return node;
}

/** A hue in degrees that depends on the name only. */
export const hue = name => [...name].reduce((hash, c) => (hash * 31 + c.codePointAt(0)) >>> 0, 7) % 12 * 30;

/** A circle with up to two letters of the name. */
export function avatar(name) {
  const words = name.split(/[\s._-]+/).filter(word => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? [...words[0]][0] + [...words[1]][0] : [...(words[0] ?? name)].slice(0, 2).join('');
  const node = element('span', 'avatar', letters.toUpperCase());
  node.style.setProperty('--hue', hue(name));
  node.ariaHidden = 'true';
  return node;
}

/** For example “1 message”, “2 messages”. */
export const pluralize = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
