// Things that are dear to make and asked for again and again, kept by name: a bounded number of them.

/** Gives what was made under a name, or makes it; when `most` are kept, all are forgotten. What throws is not kept. */
export function kept<T extends object | string>(most: number): (name: string, make: () => T) => T {
  const known = new Map<string, T>();
  return (name, make) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = make();
    if (known.size >= most) known.clear();
    known.set(name, made);
    return made;
  };
}
