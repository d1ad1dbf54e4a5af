const OWN = { configurable: true, enumerable: true, writable: true } as const;

/** Sets a member whose name may be any text: assigned, `__proto__` would be no member but a prototype. */
export function setOwn<T>(to: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(to, name, { value, ...OWN });
  else to[name] = value;
}
