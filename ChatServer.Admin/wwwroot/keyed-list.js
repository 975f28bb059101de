/** Shows items as children of an element. An item keeps its child across updates, and with it the focus. */
export class KeyedList {
  #parent; #keyOf; #create; #children = new Map(); // by key

  /** @param {(item) => string} keyOf @param {(item) => {node: Element, update(item): void}} create */
  constructor(parent, keyOf, create) {
    [this.#parent, this.#keyOf, this.#create] = [parent, keyOf, create];
  }

  show(items) {
    const keys = new Set(items.map(this.#keyOf));
    for (const [key, { node }] of this.#children) {
      if (keys.has(key)) continue;
      node.remove();
      this.#children.delete(key);
    }
    items.forEach((item, index) => {
      const key = this.#keyOf(item), child = this.#children.get(key) ?? this.#create(item);
      this.#children.set(key, child);
      child.update(item);
      const current = this.#parent.children[index];
      if (current !== child.node) this.#parent.insertBefore(child.node, current ?? null);
    });
  }
}
