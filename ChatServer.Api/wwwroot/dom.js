export const $ = id => document.getElementById(id);

/** @param {...(string|Node)} content strings become text, never markup */
export function element(tag, name, ...content) {
  const made = document.createElement(tag);
  made.className = name;
  made.append(...content);
  return made;
}

/** An angle on the colour wheel, the same for a name everywhere. */
export const hue = name => [...name].reduce((hash, c) => (hash * 31 + c.codePointAt(0)) >>> 0, 7) % 12 * 30;

export function avatar(name) {
  const words = name.split(/[\s._-]+/).filter(word => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? [...words[0]][0] + [...words[1]][0] : [...(words[0] ?? name)].slice(0, 2).join('');
  const made = element('span', 'avatar', letters.toUpperCase());
  made.style.setProperty('--hue', hue(name));
  made.ariaHidden = 'true';
  return made;
}

export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
