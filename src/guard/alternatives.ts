// `a,b,c` between braces and `a|b` in a pattern, taken apart.

/** Splits at the separator where it stands outside of quotes, braces and substitutions. */
export function alternatives(source: string, separator: string): readonly string[] {
  const all: string[] = []
  let depth = 0
  let quote = ''
  let start = 0
  for (let i = 0; i < source.length; i++) {
    const character = source[i] as string
    if (character === '\\') i++
    else if (quote !== '') quote = character === quote ? '' : quote
    else if (character === "'" || character === '"') quote = character
    else if ('({'.includes(character)) depth++
    else if (')}'.includes(character)) depth--
    else if (character === separator && depth === 0) {
      all.push(source.slice(start, i))
      start = i + 1
    }
  }
  all.push(source.slice(start))
  return all
}
