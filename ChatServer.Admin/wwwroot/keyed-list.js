/** Shows items as children of an element; a child stays the same as long as its item is there, and so does the focus in it. */
export class Keyed {
  #parent; #key; #make; #shown = new Map();

  /** @param {(item) => string} key @param {(item) => {node: Element, update(item): void}} make */
  constructor(parent, key, make) {
    [this.#parent, this.#key, this.#make] = [parent, key, make];
  }

  show(items) {
    const wanted = new Set(items.map(this.#key));
    for (const [key, { node }] of this.#shown) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#shown.delete(key);
    }
    items.forEach((item, at) => {
      const key = this.#key(item), row = this.#shown.get(key) ?? this.#make(item);
      this.#shown.set(key, row);
      row.update(item);
      if (this.#parent.children[at] !== row.node) this.#parent.insertBefore(row.node, this.#parent.children[at] ?? null);
    });
  }
}
