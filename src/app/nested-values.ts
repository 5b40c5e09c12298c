// A refusal inside of a fact: its code and its values, of which words/nested.ts makes its own sentence in the reader's language.

export function nestedValues(
  why: string,
  detail: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { why, ...Object.fromEntries(Object.entries(detail).map(([key, value]) => [`last.${key}`, value])) }
}
