// How much of a text is given to the parser.

/** 64 kB of text (guard §4). */
export const TEXT_LIMIT = 65_536
const NESTING_LIMIT = 64

/** What stands before a limit in whole lines is read all the same: more text never takes back what was found. */
export function readable(source: string): { readonly text: string; readonly limit?: 'size' | 'nesting' } {
  const at = source.length > TEXT_LIMIT ? TEXT_LIMIT : tooDeepAt(source)
  if (at === undefined) return { text: source }
  const limit = source.length > TEXT_LIMIT ? 'size' : 'nesting'
  const text = source.slice(0, source.lastIndexOf('\n', at) + 1)
  const inner = tooDeepAt(text)
  return { text: inner === undefined ? text : text.slice(0, text.lastIndexOf('\n', inner) + 1), limit }
}

/** Where brackets stand too deep in each other, roughly: the parser is not asked about a text that is nothing but depth. */
function tooDeepAt(source: string): number | undefined {
  let depth = 0
  for (let i = 0; i < source.length; i++) {
    const code = source.charCodeAt(i)
    if (code === 0x28 || code === 0x7b) {
      if (++depth > NESTING_LIMIT) return i
    } else if (code === 0x29 || code === 0x7d) depth = Math.max(0, depth - 1)
  }
  return undefined
}
