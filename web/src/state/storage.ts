/** What the page keeps between visits: a small part of the browser's own storage interface. */
export interface Keep {
  get(key: string): string | null;
  /** False where the browser has no room or forbids it. */
  set(key: string, value: string): boolean;
  remove(key: string): void;
  keys(prefix: string): string[];
}

export function memoryKeep(): Keep {
  const held = new Map<string, string>();
  return {
    get: (key) => held.get(key) ?? null,
    set: (key, value) => {
      held.set(key, value);
      return true;
    },
    remove: (key) => void held.delete(key),
    keys: (prefix) => [...held.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

/** The browser's storage, falling back to memory where it is switched off (private windows). */
export function browserKeep(storage: Storage | undefined = safely(() => window.localStorage)): Keep {
  const spare = memoryKeep();
  if (!storage) return spare;
  return {
    get: (key) => safely(() => storage.getItem(key)) ?? spare.get(key),
    set: (key, value) => {
      try {
        storage.setItem(key, value);
        spare.remove(key);
        return true;
      } catch {
        spare.set(key, value);
        return false;
      }
    },
    remove: (key) => {
      spare.remove(key);
      safely(() => storage.removeItem(key));
    },
    keys: (prefix) => {
      const found = new Set(spare.keys(prefix));
      for (let n = 0; n < storage.length; n += 1) {
        const key = storage.key(n);
        if (key?.startsWith(prefix)) found.add(key);
      }
      return [...found].sort();
    },
  };
}

function safely<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

export function readJson<T>(keep: Keep, key: string): T | null {
  try {
    const text = keep.get(key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}
