// The nearest valid word to a mistyped one, by edit distance with neighbours swapped as one slip.

/** Undefined when nothing is near: two slips in a short word are another word. */
export function nearest(word: string, among: readonly string[]): string | undefined {
  if (word.length > 64) return undefined
  const plain = word.toLowerCase().replace(/[-_]/g, '')
  let best: { readonly word: string; readonly slips: number } | undefined
  for (const one of among) {
    const slips = distance(plain, one.toLowerCase().replace(/[-_]/g, ''))
    if (best === undefined || slips < best.slips) best = { word: one, slips }
  }
  const allowed = plain.length <= 3 ? 1 : plain.length <= 6 ? 2 : 3
  return best !== undefined && best.slips <= allowed ? best.word : undefined
}

/** Insert, delete, replace, and swap of two neighbours count one each. */
export function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length] ?? a.length
}
