/** Which of several services are written before which others. */

/**
 * For each name what comes before it among `names`, also by way of services that are not among them.
 * @param dependsOn what a service needs, by name
 */
export function predecessors(
  names: readonly string[],
  dependsOn: ReadonlyMap<string, readonly string[]>,
): Map<string, string[]> {
  const among = new Set(names);
  return new Map(
    names.map((name) => {
      const before = new Set<string>();
      const seen = new Set([name]);
      const follow = (from: string): void => {
        for (const other of dependsOn.get(from) ?? []) {
          if (seen.has(other)) continue;
          seen.add(other);
          if (among.has(other)) before.add(other);
          // What it needs in its turn is waited for by it.
          else follow(other);
        }
      };
      follow(name);
      return [name, [...before]];
    }),
  );
}

/** The same names, each after what it needs; otherwise in the order given. A circle is cut where it is entered. */
export function inOrder(names: readonly string[], before: ReadonlyMap<string, readonly string[]>): string[] {
  const ordered = new Set<string>();
  const entered = new Set<string>();
  const visit = (name: string): void => {
    if (entered.has(name)) return;
    entered.add(name);
    before.get(name)?.forEach(visit);
    ordered.add(name);
  };
  names.forEach(visit);
  return [...ordered];
}
