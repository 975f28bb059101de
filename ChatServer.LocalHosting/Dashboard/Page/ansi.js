// What a process writes for a terminal. Colours become classes, so that both themes stay readable; everything else that a
// terminal would act on is left out.

// CSI (colours end in m), OSC up to its end, any other escape, and control characters except tab.
const Escapes = /\x1b\[([0-9;:]*)([ -\/]*[@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -\/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f]/g;

// Black to white of a terminal, as the middle of what terminals show.
const Palette = [[0, 0, 0], [205, 40, 40], [20, 170, 80], [200, 150, 20], [40, 80, 210], [180, 50, 180], [20, 160, 180], [190, 190, 190]];

/** The text without anything that is not text. */
export const plain = text => text.replace(Escapes, '');

/** Pieces of a line: { text, classes }. */
export function pieces(text) {
  const found = [];
  const style = { fg: null, bg: null, bold: false, italic: false, underline: false };
  let start = 0;
  const take = end => {
    if (end > start) found.push({ text: text.slice(start, end), classes: classes(style) });
  };
  for (const match of text.matchAll(Escapes)) {
    take(match.index);
    start = match.index + match[0].length;
    if (match[2] === 'm') apply(style, match[1]);
  }
  take(text.length);
  return found;
}

function classes({ fg, bg, bold, italic, underline }) {
  return [bg !== null ? `bg${bg}` : fg !== null ? `fg${fg}` : '', bold && 'bold', italic && 'italic', underline && 'underline'].filter(Boolean).join(' ');
}

function apply(style, parameters) {
  const codes = parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) Object.assign(style, { fg: null, bg: null, bold: false, italic: false, underline: false });
    else if (code === 1) style.bold = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 22) style.bold = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 39) style.fg = null;
    else if (code === 49) style.bg = null;
    else if (code >= 30 && code <= 37) style.fg = code - 30;
    else if (code >= 40 && code <= 47) style.bg = code - 40;
    else if (code >= 90 && code <= 97) style.fg = code - 90;
    else if (code >= 100 && code <= 107) style.bg = code - 100;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(i + 1));
      style[code === 38 ? 'fg' : 'bg'] = colour;
      i += used;
    }
  }
}

/** 256 and true colours: the nearest of the eight. Returns it, and how many codes it took. */
function extended([mode, a, b, c]) {
  if (mode === 2) return [nearest([a, b, c]), 4];
  if (mode !== 5) return [null, 0];
  if (a < 16) return [a % 8, 2];
  if (a >= 232) return [a < 244 ? 7 : 0, 2];
  const level = n => n ? 55 + 40 * n : 0;
  return [nearest([level(Math.floor((a - 16) / 36)), level(Math.floor((a - 16) / 6) % 6), level((a - 16) % 6)]), 2];
}

function nearest(rgb) {
  const distances = Palette.map(colour => colour.reduce((sum, part, i) => sum + (part - (rgb[i] ?? 0)) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}
