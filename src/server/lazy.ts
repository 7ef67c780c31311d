/** Makes the value at the first call and keeps it: schemas are built when they are first needed, not at start. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
